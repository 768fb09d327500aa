//! Promise: failures that may pass are retried; nothing is done twice, and nothing that was done is
//! reported as failed.
//!
//! Responses are prepared, so that each failure comes exactly when the test needs it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use batch_client::models::{
    JobAddParameter, PoolInformation, PoolPatchParameter, TaskAddParameter,
};
use batch_client::{Client, Error, RetryPolicy, codes};
use batch_tests::server::{Answer, Request, Response, Server};
use serde_json::{Value, json};

use crate::calls::{KEY, key};

/// Quick enough for a test to go through all attempts.
fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(4))
}

fn client(server: &Server) -> Client {
    let builder = Client::builder(server.url(), key()).retry(quick());
    builder.build().expect("a client")
}

/// Closes the connection without a response.
fn lost() -> Answer {
    Answer::Bytes(Vec::new())
}

fn refusal(status: u16, code: &str) -> Answer {
    Response::json(
        status,
        &json!({"code": code, "message": {"lang": "en-US", "value": "No."}}),
    )
    .into()
}

/// Prepares these responses in order.
async fn server_with(answers: impl IntoIterator<Item = Answer>) -> (Server, Client) {
    let server = Server::start().await;
    for answer in answers {
        server.answer(answer);
    }
    let client = client(&server);
    (server, client)
}

fn methods(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| &*request.method).collect()
}

fn task() -> TaskAddParameter {
    TaskAddParameter::new("frame-1", "echo 1").with_required_slots(2)
}

/// The service's response for the task above.
fn stored(command: &str) -> Answer {
    let task = json!({"id": "Frame-1", "commandLine": command, "requiredSlots": 2, "state": "active", "eTag": "0x8D1"});
    Response::json(200, &task).header("etag", "0x8D1").into()
}

#[tokio::test]
async fn failures_that_may_pass_are_retried() {
    let failures: [fn() -> Answer; 9] = [
        lost,
        || Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec()),
        || refusal(408, "OperationTimedOut"),
        || refusal(429, "TooManyRequests"),
        || refusal(500, "InternalError"),
        || Response::new(502).body("<html></html>").into(),
        || refusal(503, "ServerBusy"),
        || Response::new(504).into(),
        || Answer::Bytes(b"HTTP/1.1 2".to_vec()),
    ];
    for (number, failure) in failures.iter().enumerate() {
        let success = Response::json(200, &json!({"id": "nightly"}));
        let (server, client) = server_with([failure(), failure(), success.into()]).await;
        let job = client.job().get("nightly").await;
        let job = job.unwrap_or_else(|error| panic!("failure {number}: {error:?}"));
        assert_eq!(job.id.as_deref(), Some("nightly"));
        assert_eq!(server.requests().len(), 3, "failure {number}");
    }
}

#[tokio::test]
async fn failures_that_will_not_pass_are_not_retried() {
    for (status, code) in [
        (400, "InvalidPropertyValue"),
        (401, "Unauthorized"),
        (403, "AuthenticationFailed"),
        (404, "JobNotFound"),
        (409, "JobDisabled"),
        (412, "ConditionNotMet"),
        (413, "RequestBodyTooLarge"),
        (501, "NotImplemented"),
    ] {
        let (server, client) = server_with([refusal(status, code)]).await;
        let error = client.job().get("nightly").await.expect_err(code);
        assert_eq!(
            (error.code(), error.attempts(), error.tried_for()),
            (Some(code), 1, None)
        );
        assert!(!error.to_string().contains("attempts"), "{error}");
        assert_eq!(server.requests().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn each_attempt_is_signed_again_under_the_same_request_id() {
    let success = Response::json(200, &json!({}));
    let slow = Response::new(503).header("retry-after", "1");
    let (server, client) = server_with([slow.into(), lost(), success.into()]).await;
    let begun = Instant::now();
    client.job().list().await.expect("a page");
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "Retry-After was ignored"
    );
    let requests = server.requests();
    let all = |name: &str| -> BTreeSet<Option<String>> {
        requests
            .iter()
            .map(|request| request.header(name).map(str::to_owned))
            .collect()
    };
    assert_eq!(requests.len(), 3);
    assert_eq!(all("client-request-id").len(), 1);
    assert!(all("ocp-date").len() > 1, "{:?}", all("ocp-date"));
    assert!(all("authorization").len() > 1);
    for request in &requests {
        request
            .verify(&key(), SystemTime::now())
            .expect("a signature");
    }
}

#[tokio::test]
async fn retry_after_can_be_a_date_and_ends_a_call_that_cannot_wait_that_long() {
    let date = |from_now: i64| {
        let now = chrono::Utc::now();
        let text = |seconds| {
            (now + chrono::TimeDelta::seconds(seconds))
                .format("%a, %d %b %Y %H:%M:%S GMT")
                .to_string()
        };
        Response::new(429)
            .header("date", &text(0))
            .header("retry-after", &text(from_now))
    };
    let (_server, client) =
        server_with([date(2).into(), Response::json(200, &json!({})).into()]).await;
    let begun = Instant::now();
    client.job().list().await.expect("a page");
    assert!(begun.elapsed() >= Duration::from_secs(2));

    for too_long in [date(3600), Response::new(503).header("retry-after", "3600")] {
        let (server, client) = server_with([too_long.into()]).await;
        let begun = Instant::now();
        let error = client.job().list().await.expect_err("throttled");
        assert!(begun.elapsed() < Duration::from_secs(20), "it waited");
        assert_eq!((error.attempts(), server.requests().len()), (1, 1));
    }
}

#[tokio::test]
async fn the_retry_policy_is_set_for_the_client_or_for_a_call() {
    let busy = || refusal(503, "ServerBusy");
    let (server, client) = server_with((0..20).map(|_| busy())).await;
    let error = client.job().get("j").await.expect_err("busy");
    assert_eq!((server.requests().len(), error.attempts()), (6, 6));
    assert!(error.tried_for().is_some(), "{error:?}");
    assert!(error.to_string().contains("(6 attempts in "), "{error}");
    assert!(error.is_throttled(), "{error}");

    let three = quick().with_attempts(3);
    let error = client.job().get("j").retry(three).await.expect_err("busy");
    assert_eq!((server.requests().len(), error.attempts()), (3, 3));
    let error = client
        .job()
        .get("j")
        .retry(RetryPolicy::none())
        .await
        .expect_err("busy");
    assert_eq!((server.requests().len(), error.attempts()), (1, 1));
    let slow = quick()
        .with_base(Duration::from_secs(60))
        .with_total_time(Duration::from_millis(1));
    client.job().get("j").retry(slow).await.expect_err("busy");
    assert!(
        server.requests().len() <= 2,
        "the call waited beyond its total time"
    );
    // Each page of a listing is a separate call.
    let error = client
        .job()
        .list()
        .retry(three)
        .stream()
        .try_next()
        .await
        .expect_err("busy");
    assert_eq!((server.requests().len(), error.attempts()), (3, 3));
}

#[tokio::test]
async fn a_lost_connection_reports_the_number_of_attempts() {
    let (server, client) = server_with((0..4).map(|_| lost())).await;
    let error = client
        .job()
        .get("j")
        .retry(quick().with_attempts(4))
        .await
        .expect_err("lost");
    assert_eq!((server.requests().len(), error.attempts()), (4, 4));
    assert!(error.to_string().contains("(4 attempts in "), "{error}");
}

#[tokio::test]
async fn an_add_that_was_applied_succeeds_if_the_existing_task_is_the_same() {
    let exists = || refusal(409, codes::TASK_EXISTS);
    for unclear in [
        lost(),
        refusal(500, "InternalError"),
        Response::new(504).into(),
    ] {
        let (server, client) = server_with([unclear, exists(), stored("echo 1")]).await;
        let added = client
            .task()
            .add("nightly", task())
            .await
            .expect("it was added");
        assert_eq!(
            (added.status().as_u16(), added.etag()),
            (201, Some("0x8D1"))
        );
        let requests = server.requests();
        assert_eq!(methods(&requests), ["POST", "POST", "GET"]);
        assert!(
            requests[2]
                .target
                .starts_with("/jobs/nightly/tasks/frame-1?api-version="),
            "{}",
            requests[2].target
        );
    }
    // The existing task is a different one.
    let (server, client) = server_with([lost(), exists(), stored("echo 2")]).await;
    let error = client
        .task()
        .add("nightly", task())
        .await
        .expect_err("another task");
    assert_eq!(error.code(), Some(codes::TASK_EXISTS));
    assert_eq!(error.attempts(), 2);
    assert_eq!(server.requests().len(), 3);
    // The task existed before: none of our requests was applied.
    for clear in [None, Some(refusal(429, "TooManyRequests"))] {
        let answers = clear.into_iter().chain([exists()]);
        let (server, client) = server_with(answers).await;
        let error = client
            .task()
            .add("nightly", task())
            .await
            .expect_err("it exists");
        assert_eq!(error.code(), Some(codes::TASK_EXISTS));
        assert!(
            methods(&server.requests())
                .iter()
                .all(|method| *method == "POST")
        );
    }
}

#[tokio::test]
async fn other_adds_are_confirmed_by_reading_the_resource() {
    let pool = json!({"poolId": "render"});
    let stored = Response::json(
        200,
        &json!({"id": "nightly", "poolInfo": pool, "priority": 0}),
    );
    let (server, client) =
        server_with([lost(), refusal(409, codes::JOB_EXISTS), stored.into()]).await;
    let job = JobAddParameter::new("nightly", PoolInformation::default().with_pool_id("render"));
    client.job().add(job).await.expect("it was added");
    let requests = server.requests();
    assert!(
        requests[2].target.starts_with("/jobs/nightly?api-version="),
        "{}",
        requests[2].target
    );
    requests[2]
        .verify(&key(), SystemTime::now())
        .expect("a signature");
}

#[tokio::test]
async fn a_retried_delete_that_finds_nothing_succeeds() {
    for answer in [
        refusal(404, codes::JOB_NOT_FOUND),
        refusal(409, codes::JOB_BEING_DELETED),
        Response::new(202).into(),
    ] {
        let (server, client) = server_with([lost(), answer]).await;
        let deleted = client.job().delete("nightly").await.expect("it is gone");
        assert!(deleted.status().is_success());
        assert_eq!(methods(&server.requests()), ["DELETE", "DELETE"]);
    }
    for (first, code) in [
        (None, codes::JOB_NOT_FOUND),
        (Some(refusal(429, "TooManyRequests")), codes::JOB_NOT_FOUND),
    ] {
        let (_server, client) = server_with(first.into_iter().chain([refusal(404, code)])).await;
        let error = client
            .job()
            .delete("nightly")
            .await
            .expect_err("it never existed");
        assert!(error.is_not_found(), "{error}");
    }
}

#[tokio::test]
async fn a_retried_action_that_was_already_done_succeeds() {
    let (_server, client) = server_with([lost(), refusal(409, codes::JOB_COMPLETED)]).await;
    client
        .job()
        .terminate("nightly")
        .await
        .expect("it is terminated");
    let (_server, client) = server_with([lost(), refusal(409, codes::JOB_DISABLED)]).await;
    let error = client
        .job()
        .terminate("nightly")
        .await
        .expect_err("another state");
    assert!(error.is_conflict(), "{error}");
    // A conditional change cannot distinguish its own first attempt from somebody else's change.
    let (_server, client) = server_with([lost(), refusal(412, "ConditionNotMet")]).await;
    let patch = client
        .pool()
        .patch("render", PoolPatchParameter::default())
        .if_match("0x1");
    assert!(patch.await.expect_err("412").is_precondition_failed());
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_for_the_client() {
    let now = SystemTime::now();
    let theirs = now + Duration::from_secs(3 * 3600);
    let date = chrono::DateTime::<chrono::Utc>::from(theirs)
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let refused = || -> Answer {
        let body =
            json!({"code": "AuthenticationFailed", "message": {"value": "The date is off."}});
        Response::json(403, &body).header("date", &date).into()
    };
    let success = || -> Answer { Response::json(200, &json!({})).into() };
    let (server, client) =
        server_with([refused(), success(), success(), refused(), refused()]).await;
    client.job().get("j").await.expect("the second attempt");
    client
        .clone()
        .job()
        .get("j")
        .await
        .expect("the first attempt");
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    requests[0].verify(&key(), now).expect("by our clock");
    for request in &requests[1..] {
        request
            .verify(&key(), theirs)
            .expect("by the service's clock");
    }
    // The date is right now, so the request was rejected for another reason.
    let error = client.job().get("j").await.expect_err("refused");
    assert!(error.is_auth(), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_wrong_key_is_not_retried_and_the_difference_is_reported() {
    let theirs = "GET\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\nocp-date:Tue, 05 Mar 2024 01:02:03 GMT\\n/acct/jobs/j\\napi-version:2024-02-01.19.0";
    let theirs = theirs.replace("\\n", "\n");
    let refused = |detail: String| -> Answer {
        let date = chrono::Utc::now()
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let values = [json!({"key": "AuthenticationErrorDetail", "value": detail})];
        let body =
            json!({"code": "AuthenticationFailed", "message": {"value": "No."}, "values": values});
        Response::json(403, &body).header("date", &date).into()
    };
    let detail = format!(
        "The MAC signature is not the same. Server used following string to sign: '{theirs}'."
    );
    let (server, client) =
        server_with([refused(detail), refused("No such account.".to_owned())]).await;
    let error = client.job().get("j").await.expect_err("refused");
    assert_eq!(server.requests().len(), 1);
    let difference = error.signature_difference().expect("a difference");
    assert_eq!(difference.name(), "ocp-date");
    let shown = format!("{difference} {difference:?} {error} {error:?}");
    assert!(!shown.contains(&KEY[..20]), "{shown}");
    let error = client.job().get("j").await.expect_err("refused");
    assert_eq!(error.signature_difference(), None);
}

#[tokio::test]
async fn a_dropped_call_is_not_retried() {
    let (server, client) = server_with((0..50).map(|_| refusal(503, "ServerBusy"))).await;
    let patient = RetryPolicy::default()
        .with_attempts(50)
        .with_base(Duration::from_millis(40));
    let call = client.job().get("j").retry(patient);
    let waited = tokio::time::timeout(Duration::from_millis(300), call.into_future()).await;
    assert!(waited.is_err(), "the call ended on its own");
    let sent = server.requests().len();
    assert!((1..50).contains(&sent), "{sent}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        server.requests().len(),
        0,
        "the call continued in the background"
    );
}

#[tokio::test]
async fn a_timeout_limits_all_attempts_together() {
    let (server, client) = server_with([refusal(503, "ServerBusy"), Answer::Silence]).await;
    let begun = Instant::now();
    let call = client.job().get("j").timeout(Duration::from_millis(400));
    let error: Error = call.await.expect_err("silence");
    assert!(error.is_timeout(), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_body_is_sent_again_in_full() {
    let (server, client) = server_with([
        lost(),
        refusal(500, "InternalError"),
        Response::new(201).into(),
    ])
    .await;
    client
        .task()
        .add("nightly", task())
        .await
        .expect("it was added");
    let bodies: BTreeSet<Vec<u8>> = server
        .requests()
        .into_iter()
        .map(|request| request.body)
        .collect();
    let [body] = Vec::from_iter(bodies)
        .try_into()
        .expect("one body, three times");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(
        body,
        json!({"id": "frame-1", "commandLine": "echo 1", "requiredSlots": 2})
    );
}
