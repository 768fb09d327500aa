//! Outcomes of a task's run.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::request::Object;
use crate::state::report::End;
use crate::state::resource::{object, pair, text};
use crate::time::Span;

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// Its program ended.
    Exit(i32),
    /// Its program ended with this code, but its files could not be uploaded.
    NotUploaded(i32),
    /// Its program could not be started.
    NotStarted,
    /// It was terminated, or its job was.
    Ended,
    /// It reached its `maxWallClockTime`.
    Expired,
}

impl Outcome {
    /// Returns the outcome of a program; without an `end`, it reached its time limit.
    ///
    /// Source: "Error handling and detection": errors before the program, of the program, of
    /// uploads, and of constraints.
    pub(crate) fn of(end: Option<&End>) -> Self {
        match end {
            None => Self::Expired,
            Some(End {
                exit_code: None, ..
            }) => Self::NotStarted,
            Some(End {
                exit_code: Some(code),
                failure: None,
            }) => Self::Exit(*code),
            Some(End {
                exit_code: Some(code),
                failure: Some(_),
            }) => Self::NotUploaded(*code),
        }
    }

    /// Returns the exit code, if there is one.
    ///
    /// Source: description of `TaskExecutionInformation.exitCode`. A terminated task may have its
    /// system's exit code there; no source for the value, and absent here.
    pub(crate) fn exit_code(self) -> Option<i32> {
        match self {
            Self::Exit(code) | Self::NotUploaded(code) => Some(code),
            Self::NotStarted | Self::Ended | Self::Expired => None,
        }
    }

    pub(crate) fn result(self) -> &'static str {
        if self.failed() { "failure" } else { "success" }
    }

    /// Returns true if the task has failed.
    ///
    /// Source: description of `CloudJob.onTaskFailure`: a failed task is one with failure
    /// information.
    pub(crate) fn failed(self) -> bool {
        self != Self::Exit(0)
    }

    /// Returns the failure information.
    ///
    /// Source: recorded, `Task_Get` of a task that failed, for the category, the structure, and the
    /// code and messages of `FailureExitCode`; "Error handling and detection" for `TaskEnded`,
    /// whose messages are this project's own.
    pub(crate) fn failure(self) -> Option<Object> {
        let mut details = Vec::new();
        let (code, message, detail) = match self {
            // These outcomes have no failure, or have reported it themselves.
            Self::Exit(0) | Self::NotUploaded(_) | Self::NotStarted => return None,
            Self::Exit(_) => {
                let code = "FailureExitCode";
                details.push(pair("AdditionalErrorCode", code));
                (
                    code,
                    "The task exited with an exit code representing a failure",
                    "The task process exited with an unexpected exit code",
                )
            }
            Self::Ended => (
                "TaskEnded",
                "The task was terminated before it completed.",
                "Terminated by a request.",
            ),
            Self::Expired => (
                "TaskEnded",
                "The task was terminated before it completed.",
                "The time limit was reached.",
            ),
        };
        details.insert(0, pair("Message", detail));
        Some(object([
            ("category", "usererror".into()),
            ("code", code.into()),
            ("message", message.into()),
            ("details", details.into()),
        ]))
    }
}

/// Simulation settings from the environment of a task.
///
/// `EMULATOR_SECONDS` is its duration and `EMULATOR_EXIT_CODE` its exit code. If there are several
/// comma-separated codes, each retry takes the next, and the last one repeats.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Simulated {
    pub(crate) span: Option<Span>,
    codes: Vec<i32>,
}

impl Simulated {
    /// Reads the settings. A task's own settings take precedence over those that its job has for
    /// all tasks.
    pub(crate) fn of(own: &[Value], common: &[Value]) -> Self {
        let find = |name: &str| {
            let settings = own.iter().chain(common).filter_map(Value::as_object);
            let mut found = settings.filter(|setting| text(setting, "name") == Some(name));
            found.find_map(|setting| text(setting, "value").map(str::to_owned))
        };
        let codes = find("EMULATOR_EXIT_CODE").unwrap_or_default();
        Self {
            span: find("EMULATOR_SECONDS")
                .and_then(|text| text.trim().parse().ok())
                .map(Span::from_seconds),
            codes: codes
                .split(',')
                .filter_map(|code| code.trim().parse().ok())
                .collect(),
        }
    }

    pub(crate) fn exit_code(&self, retries: u32) -> i32 {
        let last = self.codes.last().copied().unwrap_or(0);
        self.codes.get(retries as usize).copied().unwrap_or(last)
    }
}
