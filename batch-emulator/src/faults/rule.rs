//! Fault rules as users write them, in Rust or in JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A rule that selects requests and injects a fault into them.
///
/// A rule counts the requests that match it, starting at 1. Which of them it disturbs depends only
/// on that count, the rule's position in the list and the seed, so the same requests in the same
/// order are disturbed in the same way in every run.
///
/// ```
/// use batch_emulator::{AnswerFault, Fault, FaultKind};
///
/// // The second addition of tasks fails with 503 and asks for a retry after 1 s.
/// let busy = Fault::new(FaultKind::Answer(AnswerFault::new(503).retry_after(1)))
///     .operation("Task_AddCollection")
///     .first(2)
///     .most(1);
/// // One in ten requests gets no response, although it is carried out.
/// let lost = Fault::new(FaultKind::Reset { applied: true }).probability(0.1);
/// # let config = batch_emulator::Config::default().faults([busy, lost]).fault_seed(7);
/// # assert_eq!(config.faults.rules.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Fault {
    /// A name for people; it has no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Operations that the rule matches, by id (`Job_Get`) or group (`Job`); all requests if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// HTTP methods that the rule matches; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// The account that the rule matches; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The first matching request that can be disturbed, counted from 1; 1 by default.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub first: u64,
    /// After the first, only every nth matching request can be disturbed; 1, the default, selects
    /// all of them.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub every: u64,
    /// Maximum number of requests to disturb; unlimited if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
    /// Probability that an eligible request is disturbed, from 0 to 1; 1 by default.
    #[serde(default = "certain", skip_serializing_if = "is_certain")]
    pub probability: f64,
    /// The fault to inject.
    pub fault: FaultKind,
}

/// A kind of fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum FaultKind {
    /// Responds with an error.
    Answer(AnswerFault),
    /// Resets the connection (RST) instead of responding.
    Reset {
        /// True if the request is carried out nevertheless; false by default.
        #[serde(default, skip_serializing_if = "is_default")]
        applied: bool,
    },
    /// Truncates the response: closes the connection in the middle of the body. The request is
    /// carried out.
    Truncate {
        /// Number of body bytes to send; half of them by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
        /// True to send the body in chunks and omit the last one. By default the `Content-Length`
        /// is larger than the body that is sent.
        #[serde(default, skip_serializing_if = "is_default")]
        chunked: bool,
    },
    /// Delays the response. The request is carried out at once.
    Delay {
        /// Delay of the response head, in real time.
        milliseconds: u64,
    },
    /// Sends the body of the response slowly.
    SlowBody {
        /// Number of bytes per piece.
        bytes: usize,
        /// Pause after each piece, in real time.
        milliseconds: u64,
    },
    /// Makes `Task_AddCollection` report `servererror` for some tasks.
    TaskErrors {
        /// Probability of an error for each task, from 0 to 1; 1 by default.
        #[serde(default = "certain", skip_serializing_if = "is_certain")]
        probability: f64,
        /// True if the failed tasks are added nevertheless; false by default.
        #[serde(default, skip_serializing_if = "is_default")]
        applied: bool,
    },
    /// Skews the service's clock while it handles the request.
    ClockSkew {
        /// Seconds that the clock is ahead; negative if it is behind.
        seconds: i64,
    },
}

/// An error that is returned instead of the service's response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct AnswerFault {
    /// HTTP status, from 400 to 599.
    pub status: u16,
    /// Error code; the one that belongs to the status by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Values of the error, by their keys; none by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub values: BTreeMap<String, String>,
    /// Value of the header `Retry-After`, in seconds; absent by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// True to write `Retry-After` as a date instead of a number of seconds; false by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry_after_date: bool,
    /// Content of the response; the service's JSON by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub body: FaultBody,
    /// True if the request is carried out nevertheless; false by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub applied: bool,
}

/// Body of an injected error response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FaultBody {
    /// An error in the service's format, with the code that belongs to the status.
    #[default]
    Json,
    /// An HTML page, as a proxy sends it, without the service's headers.
    Html,
    /// An empty body.
    Empty,
}

/// Rules, and the seed of their random decisions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultPlan {
    /// Seed of the random decisions: a different seed disturbs different requests. If absent, the
    /// current seed stays; initially it is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The rules. A request suffers at most one fault: that of the first rule that selects it.
    #[serde(default)]
    pub rules: Vec<Fault>,
}

impl Fault {
    /// Creates a rule that disturbs every request.
    pub fn new(fault: FaultKind) -> Self {
        Self {
            name: None,
            operations: Vec::new(),
            methods: Vec::new(),
            account: None,
            first: 1,
            every: 1,
            most: None,
            probability: 1.0,
            fault,
        }
    }

    /// Sets [`name`](Self#structfield.name).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds an operation or a group to [`operations`](Self#structfield.operations).
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operations.push(operation.into());
        self
    }

    /// Adds a method to [`methods`](Self#structfield.methods).
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.methods.push(method.into());
        self
    }

    /// Sets [`account`](Self#structfield.account).
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Sets [`first`](Self#structfield.first).
    #[must_use]
    pub fn first(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// Sets [`every`](Self#structfield.every).
    #[must_use]
    pub fn every(self, every: u64) -> Self {
        Self { every, ..self }
    }

    /// Sets [`most`](Self#structfield.most).
    #[must_use]
    pub fn most(self, most: u64) -> Self {
        let most = Some(most);
        Self { most, ..self }
    }

    /// Sets [`probability`](Self#structfield.probability).
    #[must_use]
    pub fn probability(self, probability: f64) -> Self {
        Self {
            probability,
            ..self
        }
    }
}

impl AnswerFault {
    /// Creates an error with this status, in the service's format and without `Retry-After`. The
    /// request is not carried out.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            code: None,
            values: BTreeMap::new(),
            retry_after_seconds: None,
            retry_after_date: false,
            body: FaultBody::Json,
            applied: false,
        }
    }

    /// Sets [`code`](Self#structfield.code).
    #[must_use]
    pub fn code(self, code: impl Into<String>) -> Self {
        let code = Some(code.into());
        Self { code, ..self }
    }

    /// Adds a value to [`values`](Self#structfield.values).
    #[must_use]
    pub fn value(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(key.into(), value.into());
        self
    }

    /// Sets [`retry_after_seconds`](Self#structfield.retry_after_seconds).
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        let retry_after_seconds = Some(seconds);
        Self {
            retry_after_seconds,
            ..self
        }
    }

    /// Sets the same value, [written as a date](Self#structfield.retry_after_date).
    #[must_use]
    pub fn retry_after_date(self, seconds: u32) -> Self {
        Self {
            retry_after_date: true,
            ..self.retry_after(seconds)
        }
    }

    /// Sets [`body`](Self#structfield.body).
    #[must_use]
    pub fn body(self, body: FaultBody) -> Self {
        Self { body, ..self }
    }

    /// Sets [`applied`](Self#structfield.applied).
    #[must_use]
    pub fn applied(self, applied: bool) -> Self {
        Self { applied, ..self }
    }
}

impl FaultPlan {
    /// Creates a plan from these rules and this seed.
    pub fn new(seed: u64, rules: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            seed: Some(seed),
            rules: rules.into_iter().collect(),
        }
    }
}

/// Creates a plan that keeps the current seed.
impl<I: IntoIterator<Item = Fault>> From<I> for FaultPlan {
    fn from(rules: I) -> Self {
        Self {
            seed: None,
            rules: rules.into_iter().collect(),
        }
    }
}

fn one() -> u64 {
    1
}

fn certain() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The signature that serde requires.
fn is_one(number: &u64) -> bool {
    *number == 1
}

#[allow(clippy::trivially_copy_pass_by_ref)]
#[allow(clippy::float_cmp)] // Compares with the exact default.
fn is_certain(probability: &f64) -> bool {
    *probability == 1.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
