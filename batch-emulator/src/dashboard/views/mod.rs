//! The views of the page: each is a small JSON document that a function here makes of the state.
//!
//! They hold counts instead of lists, or a page of a list, so that none grows with the state. They
//! contain ids, states, times, exit codes and failures, and of the definitions only what identifies
//! a resource: no command line, environment, resource file or user.

pub(super) mod incidents;
pub(super) mod job;
pub(super) mod node;
pub(super) mod overview;
pub(super) mod pool;
pub(super) mod tasks;

use serde_json::{Value, json};

use super::redact::redact;
use crate::request::Object;
use crate::state::programs::{ProgramStatus, failure_info};
use crate::state::resource::{list, text};
use crate::time::Time;

/// Maximum number of characters of client-supplied strings that have no other limit.
const MAX_TEXT_LENGTH: usize = 80;
/// Maximum number of characters of a message.
const MAX_MESSAGE_LENGTH: usize = 1_000;
/// Number of items on a page of a list.
pub(super) const PAGE: usize = 100;

/// Converts a time to milliseconds since 1970, as JavaScript uses them.
pub(super) fn millis(time: Time) -> i64 {
    time.date().timestamp_millis()
}

fn short(text: &str) -> String {
    cut(text, MAX_TEXT_LENGTH)
}

/// Returns a message as it may be shown.
fn message(text: &str) -> String {
    cut(&redact(text), MAX_MESSAGE_LENGTH)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Describes an error in the service's format: code, message and, under `values`, the details.
fn describe_error(error: &Object, values: &str) -> Value {
    let part = |object: &Object, name| message(text(object, name).unwrap_or_default());
    let values = list(error, values).iter().filter_map(Value::as_object);
    let values = values.map(|pair| json!([part(pair, "name"), part(pair, "value")]));
    json!({
        "category": text(error, "category"),
        "code": part(error, "code"),
        "message": part(error, "message"),
        "details": values.collect::<Vec<_>>(),
    })
}

/// Describes the run of a start task or a job preparation task.
fn describe_program(program: &ProgramStatus) -> Value {
    let failure = program
        .outcome
        .and_then(|outcome| failure_info(outcome, program.failure.as_deref()));
    json!({
        "start": millis(program.start),
        "end": program.end.map(millis),
        "exit": program.exit_code,
        "failure": failure.map(|failure| describe_error(&failure, "details")),
        "retries": program.retries,
    })
}
