//! Promise: spans and metrics show what happens, and contain no secret.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use batch_client::models::{ComputeNodeUser, ResourceFile, TaskAddParameter};
use batch_client::{Client, RetryPolicy, SharedKey};
use batch_tests::server::{Answer, Response, Server};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

const KEY: &str =
    "dGhpcyBpcyBubyByZWFsIGtleSBidXQgaGFzIHRoZSBsZW5ndGggb2Ygb25lLCBzaXh0eS1mb3VyIGJ5dGVzIQ==";
const SAS: &str = "https://a.blob.core.windows.net/c?sv=2023&sig=c2VjcmV0LXNpZw%3D%3D";

/// Runs one test at a time: tracing caches for the whole process which spans are disabled.
static ALONE: Mutex<()> = Mutex::new(());

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Runs calls and returns the log, including spans and their fields at the time they close.
fn logged(calls: impl Future<Output = ()>) -> String {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(calls);
    });
    let bytes = log.0.lock().expect("a lock").clone();
    String::from_utf8(bytes).expect("text")
}

fn client(server: &Server) -> Client {
    let quick = RetryPolicy::default()
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(2));
    let key = SharedKey::new("acct", KEY).expect("a key");
    Client::builder(server.url(), key)
        .retry(quick)
        .build()
        .expect("a client")
}

fn answer(status: u16, id: &str) -> Answer {
    Response::json(status, &json!({"code": "ServerBusy"}))
        .header("request-id", id)
        .into()
}

#[test]
fn an_endpoint_of_another_account_is_warned_of() {
    let built = |endpoint: &str| {
        logged(async {
            let key = SharedKey::new("acct", KEY).expect("a key");
            Client::new(endpoint, key).expect("a client");
        })
    };
    let log = built("https://other.westeurope.batch.azure.com");
    let warning = "the endpoint and the key are of different accounts; the service will reject the \
                   key endpoint=\"other\" key=\"acct\"";
    assert!(log.contains(warning), "{log}");
    for endpoint in [
        "https://ACCT.westeurope.batch.azure.com",
        "http://127.0.0.1:1",
    ] {
        assert!(!built(endpoint).contains("accounts"), "{endpoint}");
    }
}

#[test]
fn a_call_and_its_attempts_are_spans() {
    let log = logged(async {
        let server = Server::start().await;
        server.answer(answer(503, "first-id"));
        server.answer(answer(200, "second-id"));
        let call = client(&server)
            .job()
            .get("nightly")
            .client_request_id("mine")
            .select("id");
        call.await.expect("a job");
    });
    let attempts: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("batch.attempt{") && line.contains("close"))
        .collect();
    let [first, second] = attempts[..] else {
        panic!("expected two attempts:\n{log}");
    };
    for (attempt, status, id, resent) in
        [(first, 503, "first-id", 0), (second, 200, "second-id", 1)]
    {
        for field in [
            "batch.call{otel.name=\"Job_Get\"",
            "http.request.method=\"GET\"",
            &format!("http.request.resend_count={resent}"),
            "server.address=\"127.0.0.1\"",
            "server.port=",
            "/jobs/nightly?$select=…&api-version=…\"",
            &format!("http.response.status_code={status}"),
            "az.client_request_id=\"mine\"",
            &format!("az.service_request_id=\"{id}\""),
        ] {
            assert!(attempt.contains(field), "{field} is missing in: {attempt}");
        }
    }
    assert!(
        first.contains("error.type=\"503\"") && !second.contains("error.type"),
        "{log}"
    );
    assert!(
        log.contains("attempt failed; retrying operation=\"Job_Get\" attempt=1"),
        "{log}"
    );
}

#[test]
fn logs_contain_no_secret() {
    let log = logged(async {
        let server = Server::start().await;
        server.answer(Answer::Bytes(Vec::new()));
        server.answer(Response::new(201).into());
        let file = ResourceFile::default()
            .with_http_url(SAS)
            .with_file_path("f");
        let task = TaskAddParameter::new("t", "echo top-secret-line").with_resource_files([file]);
        client(&server).task().add("j", task).await.expect("a task");
        server.answer(Response::json(403, &json!({"code": "AuthenticationFailed"})).into());
        let user = ComputeNodeUser::new("ada").with_password("pass-word");
        client(&server)
            .compute_node()
            .add_user("p", "n", user)
            .await
            .expect_err("refused");
        let filter = "id eq 'secret-id'";
        server.answer(Response::json(200, &json!({"value": []})).into());
        client(&server)
            .job()
            .list()
            .filter(filter)
            .await
            .expect("a page");
    });
    assert!(log.contains("batch.attempt{"), "{log}");
    for secret in [
        &KEY[..20],
        "SharedKey ",
        "sig=",
        "c2VjcmV0LXNpZw",
        "pass-word",
        "secret-id",
        "top-secret-line",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[test]
fn metrics_count_attempts_and_retries() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let server = Server::start().await;
            server.answer(answer(503, "a"));
            server.answer(Answer::Bytes(Vec::new()));
            server.answer(answer(200, "b"));
            client(&server).job().get("nightly").await.expect("a job");
        });
    });
    let mut counted = Vec::new();
    let mut times = 0;
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<String> = key
            .key()
            .labels()
            .map(|label| label.value().to_owned())
            .collect();
        match value {
            DebugValue::Counter(count) => {
                counted.push(format!("{} {} {count}", key.key().name(), labels.join(" ")));
            }
            DebugValue::Histogram(values) => times += values.len(),
            DebugValue::Gauge(_) => {}
        }
    }
    counted.sort_unstable();
    assert_eq!(
        counted,
        [
            "batch_client_attempts_total Job_Get 200 1",
            "batch_client_attempts_total Job_Get 503 1",
            "batch_client_attempts_total Job_Get transport 1",
            "batch_client_retries_total Job_Get 2",
        ]
    );
    assert_eq!(times, 3);
}
