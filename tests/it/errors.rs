//! Promise: an error says what went wrong, preserves what was received, and shows no secret.
//!
//! Ordinary errors come from the emulator, in `service/errors.rs` and its neighbors. The responses
//! here are ones that the emulator never sends: HTML from proxies, broken JSON, statuses for
//! overload and failure, secrets, silence and broken connections.

use std::time::{Duration, Instant};

use batch_client::{BearerToken, Client, Credential, Error, RetryPolicy};
use batch_tests::server::{Answer, Response, Server};
use serde_json::{Value, json};

use crate::calls::{ACCOUNT, KEY, client, key};

const REQUEST_ID: &str = "721f50ac-be19-43b6-8ec9-985bc931ce25";

/// Long enough for a local call, short enough for a test.
const SHORT: Duration = Duration::from_millis(200);

/// Error that `Job_Get` returns for this response.
async fn error(answer: impl Into<Answer>) -> Error {
    let server = Server::start().await;
    server.answer(answer.into());
    let answered = client(&server).job().get("nightly").await;
    let error = answered.expect_err("Job_Get should fail");
    assert_eq!(server.requests().len(), 1, "requests for: {error}");
    assert_eq!(error.operation(), Some("Job_Get"));
    error
}

/// An error in the service's format.
fn refusal(status: u16, code: &str) -> Response {
    let body = json!({
        "odata.metadata": "https://acct.westeurope.batch.azure.com/$metadata#errors/@Element",
        "code": code,
        "message": {"lang": "en-US", "value": format!("The value is invalid.\nRequestId:{REQUEST_ID}\nTime:2024-03-05T01:02:03.4567890Z")},
        "values": [
            {"key": "PropertyName", "value": "vmSize"},
            {"key": "PropertyValue", "value": "huge"},
        ],
    });
    Response::json(status, &body).header("request-id", REQUEST_ID)
}

fn status(error: &Error) -> Option<u16> {
    error.status().map(|status| status.as_u16())
}

#[tokio::test]
async fn a_chunked_error_is_read_completely() {
    let error = error(refusal(400, "InvalidPropertyValue").chunked()).await;
    assert_eq!(status(&error), Some(400));
    assert_eq!(error.code(), Some("InvalidPropertyValue"));
    let message = error.message().expect("a message");
    assert!(
        message.starts_with("The value is invalid.\nRequestId:"),
        "{message:?}"
    );
    let details = error.details().iter();
    let details: Vec<_> = details
        .map(|d| (d.key.as_deref(), d.value.as_deref()))
        .collect();
    let expected = [("PropertyName", "vmSize"), ("PropertyValue", "huge")];
    assert_eq!(
        details,
        expected.map(|(key, value)| (Some(key), Some(value)))
    );
    assert_eq!(error.request_id(), Some(REQUEST_ID));
}

/// Names of the predicates that are true for an error.
pub(crate) fn predicates(error: &Error) -> Vec<&'static str> {
    type Predicate = fn(&Error) -> bool;
    let predicates: [(&str, Predicate); 11] = [
        ("is_not_found", Error::is_not_found),
        ("is_conflict", Error::is_conflict),
        ("is_precondition_failed", Error::is_precondition_failed),
        ("is_not_modified", Error::is_not_modified),
        ("is_throttled", Error::is_throttled),
        ("is_auth", Error::is_auth),
        ("is_server_error", Error::is_server_error),
        ("is_timeout", Error::is_timeout),
        ("is_connect", Error::is_connect),
        ("is_invalid_request", Error::is_invalid_request),
        ("is_invalid_response", Error::is_invalid_response),
    ];
    let is_true = predicates.iter().filter(|(_, predicate)| predicate(error));
    is_true.map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn each_predicate_is_true_only_for_its_own_errors() {
    let answers: [(u16, &str, &[&str]); 5] = [
        (401, "Unauthorized", &["is_auth"]),
        (429, "TooManyRequests", &["is_throttled"]),
        (500, "InternalError", &["is_server_error"]),
        (503, "ServerBusy", &["is_throttled", "is_server_error"]),
        (503, "OperationTimedOut", &["is_server_error"]),
    ];
    for (status, code, expected) in answers {
        let error = error(refusal(status, code)).await;
        assert_eq!(predicates(&error), expected, "{status} {code}");
    }
}

#[tokio::test]
async fn errors_from_proxies_preserve_what_was_received() {
    let html = "<html><body>502 Bad Gateway</body></html>";
    let html_answer = Response::new(502)
        .header("content-type", "text/html")
        .body(html);
    for (answer, expected, body) in [
        (html_answer, 502, html),
        (Response::new(503), 503, ""),
        (
            Response::new(504)
                .header("content-type", "application/json")
                .body("{\"code"),
            504,
            "{\"code",
        ),
        (
            Response::new(500)
                .header("content-type", "application/json")
                .body("null"),
            500,
            "null",
        ),
        (
            Response::new(407)
                .header("content-type", "application/json")
                .body("[1]"),
            407,
            "[1]",
        ),
    ] {
        let error = error(
            answer
                .header("request-id", REQUEST_ID)
                .header("via", "a proxy"),
        )
        .await;
        assert_eq!(status(&error), Some(expected));
        assert_eq!(error.body(), Some(body.as_bytes()), "{error}");
        assert_eq!((error.code(), error.message()), (None, None), "{error}");
        assert!(error.details().is_empty(), "{error}");
        assert_eq!(error.request_id(), Some(REQUEST_ID), "{error}");
        let headers = error.headers().expect("headers");
        assert_eq!(
            headers.get("via").and_then(|v| v.to_str().ok()),
            Some("a proxy")
        );
        assert_eq!(error.is_server_error(), expected >= 500, "{error}");
        assert!(
            !error.is_throttled(),
            "throttling needs the service's own code: {error}"
        );
        let shown = error.to_string();
        for part in ["Job_Get", &expected.to_string(), REQUEST_ID] {
            assert!(shown.contains(part), "{part} is missing in: {shown}");
        }
        let begins = body.get(..5).unwrap_or(body);
        assert!(
            shown.contains(format!("{begins:?}").trim_matches('"')),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn json_of_another_shape_is_not_a_service_error() {
    for body in [
        json!({"Message": "no"}),
        json!({"errors": ["no"]}),
        json!({"code": null, "message": null}),
        json!({}),
    ] {
        let error = error(Response::json(403, &body)).await;
        assert_eq!(status(&error), Some(403), "{body}");
        assert_eq!(error.code(), None, "{body}");
        assert!(error.is_auth(), "{body}");
        let preserved: Value =
            serde_json::from_slice(error.body().unwrap_or_default()).expect("JSON");
        assert_eq!(preserved, body);
    }
}

#[tokio::test]
async fn credentials_in_urls_are_not_shown() {
    let url =
        "https://a.blob.core.windows.net/c?sv=2023-11-03&se=2030-01-01&sig=c2VjcmV0LXNpZw%3D%3D";
    let body = json!({
        "code": "InvalidPropertyValue",
        "message": {"lang": "en-US", "value": format!("The URL {url} cannot be read.")},
        "values": [{"key": "PropertyValue", "value": url}],
    });
    let error = error(Response::json(400, &body)).await;
    let detail = error.details().first().and_then(|d| d.value.as_deref());
    assert_eq!(detail, Some(url), "the accessor returns it unchanged");
    for shown in [
        error.to_string(),
        format!("{error:?}"),
        format!("{error:#?}"),
    ] {
        for secret in ["c2VjcmV0LXNpZw", "sig="] {
            assert!(!shown.contains(secret), "{secret} is shown in: {shown}");
        }
        assert!(
            shown.contains("a.blob.core.windows.net"),
            "the host is missing in: {shown}"
        );
    }
}

#[tokio::test]
async fn a_successful_response_that_cannot_be_read_keeps_status_and_headers() {
    for body in [
        "{\"id\":\"nightly\",\"sta",
        "",
        "<html></html>",
        "null",
        "{\"priority\":\"high\"}",
    ] {
        let answer = Response::new(200)
            .header("request-id", REQUEST_ID)
            .header("etag", "0x8DC5FDDC7FFC487")
            .body(body);
        let error = error(answer).await;
        assert!(error.is_invalid_response(), "{body:?}: {error}");
        assert_eq!(status(&error), Some(200), "{body:?}: {error}");
        assert_eq!(error.body(), Some(body.as_bytes()), "{error}");
        assert_eq!(error.request_id(), Some(REQUEST_ID), "{body:?}");
        let headers = error.headers().expect("headers");
        assert_eq!(
            headers.get("etag").and_then(|v| v.to_str().ok()),
            Some("0x8DC5FDDC7FFC487")
        );
        assert_eq!(error.code(), None, "{body:?}");
        assert!(error.to_string().contains(REQUEST_ID), "{error}");
    }
}

/// serde would read a list as a model's fields in order.
#[tokio::test]
async fn a_list_is_not_read_as_a_model() {
    for body in ["[]", "[\"nightly\", \"Nightly\"]"] {
        let error = error(Response::new(200).body(body)).await;
        assert!(error.is_invalid_response(), "{body}: {error}");
        assert_eq!(status(&error), Some(200), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_failed_connection_is_distinguished_from_a_broken_one() {
    // Nothing listens on a port that has just been released.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let refused = Client::builder(url, key()).retry(RetryPolicy::none());
    let refused = refused.build().expect("a client");
    let refused = refused.job().get("nightly").await.expect_err("no server");
    assert!(refused.is_connect(), "{refused}");
    assert!(!refused.is_timeout(), "{refused}");
    assert_eq!(
        (refused.operation(), refused.status()),
        (Some("Job_Get"), None)
    );

    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec();
    for (what, bytes) in [
        ("before the response", Vec::new()),
        ("in the status line", b"HTTP/1.1 2".to_vec()),
        ("in the headers", b"HTTP/1.1 200 OK\r\ncontent-".to_vec()),
        ("in the body", head),
    ] {
        let broken = error(Answer::Bytes(bytes)).await;
        let wrong = broken.is_connect() || broken.is_timeout() || broken.is_invalid_request();
        assert!(!wrong, "closed {what}: {broken:?}");
        assert_eq!(broken.code(), None, "closed {what}: {broken}");
        assert!(
            std::error::Error::source(&broken).is_some(),
            "closed {what}: {broken:?}"
        );
    }
}

#[tokio::test]
async fn timeouts_apply_to_the_client_the_call_and_each_read() {
    let server = Server::start().await;
    let builder = || Client::builder(server.url(), key()).retry(RetryPolicy::none());
    let unbounded = builder().build().expect("a client");
    let bounded = builder().timeout(SHORT).build().expect("a client");
    let reading = builder().read_timeout(SHORT).build().expect("a client");
    let start = Instant::now();
    for (what, call) in [
        ("the call", unbounded.job().get("nightly").timeout(SHORT)),
        ("the client", bounded.job().get("nightly")),
        ("the reading", reading.job().get("nightly")),
        // A call's own timeout takes precedence.
        (
            "the call of a bounded client",
            bounded.job().get("nightly").timeout(SHORT / 2),
        ),
    ] {
        server.answer(Answer::Silence);
        let error = call.await.expect_err(what);
        assert!(error.is_timeout(), "{what}: {error:?}");
        assert!(!error.is_connect(), "{what}: {error:?}");
        assert_eq!(
            (error.operation(), error.status()),
            (Some("Job_Get"), None),
            "{what}"
        );
    }
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "the timeouts were ignored"
    );
    assert_eq!(server.requests().len(), 4, "each call was sent once");
}

#[tokio::test]
async fn a_timeout_applies_to_each_page_of_a_listing() {
    let server = Server::start().await;
    let next = format!("{}/pools?api-version=1&$skiptoken=2", server.url());
    server.answer(Response::json(200, &json!({"value": [{}], "odata.nextLink": next})).into());
    server.answer(Answer::Silence);
    let mut pools = client(&server).pool().list().timeout(SHORT).stream();
    assert!(pools.try_next().await.expect("the first page").is_some());
    let error = pools.try_next().await.expect_err("the second page");
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn keys_are_never_shown() {
    let server = Server::start().await;
    let client = client(&server);
    let token = "eyJ0eXAiOiJKV1QifQ.bm90LXJlYWw";
    let bearer = BearerToken::new(token).expect("a token");
    server.answer(refusal(403, "AuthenticationFailed").into());
    let refused = client.job().get("nightly").await.expect_err("refused");
    let request = server.request().expect("one request");
    let authorization = request
        .header("authorization")
        .expect("an authorization")
        .to_owned();
    server.answer(Answer::Bytes(Vec::new()));
    let broken = client.job().get("nightly").await.expect_err("broken");
    let malformed =
        batch_client::SharedKey::new(ACCOUNT, format!("{KEY}!")).expect_err("no base64");

    let mut shown = vec![
        format!("{:?} {:#?}", client, client.clone()),
        format!("{:?}", Client::builder(server.url(), key())),
        format!("{:?} {:#?}", key(), key()),
        format!("{:?}", Credential::from(key())),
        format!("{:?} {:?}", bearer, Credential::from(bearer.clone())),
        format!("{:?}", client.job().get("nightly")),
        format!("{:?}", client.job().list().stream()),
        format!("{malformed} {malformed:?}"),
        format!("{0} {0:?}", Error::from(malformed)),
    ];
    for error in [&refused, &broken] {
        let source = std::error::Error::source(error).map(ToString::to_string);
        shown.push(format!("{error} {error:?} {error:#?} {source:?}"));
    }
    let (_, signature) = authorization
        .split_once(':')
        .expect("account and signature");
    // Also as a list of bytes, which a derived Debug of the decoded key would print.
    let bytes = "116, 104, 105, 115";
    for text in shown {
        for secret in [
            &KEY[..20],
            &KEY[60..],
            "this is no real key",
            bytes,
            token,
            signature,
        ] {
            assert!(!text.contains(secret), "a secret is shown in: {text}");
        }
    }
}

#[tokio::test]
async fn requests_do_not_show_secrets_in_their_bodies() {
    use batch_client::models::{ComputeNodeUser, ContainerRegistry};

    let user = ComputeNodeUser::new("ada").with_password("pass-word");
    let registry = ContainerRegistry::default()
        .with_user_name("ada")
        .with_password("pass-word");
    let client = Client::new("https://acct.region.batch.azure.com", key()).expect("a client");
    let call = format!(
        "{:?}",
        client.compute_node().add_user("p", "n", user.clone())
    );
    for text in [format!("{user:?}"), format!("{registry:?}"), call] {
        assert!(text.contains("ada"), "{text}");
        assert!(!text.contains("pass-word"), "{text}");
    }
}
