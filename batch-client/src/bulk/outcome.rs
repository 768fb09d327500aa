//! What became of a task.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::models::BatchError;

/// A task and what became of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskOutcome {
    /// Its place among the tasks that were given, from 0.
    pub position: u64,
    /// Its id.
    pub id: String,
    /// What became of it.
    pub outcome: AddOutcome,
}

/// What became of a task that was to be added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AddOutcome {
    /// The service has added it.
    #[non_exhaustive]
    Added {
        /// The version of the task.
        etag: Option<String>,
        /// When it was added.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "crate::wire::timestamp::serialize_option",
            deserialize_with = "crate::wire::timestamp::deserialize_option"
        )]
        last_modified: Option<DateTime<Utc>>,
    },
    /// It exists and is the one that was given: an earlier try whose answer was lost has added it,
    /// or an earlier call.
    AlreadyThere,
    /// A task of its id exists that is another one. It was left as it is.
    ExistsDifferent,
    /// The service will not have it.
    #[non_exhaustive]
    Rejected {
        /// The service's code, such as `InvalidPropertyValue`; see [`codes`](crate::codes).
        code: Option<String>,
        /// What the service says.
        message: String,
    },
    /// It was not sent, because the call ended before.
    NotAttempted,
    /// It was sent, no clear answer came, and the tries are used up. It may have been added.
    #[non_exhaustive]
    Unknown {
        /// Why.
        message: String,
    },
}

impl AddOutcome {
    /// Whether the task is in the job now, as it was given.
    #[inline]
    pub fn is_added(&self) -> bool {
        matches!(self, Self::Added { .. } | Self::AlreadyThere)
    }

    /// Whether sending the task again would change nothing.
    #[inline]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::NotAttempted | Self::Unknown { .. })
    }

    /// The service's code, where it rejected the task.
    #[inline]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Rejected { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn rejected(error: Option<&BatchError>) -> Self {
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
        Self::Rejected {
            code: error.and_then(|error| error.code.clone()),
            // The service repeats values of the task, addresses with their SAS among them.
            message: crate::wire::redact::text(message.trim()).into_owned(),
        }
    }
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
