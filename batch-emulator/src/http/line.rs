//! A connection as its handler sees it: the peer's address, and a way to reset it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::HEAD_TIMEOUT;

/// A connection. Every request on it carries this in its extensions.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Address of the peer.
    pub(super) peer: Option<IpAddr>,
    reset: Arc<Notify>,
}

impl Line {
    /// Closes the connection at once: the client receives a reset instead of the rest.
    pub(super) fn reset(&self) {
        self.reset.notify_one();
    }
}

/// Serves the requests of a connection until it ends.
pub(super) async fn serve(stream: TcpStream, router: Router) {
    // Without this, small replies would wait for the client's acknowledgements.
    let _ = stream.set_nodelay(true);
    let line = Line {
        peer: stream.peer_addr().ok().map(|address| address.ip()),
        reset: Arc::default(),
    };
    let reset = line.reset.clone();
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(line.clone());
        inner.call(request)
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // An error here is the client's: it disconnected, or it sent something other than HTTP,
        // which has been answered.
        _ = &mut connection => {}
        () = reset.notified() => {
            // Closing a connection without lingering resets it.
            let _ = connection.into_parts().io.into_inner().set_zero_linger();
        }
    }
}
