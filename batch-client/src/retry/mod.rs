//! Retries: their number and delays, and the decision after each attempt.
//!
//! ```text
//! transport ──► decision (final, retry, applied, or to be confirmed)
//!                 ├─► effect (of a retry of the operation)
//!                 └─► comparison (of an existing resource with the request)
//! ```
//!
//! The transport asks for a decision after each attempt. Nothing here sends, sleeps or has state
//! between calls.

pub(crate) mod comparison;
pub(crate) mod decision;
pub(crate) mod effect;
mod policy;
mod signed_urls;

pub(crate) use policy::Attempts;
pub use policy::RetryPolicy;
