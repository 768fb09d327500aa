//! Signed tokens: JSON Web Tokens with ES256, and the key set to check them with.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
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

/// A key that signs tokens with RS256. Ring cannot make one, so it is in the file `rsa.pem`, which
/// protects nothing.
#[derive(Debug)]
pub struct RsaSigner {
    pair: RsaKeyPair,
    id: String,
}

impl RsaSigner {
    /// Reads the key.
    ///
    /// # Panics
    ///
    /// If the file is not a key.
    pub fn new(id: &str) -> Self {
        let pem = include_str!("rsa.pem").lines();
        let base64: String = pem.filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(base64).expect("base64");
        let pair = RsaKeyPair::from_pkcs8(&der).expect("a key");
        Self {
            pair,
            id: id.to_owned(),
        }
    }

    /// Signs claims.
    ///
    /// # Panics
    ///
    /// If the system has no random numbers.
    pub fn token(&self, claims: &Value) -> String {
        let text = unsigned(
            &json!({"typ": "JWT", "alg": "RS256", "kid": self.id}),
            claims,
        );
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
            .expect("a signature");
        format!("{text}.{}", encoded(&signature))
    }

    /// The public key as an entry of a key set.
    pub fn jwk(&self) -> Value {
        let key = RsaPublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        json!({
            "kty": "RSA", "use": "sig", "kid": self.id,
            "n": encoded(&key.n),
            "e": encoded(&key.e),
        })
    }
}

/// Signs with HS256, as whoever takes a public key for a secret would check it.
pub fn hs256(secret: &[u8], header: &Value, claims: &Value) -> String {
    let text = unsigned(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = hmac::sign(&key, text.as_bytes());
    format!("{text}.{}", encoded(signature.as_ref()))
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
