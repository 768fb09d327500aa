//! `spec/error-codes.json`: the service's error codes, none of which the description lists.

use serde::Deserialize;

use crate::error::{Error, Result};

pub(super) const FILE: &str = "error-codes.json";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "source")]
    _source: String,
    codes: Vec<ErrorCode>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorCode {
    #[serde(rename = "code")]
    pub(crate) name: String,
    pub(crate) status: Option<u16>,
    pub(crate) kind: CodePlace,
    pub(crate) description: String,
}

/// The place where the service reports a code.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CodePlace {
    Request,
    Task,
    Pool,
    Node,
    Autoscale,
    Job,
}

impl CodePlace {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Request => "Returned by a request",
            Self::Task => "Reported in the `failure_info` of a task",
            Self::Pool => "Reported in the `resize_errors` of a pool",
            Self::Node => "Reported in the `errors` of a compute node",
            Self::Autoscale => "Reported in the `error` of an autoscale run",
            Self::Job => "Reported in the `scheduling_error` of a job",
        }
    }
}

/// Reads the table.
pub(super) fn read(text: &str) -> Result<Vec<ErrorCode>> {
    let file: File = serde_json::from_str(text).map_err(|e| Error::new(FILE, e.to_string()))?;
    Ok(file.codes)
}
