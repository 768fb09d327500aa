//! A service that adds tasks at a fixed rate and throttles faster clients: a token bucket,
//! as Azure Resource Manager documents its limits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::server::{Response, read};

/// The service; it ends when this is dropped.
#[derive(Debug)]
pub struct Throttling {
    endpoint: String,
    shared: Arc<Mutex<Bucket>>,
    accepting: JoinHandle<()>,
}

/// Limits of the service.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests per second.
    pub rate: f64,
    /// Requests that it takes at once after a rest.
    pub burst: f64,
    /// Seconds of `Retry-After`.
    pub retry_after: u32,
    /// How long a request takes that it serves.
    pub latency: Duration,
}

/// Work that the service has done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Served {
    /// Requests that it served.
    pub served: u32,
    /// Requests that it throttled.
    pub throttled: u32,
    /// Time from the first request to the last that it served.
    pub time: Duration,
}

impl Served {
    /// Rate at which requests were served, as a share of the service's own.
    #[must_use]
    pub fn share(&self, limits: &Limits) -> f64 {
        f64::from(self.served) / self.time.as_secs_f64() / limits.rate
    }
}

#[derive(Debug)]
struct Bucket {
    limits: Limits,
    tokens: f64,
    filled: Option<Instant>,
    begun: Option<Instant>,
    served: Served,
}

impl Throttling {
    /// Starts a service whose bucket is full.
    ///
    /// # Panics
    ///
    /// Where this machine gives no port.
    pub async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Mutex::new(Bucket {
            limits,
            tokens: limits.burst,
            filled: None,
            begun: None,
            served: Served {
                served: 0,
                throttled: 0,
                time: Duration::ZERO,
            },
        }));
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self {
            endpoint: format!("http://{address}"),
            shared,
            accepting,
        }
    }

    /// Its address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.endpoint
    }

    /// Returns the work done so far.
    pub fn served(&self) -> Served {
        lock(&self.shared).served
    }
}

impl Drop for Throttling {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Bucket {
    /// Takes a token, if there is one.
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let begun = *self.begun.get_or_insert(now);
        let filled = self.filled.replace(now).unwrap_or(now);
        let more = now.duration_since(filled).as_secs_f64() * self.limits.rate;
        self.tokens = (self.tokens + more).min(self.limits.burst);
        if self.tokens < 1.0 {
            self.served.throttled += 1;
            return false;
        }
        self.tokens -= 1.0;
        self.served.served += 1;
        self.served.time = now.duration_since(begun);
        true
    }
}

async fn accept(listener: TcpListener, shared: Arc<Mutex<Bucket>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            // A client that goes away is its own affair.
            drop(serve(BufReader::new(stream), &shared).await);
        });
    }
}

async fn serve(mut stream: BufReader<TcpStream>, shared: &Mutex<Bucket>) -> std::io::Result<()> {
    let limits = lock(shared).limits;
    while let Some(request) = read(&mut stream).await? {
        let served = lock(shared).take();
        let response = if served {
            tokio::time::sleep(limits.latency).await;
            Response::json(200, &added(&request.body))
        } else {
            let busy = json!({"code": "TooManyRequests"});
            Response::json(429, &busy).header("retry-after", &limits.retry_after.to_string())
        };
        stream.write_all(&response.bytes(&request.method)).await?;
    }
    stream.shutdown().await
}

/// The results of a chunk whose tasks were all added.
fn added(body: &[u8]) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let tasks = body["value"].as_array().map(Vec::as_slice);
    let results = tasks.unwrap_or_default().iter();
    let results = results.map(|task| json!({"taskId": task["id"], "status": "Success"}));
    json!({"value": results.collect::<Vec<_>>()})
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
