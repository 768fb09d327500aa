//! A security token service: the answers of Microsoft Entra ID, and of the endpoints of managed
//! identities.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use percent_encoding::percent_decode_str;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite,
    AsyncWriteExt as _,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::gate::Gate;
use crate::jwt::Signer;

/// The tenant that it knows.
pub const TENANT: &str = "5f0a0b1c-0000-4000-8000-000000000001";
/// The application that it knows, also as a managed identity.
pub const APPLICATION: &str = "5f0a0b1c-0000-4000-8000-00000000000a";
/// The application's secret.
pub const SECRET: &str = "pa~ss&word=1";
/// Assertion that the application's federated credential has to present.
pub const ASSERTION: &str = "header.of-a-service-account.signature";
/// Secret header of the App Service endpoint.
pub const IDENTITY_HEADER: &str = "a-header-to-know";

/// A token service with TLS, and the same without for managed identities. It ends when this is
/// dropped.
#[derive(Debug)]
pub struct Sts {
    address: SocketAddr,
    plain: SocketAddr,
    authority: String,
    state: Arc<State>,
    accepting: [JoinHandle<()>; 2],
}

#[derive(Debug)]
struct State {
    url: String,
    signer: Signer,
    life: Mutex<Duration>,
    /// Paths of the requests.
    requests: Mutex<Vec<String>>,
    /// The service that accepts what is issued.
    gate: Arc<Gate>,
}

struct Request {
    method: String,
    path: String,
    headers: HashMap<String, String>,
    /// The query, or the form in the body.
    fields: HashMap<String, String>,
}

impl Sts {
    /// Starts a service whose tokens a gate accepts, for an hour each.
    ///
    /// # Panics
    ///
    /// If a certificate cannot be made, or if this machine has no free port.
    pub async fn start(gate: &Arc<Gate>) -> Self {
        let (acceptor, authority) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let open = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let plain = open.local_addr().expect("an address");
        let state = Arc::new(State {
            url: format!("https://{address}"),
            signer: Signer::new("key-1"),
            life: Mutex::new(Duration::from_secs(3600)),
            requests: Mutex::default(),
            gate: gate.clone(),
        });
        let shared = state.clone();
        let secured = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, state) = (acceptor.clone(), shared.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, state).await;
                    }
                });
            }
        });
        let shared = state.clone();
        let opened = tokio::spawn(async move {
            while let Ok((stream, _)) = open.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self {
            address,
            plain,
            authority,
            state,
            accepting: [secured, opened],
        }
    }

    /// Its URL, `https://127.0.0.1:PORT`: the authority's host.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The URL without TLS: the endpoint of a managed identity, and a proxy for the address of the
    /// metadata service.
    pub fn plain_url(&self) -> String {
        format!("http://{}", self.plain)
    }

    /// The certificate of the authority that signed its own, as PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The issuer of its tokens.
    pub fn issuer(&self) -> String {
        self.state.issuer()
    }

    /// The address of the keys of its tokens.
    pub fn keys_url(&self) -> String {
        format!("{}/{TENANT}/discovery/v2.0/keys", self.plain_url())
    }

    /// Sets the life of the tokens from now on.
    pub fn live(&self, life: Duration) {
        *lock(&self.state.life) = life;
    }

    /// Issues a token for a resource, such as `https://batch.core.windows.net/`.
    pub fn issue(&self, resource: &str) -> String {
        self.state.issue(resource, APPLICATION).0
    }

    /// Paths of the requests since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state.requests))
    }
}

impl Drop for Sts {
    fn drop(&mut self) {
        for accepting in &self.accepting {
            accepting.abort();
        }
    }
}

impl State {
    fn issuer(&self) -> String {
        format!("{}/{TENANT}/v2.0", self.url)
    }

    /// Issues a token; returns it with the time at which it expires.
    fn issue(&self, resource: &str, application: &str) -> (String, i64) {
        let life = *lock(&self.life);
        let now = Utc::now().timestamp();
        let seconds = i64::try_from(life.as_secs()).expect("a short life");
        let token = self.signer.token(&json!({
            "iss": self.issuer(), "aud": resource, "iat": now, "nbf": now - 300,
            "exp": now + seconds, "tid": TENANT, "appid": application,
            // So that no two are alike.
            "uti": format!("{:?}", Instant::now()),
        }));
        self.gate.accept(&token, Some(Instant::now() + life));
        (token, now + seconds)
    }

    fn response(&self, request: &Request) -> (u16, Value) {
        let path = request.path.split('?').next().unwrap_or_default();
        lock(&self.requests).push(path.to_owned());
        let field = |name: &str| request.fields.get(name).map_or("", String::as_str);
        match (request.method.as_str(), path) {
            ("POST", path) if path.ends_with("/oauth2/v2.0/token") => {
                if path != format!("/{TENANT}/oauth2/v2.0/token") {
                    return refused(400, "invalid_request", 90002, "Tenant not found.");
                }
                self.grant(&field)
            }
            ("GET", path) if path.ends_with("/discovery/v2.0/keys") => {
                (200, json!({"keys": [self.signer.jwk()]}))
            }
            ("GET", "/msi/token") => {
                let header = request.headers.get("x-identity-header");
                if header.is_none_or(|header| header != IDENTITY_HEADER) {
                    return (401, json!({"message": "wrong X-IDENTITY-HEADER"}));
                }
                self.managed(&field)
            }
            ("GET", "http://169.254.169.254/metadata/identity/oauth2/token") => {
                if request
                    .headers
                    .get("metadata")
                    .is_none_or(|is| is != "true")
                {
                    return (400, json!({"error": "bad_request_102"}));
                }
                self.managed(&field)
            }
            _ => (404, json!({"error": "not_found"})),
        }
    }

    /// The grant of client credentials, by a secret or an assertion.
    fn grant<'a>(&self, field: &impl Fn(&str) -> &'a str) -> (u16, Value) {
        if field("grant_type") != "client_credentials" {
            return refused(
                400,
                "unsupported_grant_type",
                70003,
                "Unsupported grant type.",
            );
        }
        if field("client_id") != APPLICATION {
            let text = "Application was not found in the directory.";
            return refused(400, "unauthorized_client", 700_016, text);
        }
        let assertion = field("client_assertion");
        if assertion.is_empty() && field("client_secret") != SECRET {
            return refused(
                401,
                "invalid_client",
                7_000_215,
                "Invalid client secret provided.",
            );
        }
        if !assertion.is_empty() && assertion != ASSERTION {
            let text = "No matching federated identity record found.";
            return refused(401, "invalid_client", 700_213, text);
        }
        let Some(resource) = field("scope").strip_suffix("/.default") else {
            return refused(400, "invalid_scope", 1_002_012, "The scope is not valid.");
        };
        let (token, expires_on) = self.issue(resource, APPLICATION);
        let life = expires_on - Utc::now().timestamp();
        let answer = json!({
            "token_type": "Bearer", "expires_in": life, "ext_expires_in": life,
            "access_token": token,
        });
        (200, answer)
    }

    /// A managed identity's token, which has its times as strings.
    fn managed<'a>(&self, field: &impl Fn(&str) -> &'a str) -> (u16, Value) {
        let application = field("client_id");
        if !application.is_empty() && application != APPLICATION {
            return (
                400,
                json!({"error": "invalid_request", "error_description": "no such identity"}),
            );
        }
        let resource = field("resource");
        let (token, expires_on) = self.issue(resource, APPLICATION);
        let answer = json!({
            "access_token": token, "expires_on": expires_on.to_string(), "resource": resource,
            "token_type": "Bearer", "client_id": APPLICATION,
        });
        (200, answer)
    }
}

/// An error in the words and the form of Microsoft Entra ID.
fn refused(status: u16, error: &str, code: u32, text: &str) -> (u16, Value) {
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {text} Trace ID: 0 Correlation ID: 0"),
        "error_codes": [code],
    });
    (status, body)
}

/// TLS with a certificate for this machine, and the PEM of the authority that signed it.
fn tls() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::new([]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names)
        .and_then(|params| params.signed_by(&key, &authority))
        .expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate with its key");
    let pem = authority.as_ref().pem();
    (TlsAcceptor::from(Arc::new(config)), pem)
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let (status, body) = state.response(&request);
        let body = body.to_string();
        let answer = format!(
            "HTTP/1.1 {status} STS\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n\
             {body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(Some(0), |n| n.parse().ok())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let form = String::from_utf8(body).ok()?;
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let fields = [query, &form]
        .iter()
        .flat_map(|text| fields(text))
        .collect();
    Some(Request {
        method,
        path,
        headers,
        fields,
    })
}

fn fields(form: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
