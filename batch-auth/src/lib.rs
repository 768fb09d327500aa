//! `SharedKey` authentication for the Azure Batch service: signs requests for clients, verifies
//! them for servers.
//!
//! # Overview
//!
//! ```text
//! client ──► transport ──► batch-auth ──► Authorization: SharedKey <account>:<signature>
//!            final method,   this crate
//!            target, headers
//! ```
//!
//! Signing is the last step, when the request no longer changes, because the one rule that
//! reconciles all official clients is: *sign exactly what is sent*. The signer is pure. It depends
//! on no HTTP library, reads no clock, writes no log and changes no header: the caller passes the
//! method, the target and the headers as they are sent, including the date. Requests of some
//! libraries can also be signed in place, see [Features](#features).
//!
//! 1. [`RequestView`] borrows the request.
//! 2. `canonical` writes its string to sign (the source describes the layout).
//! 3. [`SharedKey::sign`] signs the string and returns the `Authorization` value.
//! 4. [`SharedKey::verify`], on the other side, repeats steps 2 and 3 and compares in constant
//!    time.
//! 5. [`difference`] names the first line in which two strings to sign differ.
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
//! // Everything as it will be sent. The service requires a `content-length`, also without a body.
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
//! // The server, which has received the request. Its clock is a parameter, too.
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_600_523);
//! key.verify(&request, Some(signature.authorization()), now, MAX_SKEW)?;
//! # Ok(())
//! # }
//! ```
//!
//! The caller must:
//!
//! - send the date in `ocp-date`, in the RFC 1123 format and in English whatever the machine's
//!   locale; the service accepts a difference of up to [`MAX_SKEW`] between the clocks;
//! - send `content-length: 0` with a POST, PUT or PATCH without a body, or the service returns 411;
//! - sign each attempt of a retried request again, with a new date;
//! - sign the path and query of an `odata.nextLink` unchanged;
//! - mark the `Authorization` value as sensitive in the HTTP library and keep it out of logs.
//!
//! # Features
//!
//! All are off by default. Each follows the list above: it sets the date and the length if they are
//! missing, signs the request, and inserts a sensitive `Authorization` header.
//!
//! | feature | adds |
//! | --- | --- |
//! | `http` | `SharedKey::sign_http` and `SharedKey::sign_http_parts`, for an `http::Request` |
//! | `reqwest` | `SharedKey::sign_reqwest`, for a `reqwest::Request` (reqwest 0.13, without TLS); includes `http` |
//! | `middleware` | `SharedKeyMiddleware`, for `reqwest-middleware` 0.5; includes `reqwest` |
//!
//! # The key
//!
//! The key is decoded once, turned into prepared HMAC states and wiped; the states are wiped when
//! the last clone of the [`SharedKey`] is dropped. No `Debug`, `Display` or error of this crate
//! shows the key, a signature or an `Authorization` value.
//!
//! The rules come from the service's documentation,
//! [Authenticate requests to the Azure Batch service](https://learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service),
//! and, where that leaves questions open, from what the official clients send.
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

/// Compiles the examples in the README, which use the middleware.
#[cfg(all(doctest, feature = "middleware"))]
#[doc = include_str!("../README.md")]
struct Readme;
