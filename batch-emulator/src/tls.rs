//! The TLS side of the listener: a certificate from files, or one that is made at the start.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{Config, Tls};

/// Time limit for a handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// Accepts TLS connections.
#[derive(Clone)]
pub(crate) struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// Performs the handshake; returns `None` if the client does not complete it.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let done = tokio::time::timeout(HANDSHAKE, self.0.accept(stream)).await;
        done.ok()?.ok()
    }
}

/// Creates the acceptor of a configuration, and the certificate of the authority, as PEM, if it was
/// made for this run.
pub(crate) fn prepare(
    config: &Config,
    tls: &Tls,
) -> io::Result<(Option<Acceptor>, Option<String>)> {
    let (chain, key, authority) = match tls {
        Tls::Generated => generate(config).map_err(io::Error::other)?,
        Tls::Files { certificate, key } => {
            let chain = CertificateDer::pem_file_iter(certificate)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let chain = chain.map_err(|error| unreadable("certificate", certificate, &error))?;
            if chain.is_empty() {
                return Err(unreadable("certificate", certificate, &"it has none"));
            }
            let read = PrivateKeyDer::from_pem_file(key);
            let read = read.map_err(|error| unreadable("private key", key, &error))?;
            (chain, read, None)
        }
    };
    let mut server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| {
            let text = format!("cannot use the certificate and its key: {error}");
            io::Error::new(io::ErrorKind::InvalidInput, text)
        })?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = Acceptor(TlsAcceptor::from(Arc::new(server)));
    Ok((Some(acceptor), authority))
}

fn unreadable(what: &str, path: &Path, reason: &dyn std::fmt::Display) -> io::Error {
    let text = format!("cannot read the {what} in {}: {reason}", path.display());
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// A certificate chain, its key, and the authority as PEM.
type Identity = (
    Vec<CertificateDer<'static>>,
    PrivateKeyDer<'static>,
    Option<String>,
);

/// Makes an authority and a certificate for all names of the service. The authority's key is
/// discarded, so that nobody can sign anything else with it.
fn generate(config: &Config) -> Result<Identity, rcgen::Error> {
    let mut authority = CertificateParams::default();
    let title = "batch-emulator, for this run only";
    authority.distinguished_name.push(DnType::CommonName, title);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    if !config.host.is_unspecified() {
        names.push(config.host.to_string());
    }
    names.extend(config.public_host());
    names.extend(config.allowed_hosts.iter().cloned());
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "batch-emulator");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    let chain = vec![certificate.der().clone(), issuer.der().clone()];
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    Ok((chain, key, Some(pem(issuer.der()))))
}

/// Returns a certificate in the format of files.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
