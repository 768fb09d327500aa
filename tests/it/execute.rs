//! Promise: a custom request takes the same path as an operation's, and never leaves the account.

use std::time::{Duration, SystemTime};

use batch_client::reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use batch_client::reqwest::{Method, Request};
use batch_client::{API_VERSION, Client, Error, RetryPolicy, SharedKey};
use batch_emulator::{AnswerFault, Config, Fault, FaultKind};
use batch_tests::server::{Answer, Response, Server};
use serde_json::{Value, json};

use crate::calls::{KEY, client, key};

fn request(method: Method, base: &str, target: &str) -> Request {
    Request::new(method, format!("{base}{target}").parse().expect("a URL"))
}

fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .with_attempts(3)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(4))
}

/// A server with these responses, and a client for it that retries.
async fn answering(answers: impl IntoIterator<Item = Answer>) -> (Server, Client) {
    let server = Server::start().await;
    for answer in answers {
        server.answer(answer);
    }
    let client = Client::builder(server.url(), key()).retry(quick()).build();
    (server, client.expect("a client"))
}

fn lost() -> Answer {
    Answer::Bytes(Vec::new())
}

fn busy() -> Answer {
    Response::json(503, &json!({"code": "ServerBusy"})).into()
}

fn throttled() -> Answer {
    Response::json(429, &json!({"code": "TooManyRequests"})).into()
}

fn good() -> Answer {
    Response::json(200, &json!({"id": "nightly"})).into()
}

#[tokio::test]
async fn the_emulator_accepts_custom_requests() -> Result<(), Error> {
    let emulator = batch_emulator::start(Config::default()).await.expect("one");
    let key = SharedKey::new(emulator.account(), emulator.key())?;
    let client = Client::builder(emulator.endpoint(), key)
        .retry(quick())
        .build()?;
    let version = format!("api-version={API_VERSION}");
    let to = |method, path: &str| request(method, client.endpoint(), &format!("{path}?{version}"));

    let mut add = to(Method::POST, "/jobs");
    let body = json!({"id": "nightly", "poolInfo": {"poolId": "render"}});
    *add.body_mut() = Some(body.to_string().into());
    let added = client.execute(add).await?;
    assert_eq!(added.status(), 201);
    assert!(added.headers().contains_key("etag"));
    assert!(added.bytes().await?.is_empty());

    emulator
        .set_faults([Fault::new(FaultKind::Answer(AnswerFault::new(503))).most(2)])
        .expect("a rule");
    let job = client.execute(to(Method::GET, "/jobs/nightly")).await?;
    assert_eq!(job.status(), 200);
    let job: Value = job.json().await?;
    assert_eq!(job["id"], "nightly");

    let streamed = client
        .execute_streamed(to(Method::GET, "/jobs/nightly"))
        .await?;
    let content = streamed.into_stream().bytes().await?;
    let content: Value = serde_json::from_slice(&content).expect("JSON");
    assert_eq!(content["id"], "nightly");

    // Without a body, so the length is 0.
    let ended = to(Method::POST, "/jobs/nightly/terminate");
    assert_eq!(client.execute(ended).await?.status(), 202);
    let gone = client.execute(to(Method::HEAD, "/pools/render")).await;
    let gone = gone.expect_err("no pool");
    assert!(gone.is_not_found(), "{gone}");
    assert_eq!(gone.operation(), Some("execute"));
    let refused = client.execute(to(Method::DELETE, "/jobs/weekly")).await;
    assert_eq!(refused.expect_err("no job").code(), Some("JobNotFound"));
    Ok(())
}

#[tokio::test]
async fn missing_headers_are_set_and_the_url_is_unchanged() {
    let (server, client) = answering([good()]).await;
    let mut post = request(Method::POST, &server.url(), "/any/path?x=1&$y=a%20b");
    *post.body_mut() = Some("{}".into());
    client.execute(post).await.expect("an answer");
    let came = server.request().expect("one request");
    assert_eq!(came.target, "/any/path?x=1&$y=a%20b");
    assert_eq!(came.header("accept"), Some("application/json"));
    assert_eq!(came.header("content-length"), Some("2"));
    assert_eq!(
        came.header("content-type"),
        Some("application/json; odata=minimalmetadata")
    );
    let agent = came.header("user-agent").unwrap_or_default();
    assert!(agent.starts_with("batch-client/"), "{agent}");
    assert_eq!(came.header("client-request-id").map(str::len), Some(36));
    came.verify(&key(), SystemTime::now()).expect("signed");
}

#[tokio::test]
async fn only_signature_and_date_override_what_the_caller_set() {
    let (server, client) = answering([good()]).await;
    let mut put = request(Method::PUT, &server.url(), "/jobs/nightly");
    *put.body_mut() = Some("<x/>".into());
    let headers = put.headers_mut();
    for (name, value) in [
        (ACCEPT, "application/xml"),
        (CONTENT_TYPE, "application/xml"),
        (AUTHORIZATION, "Basic b2xk"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("user-agent", "mine/1"),
        ("client-request-id", "my-id"),
        ("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT"),
        ("x-mine", "yes"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    client.execute(put).await.expect("an answer");
    let came = server.request().expect("one request");
    assert_eq!(came.header("accept"), Some("application/xml"));
    assert_eq!(came.header("content-type"), Some("application/xml"));
    assert_eq!(came.header("user-agent"), Some("mine/1"));
    assert_eq!(came.header("client-request-id"), Some("my-id"));
    assert_eq!(came.header("x-mine"), Some("yes"));
    assert_eq!(came.body, b"<x/>");
    // Would also fail for the old date.
    came.verify(&key(), SystemTime::now()).expect("signed");
}

#[tokio::test]
async fn another_origin_is_refused_before_anything_is_sent() {
    let (server, client) = answering([good()]).await;
    let other = Server::start().await;
    let port = server.url().replace("http://127.0.0.1:", "");
    for base in [
        other.url(),
        format!("https://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("http://user:pass@127.0.0.1:{port}"),
        format!("http://127.0.0.1.evil.example:{port}"),
    ] {
        for streamed in [false, true] {
            let request = request(Method::GET, &base, "/jobs?sig=secret");
            let refused = if streamed {
                client.execute_streamed(request).await
            } else {
                client.execute(request).await
            };
            let error = refused.expect_err(&base);
            assert!(error.is_invalid_request(), "{base}: {error:?}");
            assert_eq!(error.operation(), Some("execute"));
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("cannot send the request to"), "{shown}");
            assert!(shown.contains(&server.url()), "{shown}");
            for secret in ["secret", "pass", &KEY[..20]] {
                assert!(!shown.contains(secret), "{secret} is shown in: {shown}");
            }
        }
    }
    assert_eq!(server.connections() + other.connections(), 0);
}

#[tokio::test]
async fn reads_are_retried_like_operations_that_read() {
    for method in [Method::GET, Method::HEAD] {
        let (server, client) = answering([busy(), lost(), good()]).await;
        let answer = client
            .execute(request(method.clone(), &server.url(), "/jobs/nightly"))
            .await;
        assert_eq!(answer.expect("the third attempt").status(), 200);
        let requests = server.requests();
        assert_eq!(requests.len(), 3, "{method}");
        for request in &requests {
            request.verify(&key(), SystemTime::now()).expect("signed");
            let id = request.header("client-request-id");
            assert_eq!(id, requests[0].header("client-request-id"));
        }
    }
}

#[tokio::test]
async fn a_request_that_may_have_been_applied_is_not_retried() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for (answer, status) in [
            (lost(), None),
            (busy(), Some(503)),
            (Response::new(500).into(), Some(500)),
            (Response::new(504).into(), Some(504)),
        ] {
            let (server, client) = answering([answer, good()]).await;
            let request = request(method.clone(), &server.url(), "/jobs/nightly");
            let error = client.execute(request).await.expect_err("the first answer");
            let got = error.status().map(|status| status.as_u16());
            assert_eq!(got, status, "{method}: {error}");
            assert_eq!(error.attempts(), 1, "{method}: {error}");
            assert_eq!(server.requests().len(), 1, "{method} {status:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_certainly_not_applied_is_retried() {
    let (server, client) = answering([throttled(), throttled(), good()]).await;
    let mut post = request(Method::POST, &server.url(), "/jobs");
    *post.body_mut() = Some("{\"id\":\"nightly\"}".into());
    client.execute(post).await.expect("the third attempt");
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|r| r.body == b"{\"id\":\"nightly\"}"));

    // Nothing listens there any more.
    let url = server.url();
    drop((server, client));
    tokio::task::yield_now().await;
    let client = Client::builder(&url, key()).retry(quick()).build();
    let client = client.expect("a client");
    let refused = client.execute(request(Method::POST, &url, "/jobs")).await;
    let refused = refused.expect_err("no connection");
    assert!(refused.is_connect(), "{refused:?}");
    assert_eq!(refused.attempts(), 3);
}

#[tokio::test]
async fn a_truncated_body_is_retried_unless_it_is_streamed() {
    let broken =
        || Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec());
    let (server, client) = answering([broken(), good(), broken()]).await;
    let get = || request(Method::GET, &server.url(), "/jobs/nightly");
    let whole = client.execute(get()).await.expect("the second attempt");
    assert_eq!(whole.bytes().await.expect("read"), "{\"id\":\"nightly\"}");
    assert_eq!(server.requests().len(), 2);

    let streamed = client.execute_streamed(get()).await.expect("the head");
    let error = streamed.bytes().await.expect_err("a truncated body");
    assert_eq!(error.status(), None, "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn timeouts_apply_from_the_client_and_from_the_request() {
    let server = Server::start().await;
    let short = Duration::from_millis(100);
    let builder = Client::builder(server.url(), key()).retry(RetryPolicy::none());
    let bounded = builder.timeout(short).build().expect("a client");
    server.answer(Answer::Silence);
    let get = request(Method::GET, &server.url(), "/jobs");
    let error = bounded.execute(get).await.expect_err("the client's time");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.operation(), Some("execute"));

    server.answer(Answer::Silence);
    let mut get = request(Method::GET, &server.url(), "/jobs");
    *get.timeout_mut() = Some(short);
    let error = client(&server)
        .execute(get)
        .await
        .expect_err("its own time");
    assert!(error.is_timeout(), "{error:?}");
}
