//! A connection, as who answers on it sees it: where it comes from, and how to end it with a reset.

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

/// A connection; every request on it has it among its extensions.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Who is at the other end.
    pub(super) peer: Option<IpAddr>,
    reset: Arc<Notify>,
}

impl Line {
    /// Ends the connection at once: the client gets a reset instead of the rest.
    pub(super) fn reset(&self) {
        self.reset.notify_one();
    }
}

/// Answers the requests of a connection until it ends.
pub(super) async fn serve(stream: TcpStream, router: Router) {
    // Without it, small replies would wait for the client's acknowledgements.
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
        // An error here is the client's: it went away, or what it sent was not HTTP and has been
        // answered.
        _ = &mut connection => {}
        () = reset.notified() => {
            // Closed without lingering, a connection is reset.
            let _ = connection.into_parts().io.into_inner().set_zero_linger();
        }
    }
}
