//! What can be ordered: the rules as users write them, in Rust or in JSON.

use serde::{Deserialize, Serialize};

/// A rule that disturbs requests: which of them, and how.
///
/// A rule counts the requests that it is about, from 1. Which of them it hits depends on that count
/// and on the seed alone, so that the same requests in the same order are hit again in every run.
///
/// ```
/// use batch_emulator::{AnswerFault, Fault, FaultKind};
///
/// // The service is busy at the second addition of tasks, and wants to be asked again in 1 s.
/// let busy = Fault::new(FaultKind::Answer(AnswerFault::new(503).retry_after(1)))
///     .operation("Task_AddCollection")
///     .first(2)
///     .most(1);
/// // One in ten of all requests never gets an answer, although what it asks for is done.
/// let lost = Fault::new(FaultKind::Reset { applied: true }).probability(0.1);
/// # let config = batch_emulator::Config::default().faults([busy, lost]).fault_seed(7);
/// # assert_eq!(config.faults.rules.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Fault {
    /// A name for people; it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The operations it is about, by id (`Job_Get`) or by group (`Job`); all requests where there
    /// are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// The HTTP methods it is about; all where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// The account it is about; all where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The first request that it can hit, counted from 1, the default.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub first: u64,
    /// From there on, every so many requests one that it can hit; 1, the default, are all of them.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub every: u64,
    /// Most requests that it hits; no end where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
    /// How probable it is that a request is hit that can be, from 0 to 1, the default.
    #[serde(default = "certain", skip_serializing_if = "is_certain")]
    pub probability: f64,
    /// What befalls the requests that it hits.
    pub fault: FaultKind,
}

/// What befalls a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum FaultKind {
    /// An error is answered.
    Answer(AnswerFault),
    /// The connection is reset (RST) instead of an answer.
    Reset {
        /// Whether what was asked for is done all the same; not by default.
        #[serde(default, skip_serializing_if = "is_default")]
        applied: bool,
    },
    /// The answer is cut: the connection is closed in the middle of its body. What was asked for is
    /// done.
    Truncate {
        /// How many bytes of the body are sent; half of them by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
        /// Whether the body is sent in chunks, the last of which never comes; by default it has a
        /// `Content-Length` that is larger than what comes.
        #[serde(default, skip_serializing_if = "is_default")]
        chunked: bool,
    },
    /// The answer comes late. What was asked for is done at once.
    Delay {
        /// How long the head of the answer is held back, in real time.
        milliseconds: u64,
    },
    /// The body of the answer comes slowly.
    SlowBody {
        /// How many bytes come at a time.
        bytes: usize,
        /// The pause after each of these pieces, in real time.
        milliseconds: u64,
    },
    /// `Task_AddCollection` says `servererror` of tasks.
    TaskErrors {
        /// How probable it is for each task, from 0 to 1, the default.
        #[serde(default = "certain", skip_serializing_if = "is_certain")]
        probability: f64,
        /// Whether the tasks are added all the same; not by default.
        #[serde(default, skip_serializing_if = "is_default")]
        applied: bool,
    },
    /// The service's clock is off while it answers.
    ClockSkew {
        /// How far it is ahead, in seconds; behind where negative.
        seconds: i64,
    },
}

/// An error that is answered in place of what the service would say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct AnswerFault {
    /// The status, from 400 to 599.
    pub status: u16,
    /// The header `Retry-After`, in seconds; absent by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// Whether `Retry-After` is written as the date in so many seconds; not by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry_after_date: bool,
    /// What the answer holds; the service's JSON by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub body: FaultBody,
    /// Whether what was asked for is done all the same; not by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub applied: bool,
}

/// What an answered error holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FaultBody {
    /// An error in the service's form, with the code that belongs to the status.
    #[default]
    Json,
    /// A page, as proxies send one; the headers of the service are missing, too.
    Html,
    /// Nothing.
    Empty,
}

/// Rules, and the seed of their chances.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultPlan {
    /// Another seed hits other requests. Where it is not given, the one that was there stays; at
    /// the beginning it is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The rules. A request suffers at most one fault: that of the first rule that hits it.
    #[serde(default)]
    pub rules: Vec<Fault>,
}

impl Fault {
    /// A rule that hits every request.
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

    /// Adds one of the [`operations`](Self#structfield.operations), or a group of them.
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operations.push(operation.into());
        self
    }

    /// Adds one of the [`methods`](Self#structfield.methods).
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
    /// This status, in the service's form and without `Retry-After`; nothing is done.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            retry_after_seconds: None,
            retry_after_date: false,
            body: FaultBody::Json,
            applied: false,
        }
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

    /// The same, [written as a date](Self#structfield.retry_after_date).
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
    /// These rules with this seed.
    pub fn new(seed: u64, rules: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            seed: Some(seed),
            rules: rules.into_iter().collect(),
        }
    }
}

/// Rules with the seed that was there.
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

#[allow(clippy::trivially_copy_pass_by_ref)] // What serde gives.
fn is_one(number: &u64) -> bool {
    *number == 1
}

#[allow(clippy::trivially_copy_pass_by_ref)]
#[allow(clippy::float_cmp)] // The very number that stands for the default.
fn is_certain(probability: &f64) -> bool {
    *probability == 1.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
