//! A Blob service in the process of the tests: containers, blobs, blocks, ranges and lists with
//! metadata. It verifies every signature, by its own reading of the service's documentation.

mod auth;
mod blobs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use batch_jobs::{Storage, StorageKey};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use blobs::Account;

pub(crate) const ACCOUNT: &str = "teststore";
/// Protects nothing.
pub(crate) const KEY: &str = "YSBrZXkgdGhhdCBvcGVucyBub3RoaW5n";

/// A request that was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    pub(crate) method: Method,
    pub(crate) container: String,
    pub(crate) blob: String,
    pub(crate) comp: String,
    pub(crate) status: u16,
}

/// A request, as far as the service looks at it.
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path as it was sent.
    pub(crate) path: String,
    pub(crate) container: String,
    pub(crate) blob: String,
    /// Decoded, ordered by name.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

/// Status, error code, headers and body of a response.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) code: Option<&'static str>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn ok(status: u16) -> Self {
        let (code, headers, body) = (None, Vec::new(), Bytes::new());
        Self {
            status,
            code,
            headers,
            body,
        }
    }

    pub(crate) fn refused(status: u16, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..Self::ok(status)
        }
    }
}

#[derive(Default)]
pub(crate) struct Shared {
    account: Account,
    log: Vec<Answered>,
    /// Requests that are refused with 503, counted down.
    busy: u32,
}

/// The service. It ends when this is dropped.
pub(crate) struct Service {
    endpoint: String,
    shared: Arc<Mutex<Shared>>,
    serving: JoinHandle<()>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        let endpoint = format!("http://{address}/{ACCOUNT}");
        Self {
            endpoint,
            shared,
            serving,
        }
    }

    pub(crate) fn storage(&self) -> Storage {
        let key = StorageKey::new(ACCOUNT, KEY).expect("a key");
        Storage::new(&self.endpoint, key).expect("a storage account")
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Answered> {
        std::mem::take(&mut self.shared().log)
    }

    /// Refuses the next requests with 503.
    pub(crate) fn be_busy(&self, requests: u32) {
        self.shared().busy = requests;
    }

    /// Sets the number of blobs on a page of a list.
    pub(crate) fn page_size(&self, blobs: usize) {
        self.shared().account.page_size = blobs;
    }

    /// Returns names and contents of a container's blobs.
    pub(crate) fn contents(&self, container: &str) -> BTreeMap<String, Bytes> {
        self.shared().account.contents(container)
    }

    /// Stores a blob as another program would.
    pub(crate) fn put(&self, container: &str, name: &str, content: &str) {
        self.shared().account.put(container, name, content);
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no panic while it was locked")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let asked = read(request).await;
    let mut shared = shared.lock().expect("no panic while it was locked");
    let answer = if shared.busy > 0 {
        shared.busy -= 1;
        Answer::refused(503, "ServerBusy")
    } else {
        match auth::check(&asked) {
            Ok(()) => shared.account.handle(&asked),
            Err(answer) => answer,
        }
    };
    shared.log.push(Answered {
        comp: asked.query.get("comp").cloned().unwrap_or_default(),
        method: asked.method.clone(),
        container: asked.container,
        blob: asked.blob,
        status: answer.status,
    });
    drop(shared);
    let mut response = Response::builder()
        .status(StatusCode::from_u16(answer.status).expect("a status"))
        .header("x-ms-version", "2021-08-06");
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let mut body = answer.body;
    if let Some(code) = answer.code {
        response = response.header("x-ms-error-code", code);
        if asked.method != Method::HEAD {
            body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>").into();
        }
    }
    response.body(Body::from(body)).expect("a response")
}

async fn read(request: Request) -> Asked {
    let (parts, body) = request.into_parts();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path = parts.uri.path().to_owned();
    let mut segments = path.trim_start_matches('/').splitn(3, '/').skip(1);
    let container = decoded(segments.next().unwrap_or_default());
    let blob = decoded(segments.next().unwrap_or_default());
    let query = parts.uri.query().unwrap_or_default().split('&');
    let query = query.filter_map(|pair| pair.split_once('='));
    let headers = parts.headers.iter();
    Asked {
        method: parts.method,
        container,
        blob,
        query: query
            .map(|(name, value)| (decoded(name), decoded(&value.replace('+', " "))))
            .collect(),
        headers: headers
            .map(|(name, value)| {
                (
                    name.to_string(),
                    value.to_str().unwrap_or_default().to_owned(),
                )
            })
            .collect(),
        path,
        body: to_bytes(body, 64 * 1024 * 1024).await.expect("a body"),
    }
}
