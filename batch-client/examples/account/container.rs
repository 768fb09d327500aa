//! A local stand-in for a container in Azure Storage: stores blobs and returns them. It does not
//! check signatures.
//!
//! On a real account, use the URL of a container with a signature (SAS) instead.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use tokio::net::TcpListener;

/// A container on this machine; it exists until the program ends.
#[derive(Clone)]
pub(crate) struct Container {
    /// The container's URL.
    pub(crate) url: String,
    blobs: Blobs,
}

type Blobs = Arc<Mutex<BTreeMap<String, Bytes>>>;

impl Container {
    pub(crate) async fn start() -> io::Result<Self> {
        let blobs = Blobs::default();
        let blob = get(download).put(upload);
        let app = Router::new()
            .route("/files/{*name}", blob)
            .with_state(Arc::clone(&blobs));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/files", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, blobs })
    }

    /// Stores a blob and returns its URL.
    pub(crate) fn put(&self, name: &str, content: &'static str) -> String {
        lock(&self.blobs).insert(name.to_owned(), Bytes::from_static(content.as_bytes()));
        format!("{}/{name}", self.url)
    }

    /// Names and lengths of all blobs.
    pub(crate) fn blobs(&self) -> Vec<(String, usize)> {
        let blobs = lock(&self.blobs);
        let blobs = blobs.iter();
        blobs
            .map(|(name, content)| (name.clone(), content.len()))
            .collect()
    }
}

fn lock(blobs: &Blobs) -> std::sync::MutexGuard<'_, BTreeMap<String, Bytes>> {
    blobs.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn download(
    State(blobs): State<Blobs>,
    Path(name): Path<String>,
) -> Result<Bytes, StatusCode> {
    let blob = lock(&blobs).get(&name).cloned();
    blob.ok_or(StatusCode::NOT_FOUND)
}

async fn upload(
    State(blobs): State<Blobs>,
    Path(name): Path<String>,
    content: Bytes,
) -> StatusCode {
    lock(&blobs).insert(name, content);
    StatusCode::CREATED
}
