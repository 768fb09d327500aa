//! A server for one file of a task, `/jobs/j/tasks/t/files/…`. The file can have any length because
//! its contents are computed as they are sent. The server behaves like the live service: it sends
//! contents chunked and without a length, and honors `ocp-range` and `If-Unmodified-Since`.
//!
//! The test makes the file grow or change and decides when the task ends.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::server::{self, Request, Response};

/// A prime, so that a chunk in the wrong place is noticed.
const PERIOD: usize = 65_537;
const CHUNK: u64 = 65_536;

/// Current state of the file and its task.
#[derive(Debug, Clone)]
pub struct Remote {
    /// File length in bytes; `None` if the file does not exist.
    pub length: Option<u64>,
    /// Identifies the contents: another number means other bytes.
    pub content: u8,
    /// Seconds of the last-modified time, 0 to 59.
    pub modified: u8,
    /// State of the task.
    pub task: &'static str,
    /// Length that the file gets right after the next request for the task.
    pub last_words: Option<u64>,
    /// Numbers of bytes after which the next downloads are cut off by a connection reset. One that
    /// is not shorter than its response cuts nothing.
    pub cuts: VecDeque<u64>,
}

/// A server that stops when it is dropped.
#[derive(Debug)]
pub struct FileServer {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    remote: Mutex<Remote>,
    requests: Mutex<Vec<Request>>,
}

impl FileServer {
    /// Starts a server for a file of this length whose task is running.
    ///
    /// # Panics
    ///
    /// Panics if no local port is free.
    pub async fn start(length: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let remote = Remote {
            length: Some(length),
            content: 1,
            modified: 0,
            task: "running",
            last_words: None,
            cuts: VecDeque::new(),
        };
        let shared = Arc::new(Shared {
            remote: Mutex::new(remote),
            requests: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self {
            url,
            shared,
            accepting,
        }
    }

    /// Server address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Changes the file or its task.
    pub fn change(&self, change: impl FnOnce(&mut Remote)) {
        change(&mut lock(&self.shared.remote));
    }

    /// Takes the requests received since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *lock(&self.shared.requests))
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Returns `length` bytes of the file, starting at `first`.
pub fn bytes(content: u8, first: u64, length: usize) -> Vec<u8> {
    let period = table(content);
    // The remainder is below the period, which is a usize.
    let first = usize::try_from(first % PERIOD as u64).unwrap_or_default();
    period
        .iter()
        .cycle()
        .skip(first)
        .take(length)
        .copied()
        .collect()
}

fn table(content: u8) -> Vec<u8> {
    let mut state = u32::from(content).wrapping_mul(2_654_435_761) | 1;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..PERIOD).map(next).collect()
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            // If the client disconnects, the test notices it itself.
            drop(serve(BufReader::new(stream), &shared).await);
        });
    }
}

async fn serve(mut stream: BufReader<TcpStream>, shared: &Shared) -> io::Result<()> {
    while let Some(request) = server::read(&mut stream).await? {
        lock(&shared.requests).push(request.clone());
        let remote = lock(&shared.remote).clone();
        if !request.target.contains("/files/") && remote.last_words.is_some() {
            lock(&shared.remote).length = remote.last_words;
        }
        let is_content = request.target.contains("/files/") && request.method == "GET";
        let range = range(&request, &remote);
        let close = request.header("connection") == Some("close");
        let answer = match (head(&request, &remote), range) {
            (Some(answer), _) => answer,
            (None, None) => refusal(416, "InvalidRange"),
            (None, Some((first, last))) if is_content => {
                let cut = lock(&shared.remote).cuts.pop_front();
                let cut = cut.filter(|cut| *cut < last + 1 - first);
                write(&mut stream, &remote, first, last, cut).await?;
                match cut {
                    Some(_) => return stream.into_inner().set_zero_linger(),
                    None if close => return stream.shutdown().await,
                    None => continue,
                }
            }
            (None, Some(_)) => Response::new(400),
        };
        let connection = if close { "close" } else { "keep-alive" };
        let answer = answer.header("connection", connection);
        stream.write_all(&answer.bytes(&request.method)).await?;
        if close {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

/// Builds the response unless it carries file contents.
fn head(request: &Request, remote: &Remote) -> Option<Response> {
    if !request.target.contains("/files/") {
        let task = json!({"id": "t", "state": remote.task});
        return Some(Response::json(200, &task));
    }
    let Some(length) = remote.length else {
        return Some(refusal(404, "FileNotFound"));
    };
    if let Some(since) = request.header("if-unmodified-since")
        && since != modified(remote)
    {
        return Some(refusal(412, "ConditionNotMet"));
    }
    let head = Response::new(200)
        .header("last-modified", &modified(remote))
        .header("ocp-batch-file-isdirectory", "False")
        .header("content-length", &length.to_string());
    (request.method == "HEAD").then_some(head)
}

fn modified(remote: &Remote) -> String {
    format!("Wed, 19 Mar 2025 19:29:{:02} GMT", remote.modified)
}

fn refusal(status: u16, code: &str) -> Response {
    let message = json!({"lang": "en-US", "value": "No."});
    Response::json(status, &json!({"code": code, "message": message}))
}

/// First and last byte requested, if the range can be satisfied.
fn range(request: &Request, remote: &Remote) -> Option<(u64, u64)> {
    let end = remote.length?.checked_sub(1)?;
    let Some(range) = request.header("ocp-range") else {
        return Some((0, end));
    };
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    let last = if last.is_empty() {
        end
    } else {
        last.parse().ok()?
    };
    (first <= end && first <= last).then_some((first, last.min(end)))
}

async fn write(
    stream: &mut BufReader<TcpStream>,
    remote: &Remote,
    first: u64,
    last: u64,
    cut: Option<u64>,
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nlast-modified: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        modified(remote)
    );
    stream.write_all(head.as_bytes()).await?;
    // The table twice, so that every chunk is one contiguous slice.
    let table = table(remote.content).repeat(2);
    let end = cut.map_or(last + 1, |cut| (first + cut).min(last + 1));
    let mut at = first;
    while at < end {
        let length = CHUNK.min(end - at);
        stream
            .write_all(format!("{length:x}\r\n").as_bytes())
            .await?;
        let from = usize::try_from(at % PERIOD as u64).map_err(io::Error::other)?;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        stream.write_all(&table[from..from + length]).await?;
        stream.write_all(b"\r\n").await?;
        at += length as u64;
    }
    if cut.is_some() {
        // The reset would discard bytes that are still in transit.
        tokio::time::sleep(Duration::from_millis(5)).await;
        return Ok(());
    }
    stream.write_all(b"0\r\n\r\n").await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
