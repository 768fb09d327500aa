//! Tokens that must not be accepted.

use batch_client::chrono::Utc;
use batch_tests::jwt::{Signer, encoded, hs256, unsigned};
use serde_json::{Value, json};

use super::{ISSUER, claims, with};

/// A token's mistake, the token, and a part of the detail with which it is refused.
pub(super) type Row = (&'static str, String, &'static str);

/// Tokens of the key `ec`, each with one mistake.
#[allow(clippy::too_many_lines)]
pub(super) fn bad_tokens(signer: &Signer) -> Vec<Row> {
    let now = Utc::now().timestamp();
    let header = json!({"typ": "JWT", "alg": "ES256", "kid": "ec"});
    let good = signer.token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let [head, payload, signature] = parts[..] else {
        panic!("{good}");
    };
    let algorithm = |name: &str| signer.sign(&json!({"alg": name, "kid": "ec"}), &claims());
    let point = signer.jwk().to_string();
    let unsigned_none = unsigned(&json!({"alg": "none"}), &claims());
    let wrong_key = Signer::new("ec");
    let issuer = "The token's issuer is '";
    vec![
        (
            "one part",
            "token".to_owned(),
            "malformed: it does not have three parts",
        ),
        (
            "two parts",
            format!("{head}.{payload}"),
            "malformed: it does not have three parts",
        ),
        (
            "four parts",
            format!("{good}.x"),
            "malformed: it does not have three parts",
        ),
        (
            "empty parts",
            "..".to_owned(),
            "malformed: its header is not a JSON object",
        ),
        (
            "a header that is not base64",
            format!("%.{payload}.{signature}"),
            "header is not in base64url",
        ),
        (
            "a padded header",
            format!("{head}==.{payload}.{signature}"),
            "header is not in base64url",
        ),
        (
            "a header that is not JSON",
            format!("{}.{payload}.{signature}", encoded(b"{")),
            "header is not a JSON object",
        ),
        (
            "a header that is a list",
            format!("{}.{payload}.{signature}", encoded(b"[]")),
            "header is not a JSON object",
        ),
        (
            "a payload that is not base64",
            format!("{head}.%.{signature}"),
            "payload is not in base64url",
        ),
        (
            "a payload that is a list",
            signer.sign(&header, &json!([])),
            "payload is not a JSON object",
        ),
        (
            "no algorithm",
            signer.sign(&json!({"kid": "ec"}), &claims()),
            "header has no algorithm",
        ),
        (
            "the algorithm none",
            format!("{unsigned_none}."),
            "algorithm of the token, 'none'",
        ),
        (
            "the algorithm NONE, signed",
            algorithm("NONE"),
            "algorithm of the token, 'NONE'",
        ),
        (
            "HS256 by the public key",
            hs256(
                point.as_bytes(),
                &json!({"alg": "HS256", "kid": "ec"}),
                &claims(),
            ),
            "algorithm of the token, 'HS256'",
        ),
        (
            "HS256 by a key of the set",
            hs256(
                b"secret",
                &json!({"alg": "HS256", "kid": "secret"}),
                &claims(),
            ),
            "algorithm of the token, 'HS256'",
        ),
        (
            "ES384",
            algorithm("ES384"),
            "algorithm of the token, 'ES384'",
        ),
        (
            "PS256",
            algorithm("PS256"),
            "algorithm of the token, 'PS256'",
        ),
        (
            "another key's algorithm",
            algorithm("RS256"),
            "signature of the token is not by the key",
        ),
        (
            "an unknown extension",
            signer.sign(
                &json!({"alg": "ES256", "kid": "ec", "crit": ["x"]}),
                &claims(),
            ),
            "critical extensions",
        ),
        (
            "an unknown key",
            signer.sign(&json!({"alg": "ES256", "kid": "x"}), &claims()),
            "key 'x' is not a key of its issuer",
        ),
        (
            "a key of another kind",
            signer.sign(&json!({"alg": "ES256", "kid": "rsa"}), &claims()),
            "signature of the token is not by the key",
        ),
        (
            "the secret of the set",
            signer.sign(&json!({"alg": "ES256", "kid": "secret"}), &claims()),
            "key 'secret' is not a key of its issuer",
        ),
        (
            "a key id that is a number",
            signer.sign(&json!({"alg": "ES256", "kid": 1}), &claims()),
            "key id in its header is not a string",
        ),
        (
            "another key of the same id",
            wrong_key.token(&claims()),
            "signature of the token is not by the key",
        ),
        (
            "no signature",
            format!("{head}.{payload}."),
            "signature of the token is not by the key",
        ),
        (
            "half a signature",
            format!("{head}.{payload}.{}", &signature[..40]),
            "signature of the token is not by the key",
        ),
        (
            "a signature that is not base64",
            format!("{head}.{payload}.%"),
            "signature is not in base64url",
        ),
        (
            "another payload",
            format!(
                "{}.{signature}",
                unsigned(&header, &with("exp", now + 9999))
            ),
            "signature of the token is not by the key",
        ),
        (
            "another header",
            format!(
                "{}.{payload}.{signature}",
                encoded(br#"{"alg":"ES256","kid":"ec"}"#)
            ),
            "signature of the token is not by the key",
        ),
        (
            "no issuer",
            signer.token(&with("iss", Value::Null)),
            "claim 'iss' of the token is missing",
        ),
        (
            "another issuer",
            signer.token(&with("iss", "https://evil.example/v2.0")),
            issuer,
        ),
        (
            "an issuer with a slash more",
            signer.token(&with("iss", format!("{ISSUER}/"))),
            issuer,
        ),
        (
            "no audience",
            signer.token(&with("aud", Value::Null)),
            "claim 'aud' of the token is missing",
        ),
        (
            "an audience that is a number",
            signer.token(&with("aud", 1)),
            "claim 'aud' of the token is missing or not a string",
        ),
        (
            "an audience with a slash less",
            signer.token(&with("aud", "https://batch.core.windows.net")),
            "audience of the token, 'https://batch.core.windows.net', is not one of those that are allowed: 'https://batch.core.windows.net/'",
        ),
        (
            "another audience",
            signer.token(&with("aud", "https://management.azure.com/")),
            "audience of the token, 'https://management.azure.com/'",
        ),
        (
            "other audiences",
            signer.token(&with("aud", json!(["a", "b"]))),
            "audience of the token, 'a', 'b'",
        ),
        (
            "no audiences",
            signer.token(&with("aud", json!([]))),
            "audience of the token",
        ),
        (
            "no expiry",
            signer.token(&with("exp", Value::Null)),
            "token has no expiry",
        ),
        (
            "an expiry in the past",
            signer.token(&with("exp", now - 1)),
            "token expired at ",
        ),
        (
            "an expiry that is a string",
            signer.token(&with("exp", (now + 99).to_string())),
            "claim 'exp' of the token is not a time",
        ),
        (
            "an expiry before 1970",
            signer.token(&with("exp", -1)),
            "claim 'exp' of the token is not a time",
        ),
        (
            "an expiry after all time",
            signer.token(&with("exp", 1e300)),
            "claim 'exp' of the token is not a time",
        ),
        (
            "a start in the future",
            signer.token(&with("nbf", now + 900)),
            "token is not valid before ",
        ),
        (
            "a start that is a string",
            signer.token(&with("nbf", "0")),
            "claim 'nbf' of the token is not a time",
        ),
    ]
}
