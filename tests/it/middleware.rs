//! Promise: batch-auth's middleware signs the requests of any `reqwest-middleware` client, but only
//! those for its own account.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use batch_auth::{Error, SharedKey, SharedKeyMiddleware};
use batch_emulator::{Config, Emulator};
use batch_tests::proxy::{Fault, Proxy};
use batch_tests::server::{Response as Prepared, Server};
use futures_util::stream;
use http::Extensions;
use reqwest::redirect::Policy;
use reqwest::{Body, Method, Request, Response, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, RequestBuilder};
use serde_json::{Value, json};

use crate::calls::{ACCOUNT, key};

const API_VERSION: (&str, &str) = ("api-version", "2024-02-01.19.0");
const JSON: &str = "application/json; odata=minimalmetadata";

/// A hand-written client that knows paths and JSON, but nothing about signatures.
struct HandWritten {
    http: ClientWithMiddleware,
    endpoint: String,
}

impl HandWritten {
    fn new(http: ClientWithMiddleware, endpoint: &str) -> Self {
        let endpoint = endpoint.to_owned();
        Self { http, endpoint }
    }

    /// `path` is a list of segments, which are encoded here.
    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url: reqwest::Url = self.endpoint.parse().expect("a URL");
        url.path_segments_mut().expect("a base").extend(path);
        url.query_pairs_mut()
            .append_pair(API_VERSION.0, API_VERSION.1);
        url.query_pairs_mut().extend_pairs(query);
        self.http.request(method, url)
    }

    async fn send(&self, method: Method, path: &[&str]) -> (StatusCode, Value) {
        answer(self.request(method, path, &[])).await
    }
}

fn with_body(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", JSON).body(body.to_string())
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.expect("a response");
    let status = response.status();
    let body = response.text().await.expect("a body");
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// Retries once after a 503, when the clock has reached the next second.
struct RetryOnce;

#[async_trait]
impl Middleware for RetryOnce {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let again = request.try_clone().expect("a body in memory");
        let response = next.clone().run(request, extensions).await?;
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            return Ok(response);
        }
        tokio::time::sleep(Duration::from_millis(1100)).await;
        next.run(again, extensions).await
    }
}

/// A plain client. Other packages in the workspace turn TLS on, so it has to be set up here.
fn plain() -> reqwest::ClientBuilder {
    batch_client::Client::http_builder().expect("TLS")
}

fn wrapped(key: SharedKey, endpoint: &str) -> ClientWithMiddleware {
    ClientBuilder::new(plain().build().expect("a client"))
        .with(RetryOnce)
        .with(SharedKeyMiddleware::new(key, endpoint).expect("an endpoint"))
        .build()
}

/// Starts an emulator behind a proxy that records requests, and a client for it.
async fn start() -> (Emulator, Proxy, HandWritten) {
    let emulator = batch_emulator::start(Config::default());
    let emulator = emulator.await.expect("a service");
    let proxy = Proxy::start(emulator.endpoint()).await;
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let client = HandWritten::new(wrapped(key, &proxy.url()), &proxy.url());
    (emulator, proxy, client)
}

/// `Content-Length` of the only request received since the last call.
fn length(proxy: &Proxy) -> Option<String> {
    let mut requests = proxy.requests();
    assert_eq!(requests.len(), 1);
    let request = requests.pop()?;
    request.header("content-length").map(str::to_owned)
}

#[tokio::test]
async fn a_hand_written_client_can_add_list_change_and_delete() {
    let (_emulator, proxy, client) = start().await;

    let job = json!({
        "id": "job-1",
        "displayName": "Überführung 日本 😀",
        "poolInfo": {"poolId": "pool-1"},
    });
    let add = with_body(client.request(Method::POST, &["jobs"], &[]), &job);
    assert_eq!(answer(add).await.0, StatusCode::CREATED);
    assert_eq!(length(&proxy), Some(job.to_string().len().to_string()));

    let query = [
        ("$filter", "state eq 'active' and id eq 'job-1'"),
        ("$select", "id,displayName"),
        ("maxresults", "10"),
    ];
    let (status, listed) = answer(client.request(Method::GET, &["jobs"], &query)).await;
    assert_eq!(status, StatusCode::OK, "{listed}");
    assert_eq!(listed["value"][0]["displayName"], job["displayName"]);
    assert_eq!(length(&proxy), None);

    let disable = json!({"disableTasks": "terminate"});
    let disable_request = client.request(Method::POST, &["jobs", "job-1", "disable"], &[]);
    let (status, why) = answer(with_body(disable_request, &disable)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{why}");
    proxy.requests();

    let (status, why) = client
        .send(Method::POST, &["jobs", "job-1", "enable"])
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{why}");
    assert_eq!(length(&proxy).as_deref(), Some("0"), "an empty POST");

    let patch = client.request(Method::PATCH, &["jobs", "job-1"], &[]);
    let patch = with_body(patch, &json!({"priority": 7})).header("If-Match", "*");
    let (status, why) = answer(patch).await;
    assert_eq!(status, StatusCode::OK, "{why}");
    proxy.requests();

    let (status, why) = client.send(Method::DELETE, &["jobs", "job-1"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{why}");
    assert_eq!(length(&proxy).as_deref(), Some("0"), "an empty DELETE");
}

#[tokio::test]
async fn ids_with_any_character_are_signed_as_sent() {
    let (emulator, _proxy, client) = start().await;
    for id in ["jöb", "日本 😀", "a b+c%2Fd&e=f?g#h", "it's;(x)", "~.-_"] {
        let task = ["jobs", id, "tasks", id];
        for (method, path) in [(Method::GET, &task[..2]), (Method::DELETE, &task[..])] {
            let (status, body) = client.send(method, path).await;
            // The job does not exist. A signature over any other path would result in a 403.
            assert!(
                matches!(status.as_u16(), 400 | 404),
                "{id}: {status} {body}"
            );
        }
    }
    assert_eq!(emulator.requests().len(), 10);
}

#[tokio::test]
async fn each_attempt_gets_a_new_date_and_signature() {
    let (_emulator, proxy, client) = start().await;
    let mut answers = 0;
    proxy.rule(move |_| {
        answers += 1;
        (answers == 1).then(|| Fault::Answer(Prepared::new(503)))
    });
    let job = json!({"id": "job-1", "poolInfo": {"poolId": "pool-1"}});
    let add = with_body(client.request(Method::POST, &["jobs"], &[]), &job);
    assert_eq!(answer(add).await.0, StatusCode::CREATED);

    let requests = proxy.requests();
    let [first, second] = &requests[..] else {
        panic!("{} requests were sent", requests.len());
    };
    for header in ["ocp-date", "authorization"] {
        let both = [first, second].map(|request| request.header(header));
        assert!(both[0].is_some() && both[1].is_some(), "{header}: {both:?}");
        assert_ne!(both[0], both[1], "{header}");
    }
}

#[tokio::test]
async fn requests_to_other_hosts_are_neither_signed_nor_sent() {
    let (account, other) = (Server::start().await, Server::start().await);
    let http = wrapped(key(), &account.url());
    let client = HandWritten::new(http, &other.url());
    let sent = client.request(Method::GET, &["jobs"], &[]).send().await;

    let reqwest_middleware::Error::Middleware(error) = sent.expect_err("another host") else {
        panic!("expected an error from the middleware");
    };
    let error: &Error = error.downcast_ref().expect("an error of batch-auth");
    assert!(error.is_other_origin(), "{error}");
    let shown = error.to_string();
    assert!(
        shown.contains(&other.url()) && shown.contains(&account.url()),
        "{shown}"
    );
    assert_eq!(other.connections() + account.connections(), 0);
}

#[tokio::test]
async fn a_redirect_carries_no_signature_to_another_host() {
    let (account, other) = (Server::start().await, Server::start().await);
    let location = format!("{}/jobs", other.url());
    account.answer(Prepared::new(307).header("location", &location).into());
    other.answer(Prepared::json(200, &json!({})).into());
    // reqwest follows redirects by default; the docs advise against it.
    let follows = plain().redirect(Policy::default()).build();
    let http = ClientBuilder::new(follows.expect("a client"))
        .with(SharedKeyMiddleware::new(key(), account.url()).expect("an endpoint"))
        .build();
    let client = HandWritten::new(http, &account.url());
    assert_eq!(client.send(Method::GET, &["jobs"]).await.0, StatusCode::OK);

    let signed = account.request().expect("a request");
    signed
        .verify(&key(), SystemTime::now())
        .expect("a signature");
    let followed = other.request().expect("a request");
    assert_eq!(followed.header("authorization"), None);
    assert!(!format!("{followed:?}").contains(ACCOUNT), "{followed:?}");
}

#[tokio::test]
async fn a_stream_is_sent_with_its_declared_length() {
    let server = Server::start().await;
    // Without retries, because a stream cannot be sent twice.
    let middleware = SharedKeyMiddleware::new(key(), server.url()).expect("an endpoint");
    let http = plain().build().expect("a client");
    let http = ClientBuilder::new(http).with(middleware).build();
    let client = HandWritten::new(http, &server.url());
    let stream = || Body::wrap_stream(stream::iter([Ok::<_, std::io::Error>("{\"a\":"), Ok("1}")]));

    let unknown = client.request(Method::POST, &["jobs"], &[]).body(stream());
    let error = unknown
        .send()
        .await
        .expect_err("an unknown length")
        .to_string();
    let expected = "cannot sign request: the length of its body is unknown; set `Content-Length`";
    assert!(error.starts_with(expected), "{error}");
    assert_eq!(server.connections(), 0);

    server.answer(Prepared::new(201).into());
    let stated = client.request(Method::POST, &["jobs"], &[]).body(stream());
    let (status, _) = answer(stated.header("content-length", "7")).await;
    assert_eq!(status, StatusCode::CREATED);
    let request = server.request().expect("a request");
    assert_eq!(request.body, b"{\"a\":1}");
    assert_eq!(request.header("content-length"), Some("7"));
    assert_eq!(request.header("transfer-encoding"), None);
    request
        .verify(&key(), SystemTime::now())
        .expect("a signature");
}
