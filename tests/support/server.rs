//! A small HTTP/1.1 server on a free local port. It records each request as it came and plays a
//! script: prepared responses in order, whole, late, endless, broken off or missing, or those of a
//! rule.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use batch_auth::{MAX_SKEW, RequestView, SharedKey};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server that stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

type Rule = Box<dyn FnMut(&Request) -> Option<Answer> + Send>;

#[derive(Default)]
struct Shared {
    rule: Mutex<Option<Rule>>,
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    sent: AtomicU64,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Server {
    /// Starts a server without prepared responses.
    ///
    /// # Panics
    ///
    /// Panics if no local port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self {
            address,
            shared,
            accepting,
        }
    }

    /// Server address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Queues a response. Requests get the queued responses in order.
    pub fn answer(&self, answer: Answer) {
        lock(&self.shared.answers).push_back(answer);
    }

    /// Calls this function for each request from now on; if it returns nothing, the request gets
    /// the next queued response.
    pub fn rule(&self, rule: impl FnMut(&Request) -> Option<Answer> + Send + 'static) {
        *lock(&self.shared.rule) = Some(Box::new(rule));
    }

    /// Takes the requests received since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *lock(&self.shared.requests))
    }

    /// Number of bytes sent in endless bodies so far.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// Takes the only request received since the last call.
    ///
    /// # Errors
    ///
    /// Fails if there is no request, or more than one.
    pub fn request(&self) -> Result<Request, String> {
        let mut requests = self.requests();
        match (requests.pop(), requests.len()) {
            (Some(request), 0) => Ok(request),
            (None, _) => Err("nothing was sent".to_owned()),
            (Some(_), more) => Err(format!("{} requests were sent", more + 1)),
        }
    }

    /// Number of connections accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path and query, not decoded.
    pub target: String,
    /// Names and values as they came, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body without its transfer encoding.
    pub body: Vec<u8>,
}

impl Request {
    /// Value of the header with this name; `None` if the header is missing, repeated or not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self
            .headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let value = values.next().filter(|_| values.next().is_none());
        std::str::from_utf8(&value?.1).ok()
    }

    /// Checks the signature against the bytes received, with `now` as the server's time.
    ///
    /// # Errors
    ///
    /// Returns the verifier's error.
    pub fn verify(&self, key: &SharedKey, now: SystemTime) -> Result<(), String> {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()));
        let view = RequestView::new(&self.method, &self.target, headers);
        let verified = key.verify(&view, self.header("authorization"), now, MAX_SKEW);
        verified.map_err(|e| format!("invalid signature: {e}"))
    }
}

/// A prepared response of the server.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A response.
    Response(Response),
    /// These bytes, after which the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing; the connection stays open.
    Silence,
    /// A response after a delay.
    Late(Duration, Response),
    /// A chunked body that begins with that of the response and goes on with blanks until the
    /// client closes the connection, at most 1 GiB.
    Endless(Response),
}

/// A response that is serialized as HTTP.
#[derive(Debug, Clone)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunked: bool,
}

impl Response {
    /// A response with this status, no headers and an empty body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            chunked: false,
        }
    }

    /// A response with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status)
            .header("content-type", "application/json; odata=minimalmetadata")
            .body(body.to_string())
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the body in chunks, without a `content-length`.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            head.extend(format!("{name}: {value}\r\n").bytes());
        }
        head
    }

    pub(crate) fn bytes(&self, method: &str) -> Vec<u8> {
        let mut bytes = self.head();
        // These have no body, whatever the headers say.
        if method == "HEAD" || matches!(self.status, 204 | 304) {
            bytes.extend(b"\r\n");
        } else if self.chunked {
            bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
            let middle = self.body.len() / 2;
            for piece in [&self.body[..middle], &self.body[middle..]] {
                // An empty chunk would end the body.
                if !piece.is_empty() {
                    bytes.extend(format!("{:x}\r\n", piece.len()).bytes());
                    bytes.extend(piece);
                    bytes.extend(b"\r\n");
                }
            }
            bytes.extend(b"0\r\n\r\n");
        } else {
            bytes.extend(format!("content-length: {}\r\n\r\n", self.body.len()).bytes());
            bytes.extend(&self.body);
        }
        bytes
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let shared = shared.clone();
        tokio::spawn(async move {
            // If the client disconnects, the test sees it in the client's own result.
            drop(serve(BufReader::new(stream), &shared).await);
        });
    }
}

async fn serve(mut stream: BufReader<TcpStream>, shared: &Shared) -> io::Result<()> {
    while let Some(request) = read(&mut stream).await? {
        let method = request.method.clone();
        let close = request
            .header("connection")
            .is_some_and(|v| v.eq_ignore_ascii_case("close"));
        let ruled = match &mut *lock(&shared.rule) {
            Some(rule) => rule(&request),
            None => None,
        };
        lock(&shared.requests).push(request);
        let answer = ruled.or_else(|| lock(&shared.answers).pop_front());
        match answer {
            Some(Answer::Response(response)) => stream.write_all(&response.bytes(&method)).await?,
            Some(Answer::Bytes(bytes)) => {
                stream.write_all(&bytes).await?;
                break;
            }
            Some(Answer::Silence) => std::future::pending().await,
            Some(Answer::Late(delay, response)) => {
                tokio::time::sleep(delay).await;
                stream.write_all(&response.bytes(&method)).await?;
            }
            Some(Answer::Endless(response)) => {
                endless(&mut stream, &response, shared).await?;
                break;
            }
            None => {
                let excuse = Response::new(599).body("the test has not prepared a response");
                stream.write_all(&excuse.bytes(&method)).await?;
            }
        }
        if close {
            break;
        }
    }
    stream.shutdown().await
}

/// Sends a body that does not end before the client has had enough.
async fn endless(
    stream: &mut BufReader<TcpStream>,
    response: &Response,
    shared: &Shared,
) -> io::Result<()> {
    let mut head = response.head();
    head.extend(b"transfer-encoding: chunked\r\n\r\n");
    head.extend(format!("{:x}\r\n", response.body.len()).bytes());
    head.extend(&response.body);
    head.extend(b"\r\n");
    stream.write_all(&head).await?;
    let blanks = format!("10000\r\n{}\r\n", " ".repeat(0x10000)).into_bytes();
    for _ in 0..0x4000 {
        stream.write_all(&blanks).await?;
        shared.sent.fetch_add(0x10000, Ordering::SeqCst);
    }
    Ok(())
}

/// Reads the next request from a connection; `None` at its end.
pub(crate) async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let first = line(stream).await?;
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return if first.is_empty() {
            Ok(None)
        } else {
            Err(io::Error::other(first))
        };
    };
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        ..Request::default()
    };
    loop {
        let header = line(stream).await?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| io::Error::other("header without a colon"))?;
        let value = value.trim_matches([' ', '\t']).as_bytes().to_vec();
        request.headers.push((name.to_owned(), value));
    }
    if request.header("transfer-encoding").is_some() {
        loop {
            let length = line(stream).await?;
            let length = u64::from_str_radix(&length, 16).map_err(io::Error::other)?;
            stream.take(length).read_to_end(&mut request.body).await?;
            line(stream).await?;
            if length == 0 {
                break;
            }
        }
    } else if let Some(length) = request.header("content-length") {
        let length: u64 = length.parse().map_err(io::Error::other)?;
        stream.take(length).read_to_end(&mut request.body).await?;
    }
    Ok(Some(request))
}

/// Reads a line without its line ending.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
