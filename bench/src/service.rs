//! The servers, each in a separate thread, so that their time and memory are not counted.

use std::future::Future;
use std::sync::{Arc, mpsc};
use std::thread;

use batch_emulator::{Config, Emulator};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::by_hand::{self, Bodies};
use crate::page;

/// A server that ends when this is dropped.
pub(crate) struct Service {
    /// Its address.
    pub(crate) endpoint: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Service {
    /// Starts a server in a separate runtime. The result of `start` lives as long as the server.
    fn start<F, S>(start: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = (String, S)>,
    {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime().block_on(async {
                let (endpoint, _server) = start().await;
                tell.send(endpoint).expect("somebody waits for it");
                // The sender was used or dropped: stop.
                let _ = stopped.await;
            });
        });
        Self {
            endpoint: told.recv().expect("the server starts"),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Starts the emulator with its default account.
    pub(crate) fn emulator() -> Self {
        Self::start(|| async {
            let emulator = batch_emulator::start(Config::default()).await;
            let emulator = emulator.expect("a free port");
            (emulator.endpoint().to_owned(), Some::<Emulator>(emulator))
        })
    }

    /// Starts a server that responds to every request with a pool.
    pub(crate) fn pool() -> Self {
        Self::bodies(by_hand::pool())
    }

    /// Starts a server for a listing with this number of pages, linked to each other.
    pub(crate) fn pages(count: u32) -> Self {
        let page = page::json();
        let items = page.strip_suffix('}').expect("an object").to_owned();
        Self::bodies(Arc::new(move |endpoint, target| {
            let number = target.split_once("$skiptoken=").map(|(_, rest)| rest);
            let number = number.map_or(1, |number| number.parse().expect("our own number"));
            let mut body = Vec::with_capacity(items.len() + 200);
            body.extend_from_slice(items.as_bytes());
            if number < count {
                let next = format!(
                    r#","odata.nextLink":"{endpoint}/jobs/render/tasks?api-version=2024-02-01.19.0&$skiptoken={}""#,
                    number + 1
                );
                body.extend(next.bytes());
            }
            body.push(b'}');
            body
        }))
    }

    fn bodies(bodies: Bodies) -> Self {
        Self::start(|| async {
            let endpoint = by_hand::server(bodies).await.expect("a free port");
            (endpoint, ())
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic has been printed already.
            let _ = thread.join();
        }
    }
}

/// Creates a runtime with one thread, so that all of the client's work is done in the measured
/// thread.
pub(crate) fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("this machine has sockets and timers")
}
