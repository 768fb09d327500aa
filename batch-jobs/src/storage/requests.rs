//! Requests about containers, which `object_store` does not have: make, delete and list them, and
//! list blobs with their metadata.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use batch_client::chrono::Utc;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Response, Url};
use rustls_platform_verifier::BuilderVerifierExt;

use super::Storage;
use super::credential::Kind;
use super::listing::{self, Blob};
use crate::error::{Error, Result};

/// Version of Azure Storage's API.
const VERSION: &str = "2021-08-06";
/// Attempts for a request; pauses between them grow to 8 s.
const ATTEMPTS: u32 = 6;
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence of a connection.
const SILENCE: Duration = Duration::from_secs(60);

/// Returns the client for everything that goes to storage.
pub(super) fn client() -> Result<reqwest::Client> {
    let broken = |error: &dyn std::fmt::Display| {
        Error::storage(format!("cannot set up TLS: {error}"), None, None)
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| broken(&error))?
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        // It would send a signature to the target of a redirect.
        .referer(false)
        .build()
        .map_err(|error| broken(&error))
}

/// An answer of the account: its status, its code if it is an error, and its body.
struct Answer {
    status: u16,
    code: Option<String>,
    body: String,
}

impl Answer {
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    fn error(&self, what: &str) -> Error {
        let code = self.code.as_deref();
        let mut text = format!("cannot {what}: status {}", self.status);
        if let Some(code) = code {
            // Writing to a string cannot fail.
            let _ = write!(text, ", {code}");
        }
        text.push_str(match (self.status, code) {
            (409, Some("ContainerBeingDeleted")) => {
                "; it was deleted a moment ago, try again in a minute"
            }
            (401 | 403, _) => {
                "; check the account's name and key or signature, and the clock of this machine"
            }
            _ => "",
        });
        Error::storage(text, Some(self.status), code)
    }
}

pub(super) async fn create(storage: &Storage, container: &str) -> Result<()> {
    let url = container_url(storage, container, &[]);
    let what = format!("create the container `{container}`");
    let answer = send(storage, Method::PUT, &url, &what).await?;
    if answer.is_success() || answer.has_code("ContainerAlreadyExists") {
        return Ok(());
    }
    Err(answer.error(&what))
}

pub(super) async fn delete(storage: &Storage, container: &str) -> Result<bool> {
    let url = container_url(storage, container, &[]);
    let what = format!("delete the container `{container}`");
    let answer = send(storage, Method::DELETE, &url, &what).await?;
    match answer.status {
        404 => Ok(false),
        409 if answer.has_code("ContainerBeingDeleted") => Ok(true),
        _ if answer.is_success() => Ok(true),
        _ => Err(answer.error(&what)),
    }
}

/// Deletes a blob; false if there was none. `object_store` would send a batch of one.
pub(super) async fn delete_blob(storage: &Storage, container: &str, name: &str) -> Result<bool> {
    let url = storage.url(container, Some(name));
    let what = format!("delete the blob `{name}` of `{container}`");
    let answer = send(storage, Method::DELETE, &url, &what).await?;
    match answer.status {
        404 => Ok(false),
        _ if answer.is_success() => Ok(true),
        _ => Err(answer.error(&what)),
    }
}

pub(super) async fn blobs(
    storage: &Storage,
    container: &str,
    prefix: &str,
) -> Result<Option<Vec<Blob>>> {
    let what = format!("list the container `{container}`");
    let mut blobs = Vec::new();
    let mut marker = String::new();
    loop {
        let mut query = vec![("comp", "list"), ("include", "metadata")];
        query.extend(
            [("prefix", prefix), ("marker", &*marker)]
                .iter()
                .filter(|(_, v)| !v.is_empty()),
        );
        let url = container_url(storage, container, &query);
        let answer = send(storage, Method::GET, &url, &what).await?;
        if answer.has_code("ContainerNotFound") {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(answer.error(&what));
        }
        marker =
            listing::blobs(&answer.body, &mut blobs).map_err(|error| unreadable(&what, &error))?;
        if marker.is_empty() {
            return Ok(Some(blobs));
        }
    }
}

pub(super) async fn containers(storage: &Storage, prefix: &str) -> Result<Vec<String>> {
    let what = "list the containers of the account";
    let mut names = Vec::new();
    let mut marker = String::new();
    loop {
        let mut url = storage.endpoint().clone();
        // The account itself has the path `/`; Azurite's has its name in addition.
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url.query_pairs_mut()
            .append_pair("comp", "list")
            .append_pair("prefix", prefix);
        if !marker.is_empty() {
            url.query_pairs_mut().append_pair("marker", &marker);
        }
        let answer = send(storage, Method::GET, &url, what).await?;
        if !answer.is_success() {
            return Err(answer.error(what));
        }
        marker = listing::containers(&answer.body, &mut names)
            .map_err(|error| unreadable(what, &error))?;
        if marker.is_empty() {
            return Ok(names);
        }
    }
}

fn unreadable(what: &str, error: &str) -> Error {
    Error::storage(
        format!("cannot {what}: the list is malformed: {error}"),
        None,
        None,
    )
}

fn container_url(storage: &Storage, container: &str, query: &[(&str, &str)]) -> Url {
    let mut url = storage.url(container, None);
    url.query_pairs_mut()
        .append_pair("restype", "container")
        .extend_pairs(query);
    url
}

/// Sends a request without a body. All of them can be repeated.
async fn send(storage: &Storage, method: Method, url: &Url, what: &str) -> Result<Answer> {
    let mut tried = 0;
    loop {
        let result = attempt(storage, &method, url).await;
        tried += 1;
        let passes = match &result {
            Ok(answer) => answer.status == 429 || answer.status >= 500,
            Err(_) => true,
        };
        if passes && tried < ATTEMPTS {
            tokio::time::sleep(Duration::from_millis(250) * 2_u32.pow(tried - 1)).await;
            continue;
        }
        return result.map_err(|error| {
            let error = error.without_url();
            let mut text = format!("cannot {what}: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                let _ = write!(text, ": {error}");
                cause = error.source();
            }
            Error::storage(text, None, None)
        });
    }
}

async fn attempt(storage: &Storage, method: &Method, url: &Url) -> reqwest::Result<Answer> {
    let mut headers = HeaderMap::new();
    let date = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.insert(
        "x-ms-date",
        HeaderValue::from_str(&date).expect("a date is ASCII"),
    );
    headers.insert("x-ms-version", HeaderValue::from_static(VERSION));
    let mut url = url.clone();
    match &storage.0.credential.0 {
        Kind::Sas(sas) => sas.sign(&mut url),
        Kind::Key(key) => {
            let authorization = key.authorization(method, &url, &headers);
            headers.insert("authorization", authorization);
        }
    }
    let request = storage.0.http.request(method.clone(), url).headers(headers);
    let response: Response = request.send().await?;
    let code = response.headers().get("x-ms-error-code");
    Ok(Answer {
        status: response.status().as_u16(),
        code: code.and_then(|code| code.to_str().ok()).map(str::to_owned),
        body: response.text().await?,
    })
}
