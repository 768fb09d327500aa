//! Trying again: how often and how fast, and what an answer means to a request that is sent a
//! second time.
//!
//! ```text
//! transport ──► judge (final, again, applied, or to be confirmed)
//!                 ├─► effect (what a second attempt of the operation does)
//!                 └─► same (is what exists what was sent?)
//! ```
//!
//! The transport asks here after each attempt. Nothing here sends, sleeps or keeps anything between
//! calls.

pub(crate) mod effect;
pub(crate) mod judge;
mod policy;
pub(crate) mod same;

pub use policy::RetryPolicy;
pub(crate) use policy::Tries;
