//! A proxy in front of a local server that injects faults: it responds in the server's place, cuts
//! off responses, or refuses connections.
//!
//! It forwards requests unchanged except for how long the connection lives, so signatures stay
//! valid.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::server::{self, Request, Response};

/// Fault to inject instead of forwarding a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Responds itself; the server does not see the request.
    Answer(Response),
    /// Closes the connection without a response; the server does not see the request.
    Close,
    /// Forwards the request, returns only this many bytes of the response body, and then resets the
    /// connection.
    Cut(usize),
}

type Rule = Box<dyn FnMut(&Request) -> Option<Fault> + Send>;

/// A proxy that stops and closes its connections when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    /// Host and port of the server.
    server: String,
    rule: Mutex<Rule>,
    requests: Mutex<Vec<Request>>,
}

impl Proxy {
    /// Starts a proxy in front of the server at this address (`http://127.0.0.1:PORT`). It forwards
    /// every request until [`rule`](Self::rule) says otherwise.
    ///
    /// # Panics
    ///
    /// Panics if no local port is free.
    pub async fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let proxy = Self {
            address: listener.local_addr().expect("an address"),
            shared: Arc::new(Shared {
                server: server.trim_start_matches("http://").to_owned(),
                rule: Mutex::new(Box::new(|_| None)),
                requests: Mutex::default(),
            }),
            accepting: Mutex::new(None),
        };
        proxy.serve(listener);
        proxy
    }

    /// Proxy address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls this function for each request from now on, to decide on a fault.
    pub fn rule(&self, rule: impl FnMut(&Request) -> Option<Fault> + Send + 'static) {
        *lock(&self.shared.rule) = Box::new(rule);
    }

    /// Takes the requests received since the last call, including the failed ones.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *lock(&self.shared.requests))
    }

    /// Stops listening and drops all connections, like a service that goes down.
    pub async fn down(&self) {
        let accepting = lock(&self.accepting).take();
        if let Some(accepting) = accepting {
            accepting.abort();
            // The task has been aborted, so its result is a cancellation.
            drop(accepting.await);
        }
    }

    /// Starts listening again.
    ///
    /// # Panics
    ///
    /// Panics if another program has taken the port.
    pub async fn up(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the old port");
        self.serve(listener);
    }

    fn serve(&self, listener: TcpListener) {
        let shared = self.shared.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                connections.spawn(async move {
                    // Errors on a connection show up in the test's own assertions.
                    drop(pass(BufReader::new(stream), &shared).await);
                });
                while connections.try_join_next().is_some() {}
            }
        });
        *lock(&self.accepting) = Some(accepting);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(accepting) = lock(&self.accepting).take() {
            accepting.abort();
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Serves one request, and closes the connection after it.
async fn pass(mut client: BufReader<TcpStream>, shared: &Shared) -> io::Result<()> {
    let Some(request) = server::read(&mut client).await? else {
        return Ok(());
    };
    let mut client = client.into_inner();
    let fault = (lock(&shared.rule))(&request);
    let forwarded = written(&request);
    let method = request.method.clone();
    lock(&shared.requests).push(request);
    let cut = match fault {
        Some(Fault::Close) => return Ok(()),
        Some(Fault::Answer(answer)) => {
            let answer = answer.header("connection", "close");
            client.write_all(&answer.bytes(&method)).await?;
            return client.shutdown().await;
        }
        Some(Fault::Cut(bytes)) => Some(bytes),
        None => None,
    };
    let mut server = TcpStream::connect(&shared.server).await?;
    server.write_all(&forwarded).await?;
    let Some(cut) = cut else {
        tokio::io::copy(&mut server, &mut client).await?;
        return client.shutdown().await;
    };
    let mut answer = Vec::new();
    let head = head(&mut server, &mut answer).await?;
    let wanted = u64::try_from((head + cut).saturating_sub(answer.len())).unwrap_or(u64::MAX);
    server.take(wanted).read_to_end(&mut answer).await?;
    answer.truncate(head + cut);
    client.write_all(&answer).await?;
    // The reset would discard bytes that are still in transit.
    tokio::time::sleep(Duration::from_millis(5)).await;
    client.set_zero_linger()
}

/// Reads at least to the end of the head, and returns the position of that end.
async fn head(server: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            return Ok(end + 4);
        }
        if server.read_buf(answer).await? == 0 {
            return Ok(answer.len());
        }
    }
}

/// The request as it is sent over a separate connection to the server.
fn written(request: &Request) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    for (name, value) in &request.headers {
        if !name.eq_ignore_ascii_case("connection") {
            bytes.extend(name.bytes());
            bytes.extend(b": ");
            bytes.extend(value);
            bytes.extend(b"\r\n");
        }
    }
    bytes.extend(b"connection: close\r\n\r\n");
    bytes.extend(&request.body);
    bytes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
