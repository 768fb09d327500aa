//! Metrics of calls, through the facade `metrics` (feature `metrics`). Without the feature, the
//! functions do nothing.
//!
//! | name | kind | labels |
//! | --- | --- | --- |
//! | `batch_client_attempts_total` | counter | `operation`, `outcome`: the status, or the reason for its absence |
//! | `batch_client_attempt_duration_seconds` | histogram | `operation` |
//! | `batch_client_retries_total` | counter | `operation` |
//!
//! Labels contain neither ids nor URLs, so their number is small.

use std::time::Duration;

use super::success::Success;
use crate::error::Error;

/// Counts an attempt and records its duration.
#[cfg(feature = "metrics")]
pub(super) fn attempt(operation: &'static str, result: &Result<Success, Error>, time: Duration) {
    let outcome = match result {
        Ok(success) => success.status.as_str().to_owned(),
        Err(error) => match error.refusal() {
            Some(status) => status.as_str().to_owned(),
            None => error.reason().to_owned(),
        },
    };
    metrics::counter!("batch_client_attempts_total", "operation" => operation, "outcome" => outcome).increment(1);
    metrics::histogram!("batch_client_attempt_duration_seconds", "operation" => operation)
        .record(time.as_secs_f64());
}

/// Counts a retry.
#[cfg(feature = "metrics")]
pub(super) fn retry(operation: &'static str) {
    metrics::counter!("batch_client_retries_total", "operation" => operation).increment(1);
}

#[cfg(not(feature = "metrics"))]
pub(super) fn attempt(_: &'static str, _: &Result<Success, Error>, _: Duration) {}

#[cfg(not(feature = "metrics"))]
pub(super) fn retry(_: &'static str) {}
