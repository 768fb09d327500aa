//! The issuer's public keys: where they come from, and the check of signatures.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;
use tokio::sync::Mutex;

use super::jwt::{Algorithm, Token};
use crate::config::Jwks;

/// Tokens with unknown keys make the keys be read again no more often than this.
const PAUSE: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(10);

/// Public keys, read when they are needed.
#[derive(Debug)]
pub(super) struct Keys {
    place: Option<Place>,
    known: RwLock<Known>,
    /// Held by the request that reads the keys, with the time at which they were read last.
    reading: Mutex<Option<Instant>>,
}

#[derive(Debug)]
enum Place {
    Url(reqwest::Client, String),
    File(PathBuf),
}

#[derive(Debug, Default)]
struct Known {
    keys: Vec<Key>,
    /// Why the keys could not be read.
    failure: Option<String>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point in its uncompressed form.
    P256(Vec<u8>),
}

impl Keys {
    /// Keys that do not change.
    pub(super) fn fixed(set: &Value) -> Self {
        Self::new(None, parse(set))
    }

    /// Keys at a place, which is not read yet.
    pub(super) fn at(place: &Jwks) -> io::Result<Self> {
        let place = match place {
            Jwks::Url(url) => Place::Url(client()?, url.clone()),
            Jwks::File(path) => Place::File(path.clone()),
        };
        Ok(Self::new(Some(place), Vec::new()))
    }

    fn new(place: Option<Place>, keys: Vec<Key>) -> Self {
        Self {
            place,
            known: RwLock::new(Known {
                keys,
                failure: None,
            }),
            reading: Mutex::default(),
        }
    }

    /// Reads the keys if this one is not known. Requests that come meanwhile wait.
    pub(super) async fn prepare(&self, id: Option<&str>) {
        let Some(place) = &self.place else {
            return;
        };
        if self.knows(id) {
            return;
        }
        let mut last = self.reading.lock().await;
        if self.knows(id) || last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        let read = place.read().await;
        *last = Some(Instant::now());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(set) => {
                *known = Known {
                    keys: parse(&set),
                    failure: None,
                };
            }
            Err(why) => known.failure = Some(why),
        }
    }

    fn knows(&self, id: Option<&str>) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .keys
            .iter()
            .any(|key| id.is_none() || key.id.as_deref() == id)
    }

    /// Checks the signature of a token by the key that it names; by any of them if it names none.
    pub(super) fn verify(&self, token: &Token<'_>) -> Result<(), String> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let id = token.key_id();
        let named = |key: &&Key| id.is_none() || key.id.as_deref() == id;
        let mut candidates = known.keys.iter().filter(named).peekable();
        if candidates.peek().is_none() {
            let why = known
                .failure
                .as_ref()
                .map_or_else(String::new, |why| format!(" ({why})"));
            return Err(format!(
                "The token's key '{}' is not a key of its issuer.{why}",
                id.unwrap_or("")
            ));
        }
        if candidates.any(|key| key.verifies(token)) {
            return Ok(());
        }
        Err("The signature of the token is not by the key that it names.".to_owned())
    }
}

impl Place {
    async fn read(&self) -> Result<Value, String> {
        let failed = |why: &dyn std::fmt::Display| format!("cannot read its keys: {why}");
        let text = match self {
            Self::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
                read.map_err(io::Error::other)
                    .flatten()
                    .map_err(|why| failed(&why))?
            }
            Self::Url(client, url) => {
                let response = client.get(url).send().await;
                let response = response.and_then(reqwest::Response::error_for_status);
                let response = response.map_err(|why| failed(&why))?;
                response.bytes().await.map_err(|why| failed(&why))?.to_vec()
            }
        };
        serde_json::from_slice(&text).map_err(|why| failed(&why))
    }
}

impl Key {
    fn verifies(&self, token: &Token<'_>) -> bool {
        let (text, signature) = (token.signed.as_bytes(), &token.signature);
        match (&self.material, token.algorithm) {
            (Material::Rsa { modulus, exponent }, Algorithm::Rs256) => {
                let key = RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature)
                    .is_ok()
            }
            (Material::P256(point), Algorithm::Es256) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(text, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// Takes the keys of a set that can check signatures; a set may have others.
fn parse(set: &Value) -> Vec<Key> {
    let keys = set.get("keys").and_then(Value::as_array);
    keys.into_iter().flatten().filter_map(key).collect()
}

fn key(jwk: &Value) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    if text("use").is_some_and(|of| of != "sig") {
        return None;
    }
    let material = match (text("kty")?, text("crv")) {
        ("RSA", _) => Material::Rsa {
            modulus: bytes("n")?,
            exponent: bytes("e")?,
        },
        ("EC", Some("P-256")) => {
            let (x, y) = (bytes("x")?, bytes("y")?);
            Material::P256([&[4][..], &x, &y].concat())
        }
        _ => return None,
    };
    Some(Key {
        id: text("kid").map(str::to_owned),
        material,
    })
}

/// The client that fetches keys, with the TLS of the executor's.
fn client() -> io::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(rustls_platform_verifier::BuilderVerifierExt::with_platform_verifier)
        .map_err(io::Error::other)?
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(PATIENCE);
    client.build().map_err(io::Error::other)
}
