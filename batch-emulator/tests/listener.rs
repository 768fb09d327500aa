//! Tests of the listener: TLS, addresses and names, health, and the program around them.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use batch_emulator::{Config, Emulator, Tls, start};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";

/// Sends a call over TLS to a name that the certificate must have.
async fn send(
    emulator: &Emulator,
    authority: &str,
    name: &str,
    call: &Call,
) -> std::io::Result<Answer> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(authority.as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (_, address) = emulator.endpoint().split_once("://").unwrap();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await?;
    stream.write_all(&call.bytes(emulator)).await?;
    stream.shutdown().await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(Answer::parse(&bytes).expect("a response"))
}

fn add_job(id: &str) -> Call {
    let body = json!({"id": id, "poolInfo": {"poolId": "p"}}).to_string();
    Call::new("POST", &format!("/jobs?{V}")).body("application/json", body.as_bytes())
}

#[tokio::test]
async fn every_url_behind_tls_is_https() {
    let config = Config::default().tls(Tls::Generated).allow_host("emulator");
    let emulator = start(config).await.unwrap();
    let authority = emulator.authority().unwrap().to_owned();
    assert!(emulator.endpoint().starts_with("https://127.0.0.1:"));
    for id in ["a", "b"] {
        let added = send(&emulator, &authority, "127.0.0.1", &add_job(id))
            .await
            .unwrap();
        assert_eq!(added.status, 201, "{}", added.text());
        let location = format!("{}/jobs/{id}", emulator.endpoint());
        assert_eq!(added.header("location"), Some(location.as_str()));
    }
    for name in ["localhost", "emulator", "127.0.0.1"] {
        let list = Call::get(&format!("/jobs?maxresults=1&{V}"));
        let page = send(&emulator, &authority, name, &list)
            .await
            .unwrap()
            .json();
        let next = page["odata.nextLink"].as_str().unwrap();
        assert!(next.starts_with(emulator.endpoint()), "{next}");
        assert_eq!(
            page["value"][0]["url"],
            format!("{}/jobs/a", emulator.endpoint())
        );
    }
    let list = Call::get(&format!("/jobs?{V}"));
    let foreign = send(&emulator, &authority, "example.org", &list).await;
    foreign.expect_err("the certificate does not have this name");
    let other = start(Config::default().tls(Tls::Generated)).await.unwrap();
    let distrusted = send(&other, &authority, "localhost", &list).await;
    distrusted.expect_err("another run has another authority");
    emulator.stop().await;
}

#[tokio::test]
async fn a_certificate_comes_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["batch.example".to_owned()]).unwrap();
    let pem = |kind: &str, der: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n")
    };
    let certificate = folder.path().join("cert.pem");
    let key = folder.path().join("key.pem");
    let text = pem("CERTIFICATE", made.cert.der());
    std::fs::write(&certificate, &text).unwrap();
    std::fs::write(&key, pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
    let files = |certificate: &std::path::Path, key: &std::path::Path| Tls::Files {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    };
    let emulator = start(Config::default().tls(files(&certificate, &key)))
        .await
        .unwrap();
    assert_eq!(emulator.authority(), None);
    let list = Call::get(&format!("/jobs?{V}"));
    let listed = send(&emulator, &text, "batch.example", &list)
        .await
        .unwrap();
    assert_eq!(listed.status, 200);
    for (certificate, key, named) in [
        (&key, &key, "cannot read the certificate"),
        (&certificate, &certificate, "cannot read the private key"),
        (&folder.path().join("none"), &key, "none"),
    ] {
        let error = start(Config::default().tls(files(certificate, key))).await;
        let error = error.expect_err("refused").to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[tokio::test]
async fn urls_start_with_the_public_one() {
    let config = Config::default().public_url("https://batch.example.org/");
    let emulator = start(config).await.unwrap();
    let added = add_job("a").send(&emulator).await;
    let job = "https://batch.example.org/jobs/a";
    assert_eq!(added.header("location"), Some(job));
    let shown = Call::get(&format!("/jobs/a?{V}"))
        .send(&emulator)
        .await
        .json();
    assert_eq!(shown["url"], job);
    let none = Call::get(&format!("/jobs/b?{V}"))
        .send(&emulator)
        .await
        .json();
    let metadata = none["odata.metadata"].as_str().unwrap();
    assert!(
        metadata.starts_with("https://batch.example.org/$metadata"),
        "{metadata}"
    );
}

#[tokio::test]
async fn other_addresses_need_an_own_key() {
    let everywhere = Config::default().host(Ipv4Addr::UNSPECIFIED);
    let refused = start(everywhere.clone()).await.expect_err("refused");
    assert!(refused.to_string().contains("your own key"), "{refused}");
    let emulator = start(everywhere.key("b3duIGtleQ==")).await.unwrap();
    let (_, port) = emulator.endpoint().rsplit_once(':').unwrap();
    assert_eq!(emulator.endpoint(), format!("http://0.0.0.0:{port}"));
    TcpStream::connect(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    let taken = Config::default().port(port.parse().unwrap());
    let error = start(taken).await.expect_err("in use").to_string();
    let named = format!("cannot listen on 127.0.0.1:{port}: ");
    assert!(error.starts_with(&named), "{error}");
}

#[tokio::test]
async fn the_health_needs_no_signature() {
    let emulator = start(Config::default().allow_host("emulator"))
        .await
        .unwrap();
    let ask = |path: &str, host: &str| {
        let call = Call::get(path).authorization(None);
        call.sent_header("host", host)
    };
    let health = ask("/_health", "anything").send(&emulator).await;
    assert_eq!(
        (health.status, &health.json()["status"]),
        (200, &json!("ok"))
    );
    assert!(emulator.requests().is_empty());
    for (host, status) in [("emulator:80", 200), ("other", 421)] {
        let page = ask("/", host).send(&emulator).await;
        assert_eq!(page.status, status, "{host}");
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_batch-emulator"))
}

/// Sends a signal to a process.
#[cfg(unix)]
fn signal(child: &std::process::Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status().unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[test]
fn it_prints_lines_for_a_shell_and_stops_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let mut child = program()
        .args(["--env", "--tls", "--ca"])
        .arg(&file)
        .env("BATCH_EMULATOR_ACCOUNT", "mine")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let endpoint = line
        .trim_end()
        .strip_prefix("listening on ")
        .unwrap()
        .to_owned();
    let mut exports = String::new();
    while !exports.contains("NODE_EXTRA_CA_CERTS") {
        assert_ne!(stdout.read_line(&mut exports).unwrap(), 0, "{exports}");
    }
    let shell = format!("{exports}echo $AZURE_BATCH_ENDPOINT $AZURE_BATCH_ACCOUNT $SSL_CERT_FILE");
    let read = Command::new("sh").args(["-c", &shell]).output().unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    let wanted = format!("{endpoint} mine {}\n", file.display());
    assert_eq!(read, wanted);
    let pem = std::fs::read_to_string(&file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n"), "{pem}");
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn the_program_tells_its_version() {
    let output = program().arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        format!("batch-emulator {}\n", env!("CARGO_PKG_VERSION"))
    );
}
