//! Certificates: every setting of `Client::http_builder` works.
//! `batch-client/tests/call/network.rs` has the proxies of the environment, which concern a whole
//! process.

use base64::Engine as _;
use batch_client::{Client, Error, RetryPolicy, reqwest};
use batch_tests::tls::TlsServer;
use reqwest::{Certificate, ClientBuilder, Identity};

use crate::calls::key;

/// The error of a call over an HTTP client. The server ends each connection after the handshake.
async fn call(server: &TlsServer, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Error {
    let http = set(Client::http_builder().expect("TLS")).build();
    let client = Client::builder(server.url(), key())
        .http_client(http.expect("an HTTP client"))
        .retry(RetryPolicy::none());
    let call = client.build().expect("a client").job().get("nightly").await;
    call.expect_err("the server does not answer")
}

fn root(server: &TlsServer) -> Certificate {
    Certificate::from_der(&server.certificate()).expect("a certificate")
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[tokio::test]
async fn certificates_of_the_builder_are_trusted() {
    let server = TlsServer::start("127.0.0.1").await;
    let error = call(&server, |builder| builder).await;
    assert!(error.to_string().contains("unknown issuer"), "{error}");
    assert_eq!(server.handshakes(), 0);

    let error = call(&server, |builder| {
        builder.add_root_certificate(root(&server))
    })
    .await;
    assert!(!error.is_connect(), "{error}");
    assert_eq!(server.handshakes(), 1);

    let error = call(&server, |builder| builder.tls_certs_only([root(&server)])).await;
    assert!(!error.is_connect(), "{error}");
    assert_eq!(server.handshakes(), 2);

    // Only these: another server's certificate is no longer trusted.
    let other = TlsServer::start("127.0.0.1").await;
    let error = call(&other, |builder| builder.tls_certs_only([root(&server)])).await;
    assert!(error.to_string().contains("not trusted"), "{error}");
    assert_eq!(other.handshakes(), 0);
}

#[tokio::test]
async fn an_identity_of_the_builder_is_shown_to_the_server() {
    let client = rcgen::generate_simple_self_signed(["client".to_owned()]).expect("a certificate");
    let pem = pem("CERTIFICATE", client.cert.der())
        + &pem("PRIVATE KEY", &client.signing_key.serialize_der());
    let server = TlsServer::with_clients("127.0.0.1", Some(client.cert.der().clone())).await;
    let trusting = |builder: ClientBuilder| builder.add_root_certificate(root(&server));

    call(&server, trusting).await;
    assert_eq!(server.handshakes(), 0, "a client without a certificate");

    let identity = Identity::from_pem(pem.as_bytes()).expect("an identity");
    call(&server, |builder| trusting(builder).identity(identity)).await;
    assert_eq!(server.handshakes(), 1);
}
