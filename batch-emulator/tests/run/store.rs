//! A blob store on a real socket: the source of resource files and the destination of output files.
//!
//! It implements the part of Azure Storage that the emulator uses and checks each request: its
//! signature, and the blob type. tests/peers does the same with Azurite.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

type Blobs = Arc<Mutex<BTreeMap<String, (Bytes, HeaderMap)>>>;

pub(crate) struct Store {
    pub(crate) endpoint: String,
    blobs: Blobs,
}

/// Number of names per page of a list.
const PAGE: usize = 2;

impl Store {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let blobs = Blobs::default();
        let router = Router::new().fallback(answer).with_state(blobs.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, blobs }
    }

    pub(crate) fn put(&self, path: &str, content: &str) {
        let content = Bytes::from(content.to_owned());
        let mut blobs = self.blobs.lock().unwrap();
        blobs.insert(path.to_owned(), (content, HeaderMap::new()));
    }

    /// Returns a URL in the store, with a signature.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}?sv=2021-08-06&sig=s3cret%2F", self.endpoint)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.blobs.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) fn get(&self, path: &str) -> Option<(String, HeaderMap)> {
        let (content, headers) = self.blobs.lock().unwrap().get(path)?.clone();
        Some((String::from_utf8(content.to_vec()).unwrap(), headers))
    }
}

async fn answer(State(blobs): State<Blobs>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    if !query.contains("sig=s3cret%2F") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let path = percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .unwrap()
        .into_owned();
    if parts.method == Method::PUT {
        let headers = &parts.headers;
        let right = headers
            .get("x-ms-blob-type")
            .is_some_and(|kind| kind == "BlockBlob")
            && headers.contains_key("content-length")
            && headers.contains_key("x-ms-version");
        return match path.starts_with("/container/") {
            _ if !right => StatusCode::BAD_REQUEST.into_response(),
            false => StatusCode::NOT_FOUND.into_response(),
            true => {
                blobs.lock().unwrap().insert(path, (body, parts.headers));
                StatusCode::CREATED.into_response()
            }
        };
    }
    if query.contains("comp=list") {
        return list(&blobs, &path, query);
    }
    match blobs.lock().unwrap().get(&path) {
        Some((content, _)) => content.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn list(blobs: &Blobs, container: &str, query: &str) -> Response {
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value);
        let found = found.map(|value| {
            percent_encoding::percent_decode_str(&value.replace('+', " "))
                .decode_utf8()
                .unwrap()
                .into_owned()
        });
        let mut found = found;
        found.next_back().unwrap_or_default()
    };
    if container != "/container" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (prefix, marker) = (format!("{container}/{}", value("prefix")), value("marker"));
    let blobs = blobs.lock().unwrap();
    let mut names = blobs
        .keys()
        .filter(|path| path.starts_with(&prefix) && **path > marker);
    let page: Vec<&String> = names.by_ref().take(PAGE).collect();
    let next = names
        .next()
        .and(page.last())
        .map_or(String::new(), |last| last.replace('&', "&amp;"));
    let names = page
        .iter()
        .filter_map(|path| path.strip_prefix("/container/"));
    let items: Vec<String> = names
        .map(|name| format!("<Blob><Name>{}</Name></Blob>", name.replace('&', "&amp;")))
        .collect();
    let items = items.concat();
    let text = format!(
        "<?xml version=\"1.0\"?><EnumerationResults><Blobs>{items}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"
    );
    text.into_response()
}
