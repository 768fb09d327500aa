//! `SharedKey` authentication for the Azure Batch service: signs requests for clients, verifies
//! them for servers.
//!
//! # Where it stands on the way
//!
//! ```text
//! client ──► transport ──► batch-auth ──► Authorization: SharedKey <account>:<signature>
//!            final method,   this crate
//!            target, headers
//! ```
//!
//! The transport asks last, when nothing of the request changes any more, because the one rule that
//! reconciles all official clients is: *sign exactly what goes on the wire*. The signer is pure. It
//! knows no HTTP library, reads no clock, keeps no log and changes no header: the caller
//! gives the method, the target and the headers as they are sent, the date among them. Requests of
//! some libraries can also be signed in place, see [Features](#features).
//!
//! 1. [`RequestView`] borrows the request.
//! 2. `canonical` writes its string to sign (the layout is described there, in the source).
//! 3. [`SharedKey::sign`] signs the string and gives the `Authorization` value.
//! 4. [`SharedKey::verify`], on the other side, does 2 and 3 again and compares in constant time.
//! 5. [`difference`] names the line in which two strings to sign part, for when they do.
//!
//! # Guide
//!
//! ```
//! use batch_auth::{MAX_SKEW, RequestView, SharedKey};
//! use std::time::{Duration, SystemTime};
//!
//! # fn main() -> Result<(), batch_auth::Error> {
//! // The account key as the Azure portal shows it, in base64.
//! let key = SharedKey::new("myaccount", "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==")?;
//!
//! // Everything as it will be sent. A POST without a body says so: the service wants the header.
//! let request = RequestView::new(
//!     "POST",
//!     "/jobs/job-1/enable?api-version=2024-02-01.19.0",
//!     [
//!         ("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT"),
//!         ("content-length", "0"),
//!     ],
//! );
//!
//! let signature = key.sign(&request)?;
//! assert!(signature.authorization().starts_with("SharedKey myaccount:"));
//!
//! // The other side, which has received the request. Its clock is a parameter, too.
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_600_523);
//! key.verify(&request, Some(signature.authorization()), now, MAX_SKEW)?;
//! # Ok(())
//! # }
//! ```
//!
//! What the caller has to keep to:
//!
//! - send the date in `ocp-date`, as RFC 1123 has it and in English whatever the machine's locale;
//!   the service accepts [`MAX_SKEW`] of difference between the clocks;
//! - send `content-length: 0` with a POST, PUT or PATCH without body, else the service answers 411;
//! - sign each attempt of a retried request anew, with a new date;
//! - sign the path and query of an `odata.nextLink` as they stand;
//! - mark the `Authorization` value as sensitive in the HTTP library and keep it out of logs.
//!
//! # Features
//!
//! All are off by default. Each does what the list above asks for: it sets the date and the length
//! where they are missing, signs, and inserts a sensitive `Authorization` header.
//!
//! | feature | adds |
//! | --- | --- |
//! | `http` | `SharedKey::sign_http` and `SharedKey::sign_http_parts`, for an `http::Request` |
//! | `reqwest` | `SharedKey::sign_reqwest`, for a `reqwest::Request` (reqwest 0.13, without TLS); includes `http` |
//! | `middleware` | `SharedKeyMiddleware`, for `reqwest-middleware` 0.5; includes `reqwest` |
//!
//! # The key
//!
//! It is decoded once, turned into prepared HMAC states and wiped; the states are wiped when the
//! last clone of the [`SharedKey`] goes. No `Debug`, no `Display` and no error of this crate shows
//! the key, a signature or an `Authorization` value.
//!
//! The rules come from the service's page
//! [Authenticate requests to the Azure Batch service](https://learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service)
//! and, where that is silent, from what the official clients send.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod canonical;
mod difference;
mod error;
mod few;
#[cfg(feature = "http")]
mod http_request;
#[cfg(feature = "http")]
mod in_place;
#[cfg(feature = "middleware")]
mod middleware;
#[cfg(feature = "reqwest")]
mod reqwest_request;
mod shared_key;
mod sign;
mod verify;

pub use canonical::RequestView;
pub use difference::{Difference, difference};
pub use error::Error;
#[cfg(feature = "middleware")]
pub use middleware::SharedKeyMiddleware;
pub use shared_key::SharedKey;
pub use sign::Signature;
pub use verify::{MAX_SKEW, verify};

/// Compiles the examples of the README, which use the middleware.
#[cfg(all(doctest, feature = "middleware"))]
#[doc = include_str!("../README.md")]
struct Readme;
