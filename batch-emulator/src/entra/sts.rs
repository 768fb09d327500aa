//! A token service for development: client credentials, discovery and keys, at the paths of
//! Microsoft Entra ID. It serves every tenant and application, and has one secret, which is
//! published. Its key is made at the start.

use std::fmt;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::DEVELOPMENT_SECRET;

/// Audiences of tokens for Batch, in the public cloud and those of the US Government and China.
pub(super) const AUDIENCES: [&str; 3] = [
    "https://batch.core.windows.net/",
    "https://batch.core.usgovcloudapi.net/",
    "https://batch.chinacloudapi.cn/",
];
const TOKEN: &str = "oauth2/v2.0/token";
const KEYS: &str = "discovery/v2.0/keys";
const DISCOVERY: &str = "v2.0/.well-known/openid-configuration";
/// Life of a token, in seconds.
const LIFE: u64 = 3600;
/// Tokens are valid from some time before they are issued, as those of Microsoft Entra ID.
const BEFORE: u64 = 300;

/// The token service.
pub(crate) struct Sts {
    pair: EcdsaKeyPair,
    id: String,
}

impl fmt::Debug for Sts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sts")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Sts {
    /// Creates the service with a new key.
    pub(crate) fn new() -> io::Result<Self> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let failed = |_| io::Error::other("cannot make a key for the token service");
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random)
            .map_err(|_| io::Error::other("cannot use the new key of the token service"))?;
        Ok(Self {
            pair,
            id: Uuid::new_v4().to_string(),
        })
    }

    /// Its keys as a set.
    pub(super) fn keys(&self) -> Value {
        // Uncompressed: 4, x, y.
        let point = self.pair.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..]);
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }]})
    }

    /// Returns true if a request is for this service. Its paths are none of Batch's.
    pub(crate) fn is_for(parts: &Parts) -> bool {
        Self::place(parts).is_some()
    }

    /// The tenant that a request names, and what it is for.
    fn place(parts: &Parts) -> Option<(&str, &'static str)> {
        let (tenant, rest) = parts.uri.path().strip_prefix('/')?.split_once('/')?;
        let place = [TOKEN, KEYS, DISCOVERY]
            .into_iter()
            .find(|place| *place == rest)?;
        (!tenant.is_empty()).then_some((tenant, place))
    }

    /// Answers a request that is for this service, at this base of addresses.
    pub(crate) fn answer(&self, parts: &Parts, base: &str, body: &[u8]) -> Response {
        let (status, body) = match (Self::place(parts), &parts.method) {
            (Some((tenant, TOKEN)), &Method::POST) => {
                self.grant(&issuer(base, tenant), tenant, body)
            }
            (Some((_, KEYS)), &Method::GET) => (StatusCode::OK, self.keys()),
            (Some((tenant, DISCOVERY)), &Method::GET) => (StatusCode::OK, discovery(base, tenant)),
            _ => (
                StatusCode::METHOD_NOT_ALLOWED,
                json!({"error": "invalid_request"}),
            ),
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// The grant of client credentials.
    fn grant(&self, issuer: &str, tenant: &str, body: &[u8]) -> (StatusCode, Value) {
        let form = fields(&String::from_utf8_lossy(body));
        let field = |name: &str| {
            let found = form.iter().find(|(of, _)| of == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        if field("grant_type") != "client_credentials" {
            let text = "Only the grant of client credentials is supported.";
            return refused("unsupported_grant_type", 70003, text);
        }
        let application = field("client_id");
        if application.is_empty() {
            return refused(
                "invalid_request",
                900_144,
                "The request has no 'client_id'.",
            );
        }
        // An assertion is not checked: its issuer is unknown here.
        if field("client_assertion").is_empty() && field("client_secret") != DEVELOPMENT_SECRET {
            let text = "The client secret is not the published one.";
            return refused("invalid_client", 7_000_215, text);
        }
        let Some(resource) = field("scope").strip_suffix("/.default") else {
            let text = "The scope must be a resource, followed by '/.default'.";
            return refused("invalid_scope", 1_002_012, text);
        };
        let token = self.token(issuer, tenant, application, resource);
        let answer = json!({
            "token_type": "Bearer", "expires_in": LIFE, "ext_expires_in": LIFE,
            "access_token": token,
        });
        (StatusCode::OK, answer)
    }

    fn token(&self, issuer: &str, tenant: &str, application: &str, resource: &str) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since.map_or(0, |since| since.as_secs());
        let header = json!({"typ": "JWT", "alg": "ES256", "kid": self.id});
        let claims = json!({
            "aud": resource, "iss": issuer, "iat": now, "nbf": now.saturating_sub(BEFORE),
            "exp": now + LIFE, "appid": application, "tid": tenant, "ver": "1.0",
            "uti": Uuid::new_v4().to_string(),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(&claims));
        match self.pair.sign(&SystemRandom::new(), text.as_bytes()) {
            Ok(signature) => format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)),
            // Without random numbers there is no signature, and the token is refused.
            Err(_) => format!("{text}."),
        }
    }
}

fn issuer(base: &str, tenant: &str) -> String {
    format!("{base}/{tenant}/v2.0")
}

fn discovery(base: &str, tenant: &str) -> Value {
    json!({
        "issuer": issuer(base, tenant),
        "token_endpoint": format!("{base}/{tenant}/{TOKEN}"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "jwks_uri": format!("{base}/{tenant}/{KEYS}"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
    })
}

/// An error in the form of Microsoft Entra ID, with its code.
fn refused(error: &str, code: u32, text: &str) -> (StatusCode, Value) {
    let status = match error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({
        "error": error, "error_description": format!("AADSTS{code}: {text}"), "error_codes": [code],
    });
    (status, body)
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
