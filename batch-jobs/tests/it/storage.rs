//! A Blob service behind a proxy that counts its requests: the emulator's, or the one of the
//! connection string in `BATCH_JOBS_TEST_STORAGE`, such as Azurite's, whose containers the tests
//! then delete. Both have to pass the same tests.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batch_emulator::{Config, Emulator};
use batch_jobs::{Storage, StorageKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;

/// Name of the variable with a connection string.
const OTHER: &str = "BATCH_JOBS_TEST_STORAGE";
/// Protects nothing.
const KEY: &str = "YSBrZXkgdGhhdCBvcGVucyBub3RoaW5n";
/// Headers that are about a connection.
const OF_CONNECTION: [HeaderName; 3] =
    [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING];

/// Held by the test that uses the other service.
static TURN: LazyLock<Arc<tokio::sync::Mutex<()>>> = LazyLock::new(Arc::default);

/// A request that was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    pub(crate) method: Method,
    pub(crate) container: String,
    pub(crate) blob: String,
    pub(crate) comp: String,
    pub(crate) status: u16,
}

/// The state of the proxy.
struct Proxy {
    http: reqwest::Client,
    /// Scheme and host of the service.
    origin: String,
    log: Mutex<Vec<Answered>>,
    /// Requests that are refused with 503, counted down.
    busy: Mutex<u32>,
}

/// The service. It ends when this is dropped.
pub(crate) struct Service {
    endpoint: String,
    account: String,
    key: String,
    proxy: Arc<Proxy>,
    serving: JoinHandle<()>,
    page_size: usize,
    _own: Own,
}

/// A service or a turn that one test has to itself.
enum Own {
    Emulator {
        _emulator: Emulator,
    },
    /// The tests share another service, one after the other.
    Turn {
        _turn: OwnedMutexGuard<()>,
    },
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::with_page_size(5000).await
    }

    /// Starts a service with this number of blobs on a page, unless it is another one.
    pub(crate) async fn with_page_size(page_size: usize) -> Self {
        // Fails if another test was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Ok(connection) = std::env::var(OTHER) else {
            let config = Config::default().account("teststore").key(KEY);
            let config = config.storage(true).page_size(page_size);
            let emulator = batch_emulator::start(config).await.expect("a service");
            let connection = emulator.storage_connection_string().expect("storage");
            let own = Own::Emulator {
                _emulator: emulator,
            };
            return Self::in_front_of(&connection, page_size, own).await;
        };
        let turn = TURN.clone().lock_owned().await;
        let own = Own::Turn { _turn: turn };
        let service = Self::in_front_of(&connection, 5000, own).await;
        let list = service
            .send(Method::GET, &[], "comp=list", Bytes::new())
            .await;
        for container in names(&list) {
            let path = [container.as_str()];
            service
                .send(Method::DELETE, &path, "restype=container", Bytes::new())
                .await;
        }
        service
    }

    async fn in_front_of(connection: &str, page_size: usize, own: Own) -> Self {
        let part = |wanted: &str| {
            let mut pairs = connection
                .split(';')
                .filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(name, _)| *name == wanted);
            found.unwrap_or_else(|| panic!("no {wanted}")).1.to_owned()
        };
        let (account, endpoint) = (part("AccountName"), part("BlobEndpoint"));
        let origin = endpoint.strip_suffix(&format!("/{account}"));
        let proxy = Arc::new(Proxy {
            http: reqwest::Client::new(),
            origin: origin.expect("the account in the path").to_owned(),
            log: Mutex::default(),
            busy: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(receive).with_state(proxy.clone());
        Self {
            endpoint: format!("http://{address}/{account}"),
            key: part("AccountKey"),
            account,
            proxy,
            serving: tokio::spawn(async move {
                axum::serve(listener, router).await.expect("a server");
            }),
            page_size,
            _own: own,
        }
    }

    pub(crate) fn storage(&self) -> Storage {
        let key = StorageKey::new(self.account(), &self.key).expect("a key");
        Storage::new(&self.endpoint, key).expect("a storage account")
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    pub(crate) fn connection_string(&self) -> String {
        format!(
            "AccountName={};AccountKey={};BlobEndpoint={}",
            self.account, self.key, self.endpoint
        )
    }

    /// Returns the number of pages on which this many blobs are listed.
    pub(crate) fn pages(&self, blobs: usize) -> usize {
        blobs.div_ceil(self.page_size)
    }

    /// Returns the requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Answered> {
        std::mem::take(&mut locked(&self.proxy.log))
    }

    /// Refuses the next requests with 503.
    pub(crate) fn be_busy(&self, requests: u32) {
        *locked(&self.proxy.busy) = requests;
    }

    /// Returns names and contents of a container's blobs.
    pub(crate) async fn contents(&self, container: &str) -> BTreeMap<String, Bytes> {
        let query = "restype=container&comp=list";
        let list = self
            .send(Method::GET, &[container], query, Bytes::new())
            .await;
        let mut contents = BTreeMap::new();
        for name in names(&list) {
            let path = [container, &name];
            let content = self.send(Method::GET, &path, "", Bytes::new()).await;
            contents.insert(name, content);
        }
        contents
    }

    /// Stores a blob as another program would.
    pub(crate) async fn put(&self, container: &str, name: &str, content: &str) {
        let query = "restype=container";
        self.send(Method::PUT, &[container], query, Bytes::new())
            .await;
        let content = Bytes::from(content.to_owned());
        self.send(Method::PUT, &[container, name], "", content)
            .await;
    }

    /// Sends a request, past the proxy, that is allowed by a signature of the account. Returns the
    /// body, which is empty unless the request succeeded.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &str,
        content: Bytes,
    ) -> Bytes {
        let signature = self.signature("rwdlc", "sco");
        self.send_signed(method, path, query, content, &signature)
            .await
            .1
    }

    /// Sends a request with a signature; returns its status, too.
    pub(crate) async fn send_signed(
        &self,
        method: Method,
        path: &[&str],
        query: &str,
        content: Bytes,
        signature: &str,
    ) -> (u16, Bytes) {
        let mut url = Url::parse(&self.proxy.origin).expect("a URL");
        url.path_segments_mut()
            .expect("a path")
            .push(&self.account)
            .extend(path);
        url.set_query(Some(&format!("{query}&{signature}")));
        let request = self.proxy.http.request(method, url);
        let request = request.header("x-ms-blob-type", "BlockBlob");
        let request = request.header("x-ms-version", "2021-08-06");
        let request = request.header("content-length", content.len());
        let response = request.body(content).send().await.expect("a response");
        let (status, body) = (response.status(), response.bytes().await.expect("a body"));
        let body = if status.is_success() {
            body
        } else {
            Bytes::new()
        };
        (status.as_u16(), body)
    }

    /// Returns a signature of the account. Source: "Create an account SAS".
    pub(crate) fn signature(&self, permissions: &str, resources: &str) -> String {
        let (version, end) = ("2021-08-06", "2099-01-01T00:00:00Z");
        let lines = [
            &*self.account,
            permissions,
            "b",
            resources,
            "",
            end,
            "",
            "",
            version,
            "",
            "",
        ];
        let key = STANDARD.decode(&self.key).expect("base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(lines.join("\n").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let signature = signature.replace('+', "%2B").replace('/', "%2F");
        format!("sv={version}&ss=b&srt={resources}&sp={permissions}&se={end}&sig={signature}")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic while it was locked")
}

/// Returns the names in a list.
fn names(list: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(list);
    let names = text.split("<Name>").skip(1);
    let names = names.filter_map(|rest| rest.split_once("</Name>"));
    names
        .map(|(name, _)| quick_xml::escape::unescape(name).expect("XML").into_owned())
        .collect()
}

/// A request that is received whole is forwarded and counted, even if its sender is gone.
async fn receive(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 64 * 1024 * 1024).await else {
        return Response::new(Body::empty());
    };
    let forwarded = tokio::spawn(async move { forward(&proxy, parts, body).await });
    forwarded.await.expect("no panic")
}

async fn forward(proxy: &Proxy, parts: Parts, body: Bytes) -> Response {
    let is_busy = {
        let mut busy = locked(&proxy.busy);
        let is_busy = *busy > 0;
        *busy = busy.saturating_sub(1);
        is_busy
    };
    let response = if is_busy {
        let response = Response::builder().status(503);
        let response = response.header("x-ms-error-code", "ServerBusy");
        response.body(Body::empty()).expect("a response")
    } else {
        let target = parts.uri.path_and_query().expect("a path").as_str();
        let url = format!("{}{target}", proxy.origin);
        let mut headers = parts.headers.clone();
        for name in OF_CONNECTION {
            headers.remove(name);
        }
        let request = proxy.http.request(parts.method.clone(), url);
        let answer = request.headers(headers).body(body).send().await;
        let answer = answer.expect("a response");
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            if !OF_CONNECTION.contains(name) {
                response = response.header(name, value);
            }
        }
        let body = answer.bytes().await.expect("a body");
        response.body(Body::from(body)).expect("a response")
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut segments = parts.uri.path().splitn(4, '/').skip(2).map(decoded);
    let mut query = parts.uri.query().unwrap_or_default().split('&');
    let comp = query.find_map(|pair| pair.strip_prefix("comp="));
    let answered = Answered {
        container: segments.next().unwrap_or_default(),
        blob: segments.next().unwrap_or_default(),
        comp: comp.unwrap_or_default().to_owned(),
        status: response.status().as_u16(),
        method: parts.method,
    };
    locked(&proxy.log).push(answered);
    response
}
