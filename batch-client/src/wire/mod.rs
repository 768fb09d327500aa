//! Wire formats of the service and their Rust types.
//!
//! Used by the generated code: `object` reads and writes models, with a function of this module for
//! each type whose wire format is not serde's own, and an operation builds its path and headers
//! through it.
//!
//! | on the wire | in Rust | file |
//! | --- | --- | --- |
//! | `P1DT2H3M4.5S`, to 100 ns, with an "unlimited" | [`TimeSpan`] | crate `batch_wire` |
//! | `2024-03-05T01:02:03.1234567Z` | `DateTime<Utc>` | crate `batch_wire` |
//! | `Tue, 05 Mar 2024 01:02:03 GMT` (headers) | `DateTime<Utc>` | crate `batch_wire` |
//! | headers of responses | `&str`, `i64`, `bool`, `DateTime<Utc>` | `header` |
//! | `13`, `"13"`, `13.0` | `i32`, `i64`, `f64` | `number` |
//! | a string of an open set | a generated enum, [`UnknownValue`] | `open_enum` |
//! | a segment of a request's path | `&str` | `path` |
//! | query parameters and absent bodies of a request | | `request` |
//! | a JSON object, from which a model is read | | `json` |
//! | a JSON object | a generated model | `object` |
//! | the same in logs and errors, without secrets | | `redact` |
//!
//! Readers accept what the live service and its older versions have been observed to send, which is
//! more than the description allows. Writers write only the canonical form.

pub(crate) mod header;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod object;
pub(crate) mod open_enum;
pub(crate) mod path;
pub(crate) mod redact;
pub(crate) mod request;

#[doc(inline)]
pub use batch_wire::{NegativeTimeSpanError, ParseTimeSpanError, TimeSpan};
pub(crate) use batch_wire::{http_date, timestamp};
pub use open_enum::UnknownValue;
