//! Outcome of adding a task.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Utc};

use crate::models::BatchError;

/// A task and its outcome.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskOutcome {
    /// Zero-based position among the tasks passed to the call.
    pub position: u64,
    /// Id of the task.
    pub id: String,
    /// Outcome of adding the task.
    pub outcome: AddOutcome,
}

/// Outcome of adding a task.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AddOutcome {
    /// The service added the task.
    #[non_exhaustive]
    Added {
        /// `ETag` of the task.
        etag: Option<String>,
        /// Time at which the task was added.
        last_modified: Option<DateTime<Utc>>,
    },
    /// The job already has this task with the same properties: an earlier attempt whose response
    /// was lost added it, or an earlier call.
    AlreadyThere,
    /// The job has a different task with this id, which was left unchanged.
    ExistsDifferent,
    /// The service rejected the task.
    #[non_exhaustive]
    Rejected {
        /// Error code of the service, such as `InvalidPropertyValue`; see [`codes`](crate::codes).
        code: Option<String>,
        /// Error message of the service.
        message: String,
    },
    /// The task was not sent because the call ended first.
    NotAttempted,
    /// The task was sent, but no attempt got a conclusive response. It may have been added.
    #[non_exhaustive]
    Unknown {
        /// Reason for the last failure.
        message: String,
    },
}

impl AddOutcome {
    /// Returns true if the job has the task as it was passed to the call.
    #[inline]
    pub fn is_added(&self) -> bool {
        matches!(self, Self::Added { .. } | Self::AlreadyThere)
    }

    /// Returns true if the outcome is final: sending the task again would change nothing.
    #[inline]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::NotAttempted | Self::Unknown { .. })
    }

    /// Returns the service's code if it rejected the task.
    #[inline]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Rejected { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn rejected(error: Option<&BatchError>) -> Self {
        Self::Rejected {
            code: error.and_then(|error| error.code.clone()),
            message: message(error),
        }
    }

    /// The outcome of a task that the service neither added nor rejected.
    #[inline]
    pub(super) fn unconfirmed(error: Option<&BatchError>) -> Self {
        let code = error.and_then(|error| error.code.as_deref());
        let mut text = "the service did not say whether it added the task".to_owned();
        for part in [code, Some(message(error).as_str())].into_iter().flatten() {
            if !part.is_empty() {
                let _ = write!(text, ": {part}");
            }
        }
        Self::Unknown { message: text }
    }
}

/// The service's message, with its details.
#[inline]
fn message(error: Option<&BatchError>) -> String {
    let message = error.and_then(|error| error.message.as_ref()?.value.as_deref());
    let mut message = message
        .and_then(|text| text.lines().next())
        .unwrap_or_default()
        .to_owned();
    for detail in error
        .and_then(|error| error.values.as_deref())
        .into_iter()
        .flatten()
    {
        if let (Some(key), Some(value)) = (&detail.key, &detail.value) {
            let _ = write!(message, " [{key}: {value}]");
        }
    }
    // The service repeats values of the task, including URLs with their SAS.
    crate::wire::redact::text(message.trim()).into_owned()
}

impl fmt::Display for AddOutcome {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { .. } => f.write_str("added"),
            Self::AlreadyThere => f.write_str("already there"),
            Self::ExistsDifferent => f.write_str("another task of this id exists"),
            Self::Rejected { code, message } => {
                write!(f, "rejected: {}", code.as_deref().unwrap_or("no code"))?;
                if message.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {message}")
                }
            }
            Self::NotAttempted => f.write_str("not attempted"),
            Self::Unknown { message } => write!(f, "unknown: {message}"),
        }
    }
}
