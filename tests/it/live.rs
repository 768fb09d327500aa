//! Promise: recorded responses of the live service are read without loss, even though the service
//! deviates from its own description.

use std::time::SystemTime;

use batch_tests::description::{DESCRIPTION, Operation};
use batch_tests::json::{described, differences, written};
use batch_tests::reference::{self, header, split_target};
use batch_tests::server::{Response, Server};
use chrono::DateTime;
use serde_json::{Map, Value};

use crate::calls::{Arguments, Failure, Output, client, key, report};

#[tokio::test]
async fn recorded_responses_are_read_without_loss() {
    let Some(folder) = reference::folder() else {
        return;
    };
    let entries = std::fs::read_dir(folder.join("live")).expect("the recordings");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut problems = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().display();
        let found = replay(&reference::read(file)).await;
        problems.extend(found.iter().map(|problem| format!("{name}: {problem}")));
    }
    report(&problems);
    assert_eq!(files.len(), 73, "recordings");
}

/// Repeats the recorded call against the recorded response, and returns the problems found.
async fn replay(recording: &Value) -> Vec<String> {
    let id = recording["operationId"].as_str().expect("an id");
    let operation = DESCRIPTION.operation(id);
    let (request, response) = (&recording["request"], &recording["response"]);
    let parameters = match reference::parameters(operation, request) {
        Ok(parameters) => parameters,
        Err(why) => return vec![format!("the recording: {why}")],
    };
    let body = Some(request["body"].clone()).filter(|body| !body.is_null());
    let arguments = Arguments { parameters, body };

    let server = Server::start().await;
    server.answer(answer(operation, response).into());
    let result = arguments.call(&client(&server), id).await;
    let mut problems = check_request(operation, request, &arguments, &server);
    problems.extend(match result {
        Ok(output) => check_output(operation, response, output).await,
        Err(failure) => check_failure(response, &failure),
    });
    problems
}

/// The recorded response with new framing, because recordings have the headers of their original
/// transfer.
fn answer(operation: &Operation, recorded: &Value) -> Response {
    let mut response = Response::new(status(recorded)).body(body(recorded));
    for (name, value) in recorded["headers"].as_object().expect("headers") {
        let framing = match &*name.to_lowercase() {
            "transfer-encoding" | "connection" | "content-encoding" => true,
            // A HEAD request asks for it.
            "content-length" => operation.method != "HEAD",
            _ => false,
        };
        if !framing {
            response = response.header(name, value.as_str().expect("a header of text"));
        }
    }
    if header(recorded, "transfer-encoding") == Some("chunked") {
        response = response.chunked();
    }
    response
}

fn status(recorded: &Value) -> u16 {
    let status = recorded["status"]
        .as_u64()
        .and_then(|status| status.try_into().ok());
    status.expect("a status")
}

fn body(recorded: &Value) -> Vec<u8> {
    match &recorded["body"] {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        json => json.to_string().into_bytes(),
    }
}

/// Checks that our request is the recorded one; otherwise the response would prove little.
fn check_request(
    operation: &Operation,
    recorded: &Value,
    arguments: &Arguments,
    server: &Server,
) -> Vec<String> {
    let ours = match server.request() {
        Ok(request) => request,
        Err(why) => return vec![why],
    };
    let path = |target: &str| {
        let (path, _) = split_target(target)?;
        operation.path_values(path)
    };
    let mut problems = Vec::new();
    let (ours_path, theirs_path) = (
        path(&ours.target),
        path(recorded["target"].as_str().unwrap_or("")),
    );
    if recorded["method"] != *ours.method || ours_path != theirs_path {
        problems.push(format!(
            "sent {} {ours_path:?}, recorded {theirs_path:?}",
            ours.method
        ));
    }
    if let (Some(theirs), Some(body)) = (&arguments.body, &operation.body) {
        let ours = serde_json::from_slice(&ours.body).unwrap_or_default();
        let (theirs, ours) = (
            described(&body.schema, theirs),
            written(&body.schema, &ours),
        );
        problems.extend(
            differences(&theirs, &ours)
                .iter()
                .map(|d| format!("the request: {d}")),
        );
    }
    // Some requests carry the date of their recording.
    let date = ours
        .header("ocp-date")
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let now = date.map_or_else(SystemTime::now, |date| date.to_utc().into());
    problems.extend(ours.verify(&key(), now).err());
    problems
}

async fn check_output(operation: &Operation, recorded: &Value, output: Output) -> Vec<String> {
    let mut problems = Vec::new();
    let expected_status = status(recorded);
    let mut check_head = |status: u16, request_id: Option<&str>| {
        if status != expected_status {
            problems.push(format!(
                "the status is {status}, recorded {expected_status}"
            ));
        }
        if request_id != header(recorded, "request-id") {
            problems.push(format!("the request id is {request_id:?}"));
        }
    };
    let text = |value: Option<&batch_client::reqwest::header::HeaderValue>| {
        value
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    match output {
        Output::Bool(exists) => {
            let expected = expected_status != 404;
            (exists != expected).then(|| problems.push(format!("exists is {exists}")));
        }
        Output::Nothing { status, headers } => {
            check_head(status.as_u16(), text(headers.get("request-id")).as_deref());
            if operation.answer.is_some() {
                problems.push("the response was dropped".to_owned());
            }
        }
        Output::Bytes(answer) => {
            check_head(answer.status().as_u16(), answer.request_id());
            let is_directory = answer.properties().is_directory.map(|is| is.to_string());
            let expected = header(recorded, "ocp-batch-file-isdirectory").map(str::to_lowercase);
            if is_directory != expected {
                problems.push(format!(
                    "is_directory is {is_directory:?}, recorded {expected:?}"
                ));
            }
            match answer.into_inner().bytes().await {
                Ok(bytes) if bytes == body(recorded) => {}
                other => problems.push(format!("the content is {other:?}")),
            }
        }
        Output::Json {
            status,
            headers,
            value,
        } => {
            check_head(status.as_u16(), text(headers.get("request-id")).as_deref());
            problems.extend(match &operation.answer {
                Some(schema) => {
                    let recorded = described(schema, &recorded["body"]);
                    differences(&recorded, &written(schema, &value))
                }
                None => differences(&file_properties(recorded), &value),
            });
        }
    }
    problems
}

type Read<'a> = &'a dyn Fn(&str) -> Value;

/// Typed properties of a file from the headers of a HEAD response.
fn file_properties(recorded: &Value) -> Value {
    let date = |text: &str| {
        let date = DateTime::parse_from_rfc2822(text).expect("a date");
        date.to_utc()
            .format("%Y-%m-%dT%H:%M:%SZ")
            .to_string()
            .into()
    };
    let names: [(&str, Read<'_>); 7] = [
        ("Content-Length", &|text| {
            text.parse::<i64>().expect("a length").into()
        }),
        ("Content-Type", &|text| text.into()),
        ("Last-Modified", &date),
        ("ocp-batch-file-isdirectory", &|text| {
            (text == "True").into()
        }),
        ("ocp-batch-file-mode", &|text| text.into()),
        ("ocp-batch-file-url", &|text| {
            text.replace("%3A", ":").replace("%2F", "/").into()
        }),
        ("ocp-creation-time", &date),
    ];
    let mut properties = Map::new();
    for (name, read) in names {
        if let Some(text) = header(recorded, name) {
            properties.insert(name.to_owned(), read(text));
        }
    }
    properties.into()
}

fn check_failure(recorded: &Value, failure: &Failure) -> Vec<String> {
    let expected_status = status(recorded);
    let Failure::Client(error) = failure else {
        return vec![format!("{failure:?}")];
    };
    if expected_status < 300 {
        return vec![format!("an error for a successful response: {error}")];
    }
    let mut problems = Vec::new();
    let mut expect = |what: &str, expected: Option<&str>, actual: Option<&str>| {
        if expected != actual {
            problems.push(format!("{what} is {actual:?}, recorded {expected:?}"));
        }
    };
    let body = &recorded["body"];
    let actual_status = error.status().map(|status| status.as_u16().to_string());
    expect(
        "the status",
        Some(&expected_status.to_string()),
        actual_status.as_deref(),
    );
    expect(
        "the request id",
        header(recorded, "request-id"),
        error.request_id(),
    );
    expect("the code", body["code"].as_str(), error.code());
    expect(
        "the message",
        body["message"]["value"].as_str(),
        error.message(),
    );
    let none = Vec::new();
    let details = body["values"].as_array().unwrap_or(&none);
    for (index, detail) in details.iter().enumerate() {
        let ours = error.details().get(index);
        let what = format!("the detail {index}");
        expect(
            &what,
            detail["key"].as_str(),
            ours.and_then(|d| d.key.as_deref()),
        );
        expect(
            &what,
            detail["value"].as_str(),
            ours.and_then(|d| d.value.as_deref()),
        );
    }
    if error.details().len() != details.len() {
        problems.push(format!("the error has {} details", error.details().len()));
    }
    for part in [error.code(), error.request_id()].into_iter().flatten() {
        if !error.to_string().contains(part) {
            problems.push(format!("{part} is missing in the message: {error}"));
        }
    }
    problems
}
