//! The service's wire formats and the plain Rust types for them.
//!
//! This stands between the generated models and serde: `object` reads and writes models, with a
//! function for each type whose text on the wire is not what serde makes of it. A generated operation
//! builds its path and headers through this module.
//!
//! | on the wire | in Rust | file |
//! | --- | --- | --- |
//! | `P1DT2H3M4.5S`, to 100 ns, with an "unlimited" | [`TimeSpan`] | crate `batch_wire` |
//! | `2024-03-05T01:02:03.1234567Z` | `DateTime<Utc>` | crate `batch_wire` |
//! | `Tue, 05 Mar 2024 01:02:03 GMT` (headers) | `DateTime<Utc>` | crate `batch_wire` |
//! | headers of answers | `&str`, `i64`, `bool`, `DateTime<Utc>` | `header` |
//! | `13`, `"13"`, `13.0` | `i32`, `i64`, `f64` | `number` |
//! | one of some strings, and any other | a generated enum, [`UnknownValue`] | `open_enum` |
//! | a segment of the request's path | `&str` | `path` |
//! | query parameters and absent bodies of a request | | `request` |
//! | a JSON object, which a model is read from | | `json` |
//! | a JSON object | a generated model | `object` |
//! | what logs and errors may show of it | | `redact` |
//!
//! The rule throughout: read what the live service and its older versions have been seen to send,
//! which is more than the description allows; write only the one canonical form.

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
