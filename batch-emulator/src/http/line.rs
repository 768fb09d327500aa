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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::HEAD_TIMEOUT;
use crate::tls::Acceptor;

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

/// A stream whose connection can be reset.
trait Resettable {
    fn tcp(&self) -> &TcpStream;
}

impl Resettable for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

#[cfg(feature = "tls")]
impl Resettable for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Serves a new connection until it ends, with TLS if there is an acceptor.
pub(super) async fn accept(stream: TcpStream, tls: Option<Acceptor>, router: Router) {
    // Without this, small replies would wait for the client's acknowledgements.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return serve(stream, router).await;
    };
    if let Some(stream) = tls.accept(stream).await {
        serve(stream, router).await;
    }
}

/// Serves the requests of a connection until it ends.
async fn serve<S: AsyncRead + AsyncWrite + Resettable + Unpin + Send + 'static>(
    stream: S,
    router: Router,
) {
    let peer = stream.tcp().peer_addr().ok();
    let line = Line {
        peer: peer.map(|address| address.ip()),
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
            let stream = connection.into_parts().io.into_inner();
            let _ = stream.tcp().set_zero_linger();
        }
    }
}
