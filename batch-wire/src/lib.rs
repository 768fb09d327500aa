//! Times and durations, as Azure Batch reads and writes them.
//!
//! The client and the emulator both use this crate, so that a string has the same meaning on both
//! sides of the connection. There is one parser and one formatter for each form:
//!
//! | on the wire | in Rust | module |
//! | --- | --- | --- |
//! | `P1DT2H3M4.5S`, to 100 ns, with an "unlimited" value | [`TimeSpan`] | root |
//! | `2024-03-05T01:02:03.1234567Z` | `DateTime<Utc>` | [`timestamp`] |
//! | `Tue, 05 Mar 2024 01:02:03 GMT` (headers) | `DateTime<Utc>` | [`http_date`] |
//!
//! Parsers accept what the live service and its older versions have been seen to send, which is
//! more than the API description allows; formatters produce only the canonical form. A time without
//! an offset is always UTC.

mod ascii;
pub mod http_date;
mod timespan;
pub mod timestamp;

pub use timespan::{NegativeTimeSpanError, ParseTimeSpanError, TimeSpan};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
