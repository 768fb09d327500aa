//! What can be counted of calls, through the facade `metrics` (feature `metrics`); without the
//! feature, nothing.
//!
//! | name | kind | labels |
//! | --- | --- | --- |
//! | `batch_client_attempts_total` | counter | `operation`, `outcome`: the status, or why there is none |
//! | `batch_client_attempt_duration_seconds` | histogram | `operation` |
//! | `batch_client_retries_total` | counter | `operation` |
//!
//! Labels hold neither ids nor addresses, so there are few of them.

use std::time::Duration;

use super::answer::Answer;
use crate::error::Error;

/// Counts an attempt and how long it took.
#[cfg(feature = "metrics")]
pub(super) fn attempt(operation: &'static str, result: &Result<Answer, Error>, time: Duration) {
    let outcome = match result {
        Ok(answer) => answer.status.as_str().to_owned(),
        Err(error) => match error.refusal() {
            Some(status) => status.as_str().to_owned(),
            None => error.reason().to_owned(),
        },
    };
    metrics::counter!("batch_client_attempts_total", "operation" => operation, "outcome" => outcome).increment(1);
    metrics::histogram!("batch_client_attempt_duration_seconds", "operation" => operation)
        .record(time.as_secs_f64());
}

/// Counts that an attempt is followed by another.
#[cfg(feature = "metrics")]
pub(super) fn retry(operation: &'static str) {
    metrics::counter!("batch_client_retries_total", "operation" => operation).increment(1);
}

#[cfg(not(feature = "metrics"))]
pub(super) fn attempt(_: &'static str, _: &Result<Answer, Error>, _: Duration) {}

#[cfg(not(feature = "metrics"))]
pub(super) fn retry(_: &'static str) {}
