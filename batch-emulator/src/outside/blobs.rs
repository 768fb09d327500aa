//! HTTP to wherever files come from and go to: any server for a single file, Azure Storage for
//! containers.
//!
//! Addresses hold signatures in their query, so no error that leaves here has one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Client, Method, Response, StatusCode, Url, header};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::AsyncWriteExt as _;

/// How often a request is sent that meets a passing trouble.
const TRIES: u32 = 3;
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may pause.
const PAUSE: Duration = Duration::from_secs(60);
/// The version of Azure Storage that is spoken.
const VERSION: &str = "2021-08-06";
/// The most of a list of blobs that is read; a page has at most 5000 of them.
const LIST_LIMIT: usize = 64 * 1024 * 1024;

/// What went wrong with a request.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The answer was another status than success.
    Status(u16),
    /// No answer came in time.
    Time,
    /// Anything else.
    Other(String),
}

impl Trouble {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Status(status) => format!("The server answered with status {status}."),
            Self::Time => "The server did not answer in time.".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }

    fn passes(&self) -> bool {
        match self {
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Time | Self::Other(_) => true,
        }
    }
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Time;
        }
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self::Other(text)
    }
}

/// An address without what may be secret in it.
pub(super) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        return "an address that is none".to_owned();
    };
    url.set_query(None);
    url.set_fragment(None);
    // Those of a URL that cannot have them are not there.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn parse(url: &str) -> Result<Url, Trouble> {
    let url = Url::parse(url).map_err(|error| Trouble::Other(format!("The address: {error}.")))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(Trouble::Other("The address is not one of HTTP.".to_owned()))
    }
}

/// The client for all of it.
#[derive(Debug, Clone)]
pub(super) struct Blobs(Client);

impl Blobs {
    pub(super) fn new() -> io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(io::Error::other)?
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT)
            .read_timeout(PAUSE)
            // It would carry a signature to where a redirect leads.
            .referer(false)
            .build();
        client.map(Self).map_err(io::Error::other)
    }

    async fn get(&self, url: Url) -> Result<Response, Trouble> {
        let mut tried = 0;
        loop {
            let request = self
                .0
                .request(Method::GET, url.clone())
                .header("x-ms-version", VERSION);
            let result = checked(request.send().await);
            tried += 1;
            match result {
                Err(trouble) if trouble.passes() && tried < TRIES => {
                    tokio::time::sleep(Duration::from_millis(200) * tried).await;
                }
                result => return result,
            }
        }
    }

    /// Fetches a file into an open one.
    pub(super) async fn fetch(&self, url: &str, file: &mut tokio::fs::File) -> Result<(), Fetch> {
        let mut response = self
            .get(parse(url).map_err(Fetch::Server)?)
            .await
            .map_err(Fetch::Server)?;
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| Fetch::Server(error.into()))?
        {
            file.write_all(&chunk).await.map_err(Fetch::File)?;
        }
        file.flush().await.map_err(Fetch::File)
    }

    /// The names of the blobs of a container that begin so.
    pub(super) async fn list(&self, container: &str, prefix: &str) -> Result<Vec<String>, Trouble> {
        let mut names = Vec::new();
        let mut marker = String::new();
        loop {
            let mut url = parse(container)?;
            url.query_pairs_mut()
                .append_pair("restype", "container")
                .append_pair("comp", "list");
            for (name, value) in [("prefix", prefix), ("marker", marker.as_str())] {
                if !value.is_empty() {
                    url.query_pairs_mut().append_pair(name, value);
                }
            }
            let page = text(self.get(url).await?).await?;
            marker = read_list(&page, &mut names)
                .map_err(|error| Trouble::Other(format!("The list of blobs: {error}.")))?;
            if marker.is_empty() {
                return Ok(names);
            }
        }
    }

    /// Uploads a file as a block blob.
    pub(super) async fn put(
        &self,
        url: Url,
        file: std::fs::File,
        length: u64,
        headers: &[(String, String)],
    ) -> Result<(), Trouble> {
        let other = |error: io::Error| Trouble::Other(format!("The file: {error}."));
        let mut tried = 0;
        loop {
            let file = file.try_clone().map_err(other)?;
            let stream = from_start(file, length).await.map_err(other)?;
            let mut request = self
                .0
                .request(Method::PUT, url.clone())
                .header("x-ms-version", VERSION)
                .header("x-ms-blob-type", "BlockBlob")
                .header(header::CONTENT_LENGTH, length);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let result = checked(request.body(stream).send().await);
            tried += 1;
            match result {
                Err(trouble) if trouble.passes() && tried < TRIES => {
                    tokio::time::sleep(Duration::from_millis(200) * tried).await;
                }
                result => return result.map(drop),
            }
        }
    }
}

/// What went wrong with fetching: on the other side, or with the file here.
#[derive(Debug)]
pub(super) enum Fetch {
    Server(Trouble),
    File(io::Error),
}

/// The bytes of a file from its start, as many as it had when it was opened.
async fn from_start(file: std::fs::File, length: u64) -> io::Result<reqwest::Body> {
    use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
    let mut file = tokio::fs::File::from_std(file);
    file.rewind().await?;
    let stream = tokio_util::io::ReaderStream::new(file.take(length));
    Ok(reqwest::Body::wrap_stream(stream))
}

fn checked(result: reqwest::Result<Response>) -> Result<Response, Trouble> {
    let response = result?;
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Err(Trouble::Time),
        status => Err(Trouble::Status(status.as_u16())),
    }
}

async fn text(response: Response) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > LIST_LIMIT {
            return Err(Trouble::Other("The list of blobs is too long.".to_owned()));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Trouble::Other("The list of blobs is not in UTF-8.".to_owned()))
}

/// Reads a page of a list of blobs: takes the names, gives the marker of the next page.
fn read_list(page: &str, names: &mut Vec<String>) -> Result<String, String> {
    use quick_xml::events::Event;
    let page = page.trim_start_matches('\u{feff}');
    let mut reader = quick_xml::Reader::from_str(page);
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut marker = String::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => {
                path.push(tag.name().as_ref().to_owned());
                value.clear();
            }
            Event::Text(part) => {
                value.push_str(&part);
            }
            Event::GeneralRef(part) => {
                let whole = format!("&{};", &*part);
                let read = quick_xml::escape::unescape(&whole);
                value.push_str(&read.map_err(|error| error.to_string())?);
            }
            Event::End(_) => {
                let inside: Vec<&str> = path.iter().map(String::as_str).collect();
                match inside.as_slice() {
                    [.., "Blob", "Name"] => names.push(value.clone()),
                    [_, "NextMarker"] => marker.clone_from(&value),
                    _ => {}
                }
                value.clear();
                path.pop();
            }
            Event::Eof => return Ok(marker),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_blobs_are_read() {
        let page = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"c\">\
             <Blobs><Blob><Name>a &amp; b/c&#x41;.txt</Name><Properties><Name>no</Name></Properties></Blob>\
             <Blob><Name>d</Name></Blob></Blobs><NextMarker>2!m</NextMarker></EnumerationResults>";
        let mut names = Vec::new();
        assert_eq!(read_list(page, &mut names).as_deref(), Ok("2!m"));
        assert_eq!(names, ["a & b/cA.txt", "d"]);
        let last = "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>";
        assert_eq!(read_list(last, &mut names).as_deref(), Ok(""));
        assert!(read_list("<a><b></a>", &mut names).is_err());
    }

    #[test]
    fn signatures_are_not_shown() {
        let url = "https://user:pw@h.example/c/b?sv=1&sig=secret#secret";
        assert_eq!(shown(url), "https://h.example/c/b");
        assert_eq!(shown("sig=secret"), "an address that is none");
    }
}
