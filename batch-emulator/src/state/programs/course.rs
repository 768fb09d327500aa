//! Status of a program that is not a task: a start task, a preparation, a release or an instance.

use serde::{Deserialize, Serialize};

use crate::request::Object;
use crate::state::report::{End, Failure};
use crate::state::resource::{object, pair, put, put_some, put_time};
use crate::state::tasks::Outcome;
use crate::time::Time;

/// Status of such a program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ProgramStatus {
    pub(crate) start: Time,
    pub(crate) end: Option<Time>,
    pub(crate) exit_code: Option<i32>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) failure: Option<Box<Failure>>,
    pub(crate) retries: u32,
    pub(crate) last_retry: Option<Time>,
}

impl ProgramStatus {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            start: now,
            end: None,
            exit_code: None,
            outcome: None,
            failure: None,
            retries: 0,
            last_retry: None,
        }
    }

    pub(crate) fn runs(&self) -> bool {
        self.end.is_none()
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.outcome == Some(Outcome::Exit(0))
    }

    pub(crate) fn again(&mut self, now: Time) {
        self.retries += 1;
        self.last_retry = Some(now);
        self.start = now;
    }

    pub(crate) fn finish(&mut self, end: Option<&End>, now: Time) {
        self.end = Some(now);
        self.exit_code = end.and_then(|end| end.exit_code);
        self.outcome = Some(Outcome::of(end));
        self.failure = end.and_then(|end| end.failure.clone()).map(Box::new);
    }

    /// Ends it because of a request.
    ///
    /// No source for the outcome; chosen like that of a terminated task.
    pub(crate) fn cut(&mut self, now: Time) {
        if self.runs() {
            self.end = Some(now);
            self.outcome = Some(Outcome::Ended);
        }
    }

    /// Returns why it failed, for people.
    pub(crate) fn reason(&self) -> String {
        match (&self.failure, self.exit_code) {
            (Some(failure), _) => format!("{}: {}", failure.code, failure.message),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => "it did not end".to_owned(),
        }
    }

    /// Formats the status as the service does.
    ///
    /// Source: recorded, `Job_ListPreparationAndReleaseTaskStatus`; description of
    /// `StartTaskInformation`.
    pub(crate) fn object(&self) -> Object {
        let mut info = object([
            ("startTime", self.start.to_string().into()),
            ("retryCount", self.retries.into()),
            ("state", "running".into()),
        ]);
        put_some(
            &mut info,
            "lastRetryTime",
            self.last_retry.map(|time| time.to_string()),
        );
        if let (Some(end), Some(outcome)) = (self.end, self.outcome) {
            put(&mut info, "state", "completed");
            put_time(&mut info, "endTime", end);
            put_some(&mut info, "exitCode", self.exit_code);
            put(&mut info, "result", outcome.result());
            let failure = failure_info(outcome, self.failure.as_deref());
            put_some(&mut info, "failureInfo", failure);
        }
        info
    }
}

/// Returns the failure information: what was reported, or else what follows from the kind of
/// outcome.
///
/// Source: description of `TaskFailureInformation`.
pub(crate) fn failure_info(outcome: Outcome, reported: Option<&Failure>) -> Option<Object> {
    let Some(failure) = reported else {
        return outcome.failure();
    };
    let details: Vec<_> = failure
        .details
        .iter()
        .map(|(name, value)| pair(name, value))
        .collect();
    let category = if failure.server {
        "servererror"
    } else {
        "usererror"
    };
    Some(object([
        ("category", category.into()),
        ("code", failure.code.as_str().into()),
        ("message", failure.message.as_str().into()),
        ("details", details.into()),
    ]))
}
