//! Signed tokens: JSON Web Tokens with ES256, and the key set to check them with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// A key that signs tokens.
#[derive(Debug)]
pub struct Signer {
    pair: EcdsaKeyPair,
    /// Its id in the key set.
    id: String,
}

impl Signer {
    /// Makes a key.
    ///
    /// # Panics
    ///
    /// If the system has no random numbers.
    pub fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
        Self {
            pair,
            id: id.to_owned(),
        }
    }

    /// Signs claims, in the way in which the service's tokens are.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(
            &json!({"typ": "JWT", "alg": "ES256", "kid": self.id}),
            claims,
        )
    }

    /// Signs any header and claims.
    ///
    /// # Panics
    ///
    /// If the system has no random numbers.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let signature = self
            .pair
            .sign(&SystemRandom::new(), text.as_bytes())
            .expect("a signature");
        format!("{text}.{}", encoded(signature.as_ref()))
    }

    /// The public key as an entry of a key set.
    pub fn jwk(&self) -> Value {
        // Uncompressed: 4, x, y.
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id,
            "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
        })
    }
}

/// Header and claims of a token, which its signature is for.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        encoded(header.to_string().as_bytes()),
        encoded(claims.to_string().as_bytes())
    )
}

/// Base64 as tokens have it.
pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
