//! Promise: every kind of failure of a call has an error that identifies it, by its predicates and
//! its message.
//!
//! One table lists how each failure is caused, and what [`Error`] says about it.

use std::fmt::Debug;
use std::time::Duration;

use batch_client::models::{JobScheduleAddParameter, JobSpecification, PoolInformation, Schedule};
use batch_client::reqwest::{Method, Request};
use batch_client::{Client, Error, RetryPolicy, chrono, reqwest};
use batch_tests::server::{Answer, Response, Server};
use serde_json::json;

use crate::calls::{client, key, report};
use crate::errors::predicates;

const REQUEST_ID: &str = "721f50ac-be19-43b6-8ec9-985bc931ce25";
const SHORT: Duration = Duration::from_millis(100);

/// A row: the failure; the predicates that are true for its error (all others are false), status,
/// code and attempts; then the error's Display, with `HOST`, `TIME` and `ID` for the parts that
/// differ from run to run.
const TABLE: &str = r#"
a path that leads elsewhere | is_invalid_request | - | - | 1
    Job_Get: cannot use `job_id`: it has the segment `..`, which URLs resolve, so the request
    could address or delete another resource; pass the path without it
a header that HTTP cannot hold | is_invalid_request | - | - | 1
    Job_Get: cannot set header `client-request-id`: its value has a character that is not
    allowed in a header; use visible ASCII characters
a condition without a version | is_invalid_request | - | - | 1
    Job_Delete: cannot make the call conditional: the value for `if_match` has no ETag; read
    the resource again without `$select`
a date that the wire cannot hold | is_invalid_request | - | - | 1
    JobSchedule_Add: cannot build the request: the service takes dates from the year 0 to 9999,
    not +11476-08-15 05:20:00 UTC
a page of another origin | is_invalid_request | - | - | 1
    Pool_List: cannot continue the listing from "https://other.example/pools?[redacted]": it is
    not on http://HOST, and the signature gives access to the account; pass a token of the same
    account
a request to another origin | is_invalid_request | - | - | 1
    execute: cannot send the request to https://other.example: the client signs for
    http://HOST alone; send it with another HTTP client
no connection | is_connect | - | - | 1
    Job_Get "nightly": cannot connect to HOST: connection refused; check the endpoint
a connection that ends unanswered | - | - | - | 1
    Job_Get "nightly": connection closed before the response was complete
a connection that ends in the headers | - | - | - | 1
    Job_Get "nightly": connection closed before the response was complete
a connection that ends in the body of a 200 | - | - | - | 1
    Job_Get "nightly": connection closed before the response was complete
what is no HTTP | - | - | - | 1
    Job_Get "nightly": the response is not HTTP (invalid HTTP version parsed); check the scheme
    and the port of the endpoint
the time of the call | is_timeout | - | - | 1
    Job_Get: no response within the timeout of 100ms
a silence on the connection | is_timeout | - | - | 1
    Job_Get "nightly": no data from the service within the read timeout
a download that breaks off | - | - | - | 1
    File_GetFromTask: connection closed before the response was complete
400 with JSON | - | 400 | InvalidPropertyValue | 1
    Job_Get "nightly": 400 InvalidPropertyValue: It is no good. [PropertyName: vmSize] (request ID)
401 with JSON | is_auth | 401 | AuthenticationFailed | 1
    Job_Get "nightly": 401 AuthenticationFailed: It is no good. [PropertyName: vmSize] (request ID)
403 with HTML | is_auth | 403 | - | 1
    Job_Get "nightly": 403 Forbidden: "<html>no</html>" (15 bytes, text/html, not an error of the
    service)
404 with JSON | is_not_found | 404 | JobNotFound | 1
    Job_Get "nightly": 404 JobNotFound: It is no good. [PropertyName: vmSize] (request ID)
404 that is empty | is_not_found | 404 | - | 1
    Job_Get "nightly": 404 Not Found
404 of a HEAD | is_not_found | 404 | - | 1
    File_GetPropertiesFromTask "nightly/1/out": 404 Not Found (request ID)
409 with JSON | is_conflict | 409 | JobCompleted | 1
    Job_Get "nightly": 409 JobCompleted: It is no good. [PropertyName: vmSize] (request ID)
412 with JSON | is_precondition_failed | 412 | ConditionNotMet | 1
    Job_Get "nightly": 412 ConditionNotMet: It is no good. [PropertyName: vmSize] (request ID)
304 | is_not_modified | 304 | - | 1
    Job_Get "nightly": 304 Not Modified
409 with another shape of JSON | is_conflict | 409 | - | 1
    Job_Get "nightly": 409 Conflict: "{\"status\":\"Conflict\"}" (21 bytes, application/json;
    odata=minimalmetadata, not an error of the service)
409 whose body breaks off | is_conflict | 409 | - | 1
    Job_Get "nightly": 409 Conflict: "{\"code\":" (8 bytes, application/json, not an error of the
    service)
a redirect | - | 307 | - | 1
    Job_Get "nightly": 307 Temporary Redirect
429 with JSON | is_throttled | 429 | TooManyRequests | 1
    Job_Get "nightly": 429 TooManyRequests: It is no good. [PropertyName: vmSize] (request ID)
500 with JSON | is_server_error | 500 | InternalError | 1
    Job_Get "nightly": 500 InternalError: It is no good. [PropertyName: vmSize] (request ID)
502 with HTML | is_server_error | 502 | - | 1
    Job_Get "nightly": 502 Bad Gateway: "<html>no</html>" (15 bytes, text/html, not an error of the
    service)
503 with JSON | is_throttled is_server_error | 503 | ServerBusy | 1
    Job_Get "nightly": 503 ServerBusy: It is no good. [PropertyName: vmSize] (request ID)
200 with HTML | is_invalid_response | 200 | - | 1
    Job_Get: cannot read the response of 15 bytes: it is not a JSON object; status 200 OK:
    "<html>no</html>" (text/html)
200 that is empty | is_invalid_response | 200 | - | 1
    Job_Get: the response has no body; status 200 OK
200 with a list | is_invalid_response | 200 | - | 1
    Job_Get: cannot read the response of 2 bytes: it is not a JSON object; status 200 OK: "[]"
    (unknown type)
200 with a value of another type | is_invalid_response | 200 | - | 1
    Job_Get: cannot read the response of 19 bytes: invalid value: string,
    expected a whole number of 32 bits, or a string with one at line 1 column 18; status 200
    OK
a redirect that was followed | is_invalid_response | 200 | - | 1
    Job_Get: the HTTP client followed a redirect, for which the signature is not valid; status
    200 OK; build it with `redirect::Policy::none()`
a page that is its own next one | is_invalid_response | - | - | 1
    Pool_List: cannot finish the listing: the service returned the same next page twice
three times 503 | is_throttled is_server_error | 503 | ServerBusy | 3
    Job_Get "nightly": 503 ServerBusy: It is no good. [PropertyName: vmSize] (3 attempts in TIME,
    request ID)
three times no answer | - | - | - | 3
    Job_Get "nightly": connection closed before the response was complete (3 attempts in TIME)
no answer, then 412 | is_precondition_failed | 412 | ConditionNotMet | 2
    Job_Delete "nightly": 412 ConditionNotMet: It is no good. [PropertyName: vmSize] (2 attempts
    in TIME, request ID)
three times no connection | is_connect | - | - | 3
    Job_Get "nightly": cannot connect to HOST: connection refused (3 attempts in TIME); check
    the endpoint
"#;

/// The table's rows, each joined into one line.
fn rows() -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        match (line.strip_prefix("    "), rows.last_mut()) {
            (Some(more), Some(row)) => {
                row.push(' ');
                row.push_str(more);
            }
            _ => rows.push(line.to_owned()),
        }
    }
    rows
}

/// Formats an error as a row.
fn row(failure: &str, error: &Error) -> String {
    let predicates = predicates(error).join(" ");
    let status = error.status().map(|status| status.as_u16().to_string());
    let shown = timeless(&error.to_string());
    [
        failure,
        if predicates.is_empty() {
            "-"
        } else {
            &predicates
        },
        status.as_deref().unwrap_or("-"),
        error.code().unwrap_or("-"),
        &format!("{} {shown}", error.attempts()),
    ]
    .join(" | ")
}

/// Replaces the parts of a message that differ from run to run: ports, the time taken by the
/// attempts, and the long id.
fn timeless(text: &str) -> String {
    let text = text.replace(REQUEST_ID, "ID");
    let mut pieces = text.split("127.0.0.1:");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        shown.push_str("HOST");
        shown.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    match shown.split_once(" attempts in ") {
        Some((before, after)) => {
            let rest = after.split_once(" s").map_or("", |(_, rest)| rest);
            format!("{before} attempts in TIME{rest}")
        }
        None => shown,
    }
}

/// Error that `Job_Get` returns for this response.
async fn job_get(answer: impl Into<Answer>) -> Error {
    let server = Server::start().await;
    server.answer(answer.into());
    failed(client(&server).job().get("nightly")).await
}

async fn failed<T: Debug>(call: impl IntoFuture<Output = Result<T, Error>>) -> Error {
    call.await.expect_err("the call should fail")
}

fn bytes(text: &str) -> Answer {
    Answer::Bytes(text.as_bytes().to_vec())
}

/// An error in the service's format.
fn refusal(status: u16, code: &str) -> Response {
    let body = json!({
        "code": code,
        "message": {"lang": "en-US", "value": format!("It is no good.\nRequestId:{REQUEST_ID}")},
        "values": [{"key": "PropertyName", "value": "vmSize"}],
    });
    Response::json(status, &body).header("request-id", REQUEST_ID)
}

fn html(status: u16) -> Response {
    Response::new(status)
        .header("content-type", "text/html")
        .body("<html>no</html>")
}

/// Address at which nothing listens.
async fn nowhere() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let address = listener.expect("a free port").local_addr();
    format!("http://{}", address.expect("an address"))
}

/// Failures found by the client before it sends anything.
async fn before_sending() -> Vec<(&'static str, Error)> {
    let server = Server::start().await;
    let client = client(&server);
    let late = chrono::DateTime::from_timestamp(300_000_000_000, 0).expect("a date");
    let schedule = Schedule::default().with_do_not_run_until(late);
    let job = JobSpecification::new(PoolInformation::default().with_pool_id("render"));
    let weekly = JobScheduleAddParameter::new("weekly", schedule, job);
    let elsewhere = "https://other.example/pools?$skiptoken=secret";
    let own = Request::new(Method::GET, elsewhere.parse().expect("a URL"));
    let errors = vec![
        (
            "a path that leads elsewhere",
            failed(client.job().get("..")).await,
        ),
        (
            "a header that HTTP cannot hold",
            failed(client.job().get("nightly").client_request_id("a\nb")).await,
        ),
        (
            "a condition without a version",
            failed(client.job().delete("nightly").if_match("")).await,
        ),
        (
            "a date that the wire cannot hold",
            failed(client.job_schedule().add(weekly)).await,
        ),
        (
            "a page of another origin",
            failed(client.pool().list().continue_from(elsewhere)).await,
        ),
        (
            "a request to another origin",
            failed(client.execute(own)).await,
        ),
    ];
    assert_eq!(server.connections(), 0, "nothing is sent");
    errors
}

/// Failures without a complete response.
async fn without_an_answer() -> Vec<(&'static str, Error)> {
    let refused = Client::builder(nowhere().await, key()).retry(RetryPolicy::none());
    let refused = refused.build().expect("a client");
    let server = Server::start().await;
    let patient = client(&server);
    let hasty = Client::builder(server.url(), key())
        .retry(RetryPolicy::none())
        .read_timeout(SHORT);
    let hasty = hasty.build().expect("a client");
    server.answer(Answer::Silence);
    let call = failed(patient.job().get("nightly").timeout(SHORT)).await;
    server.answer(Answer::Silence);
    let read = failed(hasty.job().get("nightly")).await;
    server.answer(bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"));
    let file = patient.file().get_from_task("nightly", "1", "out").await;
    let file = file.expect("the head").into_inner().bytes().await;
    vec![
        ("no connection", failed(refused.job().get("nightly")).await),
        (
            "a connection that ends unanswered",
            job_get(bytes("")).await,
        ),
        (
            "a connection that ends in the headers",
            job_get(bytes("HTTP/1.1 200 OK\r\ncontent-")).await,
        ),
        (
            "a connection that ends in the body of a 200",
            job_get(bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")).await,
        ),
        (
            "what is no HTTP",
            job_get(bytes("SSH-2.0-OpenSSH_9.6\r\n")).await,
        ),
        ("the time of the call", call),
        ("a silence on the connection", read),
        (
            "a download that breaks off",
            file.expect_err("the whole content"),
        ),
    ]
}

/// Responses that report an error.
async fn refusals() -> Vec<(&'static str, Error)> {
    let server = Server::start().await;
    server.answer(Response::new(404).header("request-id", REQUEST_ID).into());
    let head = client(&server)
        .file()
        .get_properties_from_task("nightly", "1", "out");
    let head = failed(head).await;
    vec![
        ("400 with JSON", job_get(refusal(400, "InvalidPropertyValue")).await),
        ("401 with JSON", job_get(refusal(401, "AuthenticationFailed")).await),
        ("403 with HTML", job_get(html(403)).await),
        ("404 with JSON", job_get(refusal(404, "JobNotFound")).await),
        ("404 that is empty", job_get(Response::new(404)).await),
        ("404 of a HEAD", head),
        ("409 with JSON", job_get(refusal(409, "JobCompleted")).await),
        ("412 with JSON", job_get(refusal(412, "ConditionNotMet")).await),
        ("304", job_get(Response::new(304)).await),
        (
            "409 with another shape of JSON",
            job_get(Response::json(409, &json!({"status": "Conflict"}))).await,
        ),
        (
            "409 whose body breaks off",
            job_get(bytes(
                "HTTP/1.1 409 Conflict\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"code\":",
            ))
            .await,
        ),
        (
            "a redirect",
            job_get(Response::new(307).header("location", "https://other.example/")).await,
        ),
        ("429 with JSON", job_get(refusal(429, "TooManyRequests")).await),
        ("500 with JSON", job_get(refusal(500, "InternalError")).await),
        ("502 with HTML", job_get(html(502)).await),
        ("503 with JSON", job_get(refusal(503, "ServerBusy")).await),
    ]
}

/// Successful responses that do not match the operation.
async fn bad_successes() -> Vec<(&'static str, Error)> {
    let server = Server::start().await;
    let target = Response::new(307).header("location", "/jobs/nightly");
    server.answer(target.into());
    server.answer(Response::json(200, &json!({"id": "nightly"})).into());
    let follows = reqwest::redirect::Policy::limited(3);
    let http = Client::http_builder().expect("TLS").redirect(follows);
    let foreign = Client::builder(server.url(), key())
        .http_client(http.build().expect("an HTTP client"))
        .retry(RetryPolicy::none());
    let foreign = foreign.build().expect("a client");
    let followed = failed(foreign.job().get("weekly")).await;

    let next = format!("{}/pools?$skiptoken=1", server.url());
    for _ in 0..2 {
        let page = json!({"value": [], "odata.nextLink": next});
        server.answer(Response::json(200, &page).into());
    }
    let endless = failed(client(&server).pool().list().stream().try_collect()).await;
    vec![
        ("200 with HTML", job_get(html(200)).await),
        ("200 that is empty", job_get(Response::new(200)).await),
        (
            "200 with a list",
            job_get(Response::new(200).body("[]")).await,
        ),
        (
            "200 with a value of another type",
            job_get(Response::json(200, &json!({"priority": "high"}))).await,
        ),
        ("a redirect that was followed", followed),
        ("a page that is its own next one", endless),
    ]
}

/// Failures that persisted through all attempts.
async fn attempts() -> Vec<(&'static str, Error)> {
    let policy = RetryPolicy::default()
        .with_attempts(3)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(2));
    let server = Server::start().await;
    let client = Client::builder(server.url(), key()).retry(policy);
    let client = client.build().expect("a client");
    for _ in 0..3 {
        server.answer(refusal(503, "ServerBusy").into());
    }
    let busy = failed(client.job().get("nightly")).await;
    for _ in 0..3 {
        server.answer(bytes(""));
    }
    let lost = failed(client.job().get("nightly")).await;
    server.answer(bytes(""));
    server.answer(refusal(412, "ConditionNotMet").into());
    let changed = failed(client.job().delete("nightly")).await;
    let refused = Client::builder(nowhere().await, key()).retry(policy);
    let refused = refused.build().expect("a client");
    vec![
        ("three times 503", busy),
        ("three times no answer", lost),
        ("no answer, then 412", changed),
        (
            "three times no connection",
            failed(refused.job().get("nightly")).await,
        ),
    ]
}

#[tokio::test]
async fn each_failure_is_identified_by_its_error() {
    let mut failures = before_sending().await;
    failures.extend(without_an_answer().await);
    failures.extend(refusals().await);
    failures.extend(bad_successes().await);
    failures.extend(attempts().await);
    let rows = rows();
    assert_eq!(failures.len(), rows.len(), "each failure has a row");
    let problems: Vec<String> = rows
        .iter()
        .zip(&failures)
        .map(|(expected, (failure, error))| (expected, row(failure, error)))
        .filter(|(expected, got)| *expected != got)
        .map(|(expected, got)| format!("expected: {expected}\n     got: {got}"))
        .collect();
    report(&problems);
}
