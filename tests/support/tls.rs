//! A TLS server on a free port, with a certificate that is made for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// A server that shakes hands and closes the connection; it ends when this is dropped.
#[derive(Debug)]
pub struct TlsServer {
    address: SocketAddr,
    certificate: CertificateDer<'static>,
    handshakes: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl TlsServer {
    /// Starts a server with a self-signed certificate for `name`.
    ///
    /// # Panics
    ///
    /// If the certificate cannot be made, or if this machine has no free port.
    pub async fn start(name: &str) -> Self {
        Self::with_clients(name, None).await
    }

    /// Starts a server as [`start`](Self::start) does; with a certificate, clients have to show it.
    ///
    /// # Panics
    ///
    /// As for [`start`](Self::start).
    pub async fn with_clients(name: &str, client: Option<CertificateDer<'static>>) -> Self {
        let signed = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let certificate = signed.cert.der().clone();
        let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS");
        let config = match client {
            None => config.with_no_client_auth(),
            Some(client) => {
                let mut roots = RootCertStore::empty();
                roots.add(client).expect("a certificate");
                let provider = Arc::new(default_provider());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                config.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let config = config
            .with_single_cert(vec![certificate.clone()], key)
            .expect("a certificate with its key");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let handshakes = Arc::new(AtomicUsize::new(0));
        let done = handshakes.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The client sees what becomes of it.
                if acceptor.accept(stream).await.is_ok() {
                    done.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Self {
            address,
            certificate,
            handshakes,
            accepting,
        }
    }

    /// Its URL, `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Number of handshakes that both sides completed.
    pub fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::SeqCst)
    }

    /// Its certificate, for clients that trust it.
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
