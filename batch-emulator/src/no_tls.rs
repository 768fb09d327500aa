//! The TLS side of the listener in a build without the feature `tls`.

use std::io;

use tokio::net::TcpStream;

use crate::config::{Config, Tls};

/// Accepts no TLS connections.
#[derive(Clone)]
pub(crate) enum Acceptor {}

impl Acceptor {
    pub(crate) async fn accept(&self, _: TcpStream) -> Option<TcpStream> {
        match *self {}
    }
}

pub(crate) fn prepare(_: &Config, _: &Tls) -> io::Result<(Option<Acceptor>, Option<String>)> {
    let text = "cannot listen with TLS: this build lacks the feature `tls` of batch-emulator";
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}
