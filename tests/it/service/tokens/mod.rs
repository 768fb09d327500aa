//! The emulator accepts the tokens of an issuer, and no others.

mod table;

use batch_client::chrono::Utc;
use batch_client::reqwest::StatusCode;
use batch_client::{BearerToken, Client, Error, RetryPolicy, SharedKey};
use batch_emulator::{AuthenticationMode, Config, DEVELOPMENT_SECRET, Emulator, Entra, Jwks};
use batch_tests::gate::Gate;
use batch_tests::jwt::{RsaSigner, Signer, encoded};
use batch_tests::sts::{Sts, TENANT};
use serde_json::{Value, json};

const ISSUER: &str = "https://sts.example/tenant/v2.0";
const AUDIENCE: &str = "https://batch.core.windows.net/";

/// An emulator that accepts tokens by two keys, and those keys.
struct Place {
    emulator: Emulator,
    signer: Signer,
    rsa: RsaSigner,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let (signer, rsa) = (Signer::new("ec"), RsaSigner::new("rsa"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let other = json!({"kty": "oct", "kid": "secret", "k": encoded(b"secret")});
        let set = json!({"keys": [other, signer.jwk(), rsa.jwk()]});
        std::fs::write(&path, set.to_string()).expect("a file");
        let config = Config::default().entra(Entra::new(ISSUER, Jwks::File(path)));
        let emulator = batch_emulator::start(config).await.expect("an emulator");
        Self {
            emulator,
            signer,
            rsa,
            folder,
        }
    }

    async fn call(&self, token: &str) -> Result<(), Error> {
        call(&self.emulator, token).await
    }
}

async fn call(emulator: &Emulator, token: &str) -> Result<(), Error> {
    let token = BearerToken::new(token).expect("a header");
    let builder = Client::builder(emulator.endpoint(), token).retry(RetryPolicy::none());
    let client = builder.build().expect("a client");
    client.pool().list().await.map(drop)
}

fn claims() -> Value {
    let now = Utc::now().timestamp();
    json!({"iss": ISSUER, "aud": AUDIENCE, "iat": now, "nbf": now - 300, "exp": now + 3600})
}

/// Claims with one of them replaced, or removed by null.
fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    let value = value.into();
    let object = claims.as_object_mut().expect("an object");
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    claims
}

fn detail(error: &Error) -> String {
    let details = error.details();
    let found = details
        .iter()
        .find(|detail| detail.key.as_deref() == Some("AuthenticationErrorDetail"));
    found
        .and_then(|detail| detail.value.clone())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_issuer_are_accepted() {
    let place = Place::new().await;
    place
        .call(&place.signer.token(&claims()))
        .await
        .expect("ES256");
    place
        .call(&place.rsa.token(&claims()))
        .await
        .expect("RS256");
    let several = with("aud", json!(["https://other.example/", AUDIENCE]));
    place
        .call(&place.signer.token(&several))
        .await
        .expect("one of the audiences");
    let without = place
        .signer
        .sign(&json!({"alg": "ES256"}), &with("nbf", Value::Null));
    place.call(&without).await.expect("without key id and nbf");
    let ahead = with("nbf", Utc::now().timestamp() + 120);
    place
        .call(&place.signer.token(&ahead))
        .await
        .expect("clocks differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_refused_with_their_reason() {
    let place = Place::new().await;
    let good = place.signer.token(&claims());
    let signature = good.rsplit('.').next().expect("a signature");
    for (what, token, expected) in table::bad_tokens(&place.signer) {
        let error = place.call(&token).await.expect_err(what);
        assert_eq!(
            error.status(),
            Some(StatusCode::UNAUTHORIZED),
            "{what}: {error}"
        );
        assert_eq!(
            error.code(),
            Some("AuthenticationFailed"),
            "{what}: {error}"
        );
        let detail = detail(&error);
        assert!(detail.contains(expected), "{what}: {detail}");
        assert!(!detail.contains(signature), "{what}: {detail}");
        let challenge = error
            .headers()
            .and_then(|headers| headers.get("www-authenticate"));
        assert!(challenge.is_some(), "{what}");
    }
    place.call(&good).await.expect("the good one");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_an_address_and_unknown_ones_make_them_be_read_again() {
    let gate = std::sync::Arc::new(Gate::start().await);
    let sts = Sts::start(&gate).await;
    let entra = Entra::new(sts.issuer(), Jwks::Url(sts.keys_url()));
    let emulator = batch_emulator::start(Config::default().entra(entra))
        .await
        .expect("an emulator");
    assert!(
        sts.requests().is_empty(),
        "they are not read before they are needed"
    );
    for _ in 0..3 {
        call(&emulator, &sts.issue(AUDIENCE))
            .await
            .expect("a token of the service");
    }
    assert_eq!(sts.requests().len(), 1);
    // Whoever sends unknown keys cannot make the emulator ask each time.
    for _ in 0..3 {
        let token = Signer::new("unknown").token(&claims());
        call(&emulator, &token).await.expect_err("an unknown key");
    }
    assert_eq!(sts.requests(), Vec::<String>::new());

    // A file that appears later is read, too.
    let place = Place::new().await;
    let path = place.folder.path().join("later.json");
    let entra = Entra::new(ISSUER, Jwks::File(path));
    let emulator = batch_emulator::start(Config::default().entra(entra))
        .await
        .expect("an emulator");
    let error = call(&emulator, &place.signer.token(&claims()))
        .await
        .expect_err("no keys");
    let detail = detail(&error);
    assert!(
        detail.contains("key 'ec' is not a key of its issuer. (cannot read its keys: "),
        "{detail}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_service_for_development_issues_tokens() {
    let emulator = batch_emulator::start(Config::default().dev_sts(true))
        .await
        .expect("an emulator");
    let http = Client::http_builder()
        .expect("TLS")
        .build()
        .expect("a client");
    let base = format!("{}/{TENANT}", emulator.endpoint());
    let read = async |url: String| -> Value {
        let text = http.get(url).send().await.expect("an answer").text().await;
        serde_json::from_str(&text.expect("text")).expect("JSON")
    };
    let discovery = read(format!("{base}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(discovery["issuer"], format!("{base}/v2.0"));
    let keys = read(
        discovery["jwks_uri"]
            .as_str()
            .expect("an address")
            .to_owned(),
    )
    .await;
    assert_eq!(keys["keys"][0]["crv"], "P-256");

    let endpoint = discovery["token_endpoint"].as_str().expect("an address");
    let ask = async |secret: &str, scope: &str| -> (u16, Value) {
        let form = format!(
            "grant_type=client_credentials&client_id=app&client_secret={secret}&scope={scope}"
        );
        let answer = http
            .post(endpoint)
            .body(form)
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("text");
        (status, serde_json::from_str(&text).expect("JSON"))
    };
    let scope = "https%3A%2F%2Fbatch.core.windows.net%2F%2F.default";
    let (status, answer) = ask(DEVELOPMENT_SECRET, scope).await;
    assert_eq!(status, 200, "{answer}");
    let token = answer["access_token"].as_str().expect("a token");
    call(&emulator, token).await.expect("its own token");
    call(&emulator, &Signer::new("ec").token(&claims()))
        .await
        .expect_err("another's token");

    // The mistake that everybody makes once: a slash is missing.
    let (_, answer) = ask(DEVELOPMENT_SECRET, &scope.replace("%2F%2F.", "%2F.")).await;
    let token = answer["access_token"].as_str().expect("a token");
    let error = call(&emulator, token).await.expect_err("a wrong audience");
    assert!(
        detail(&error).contains("'https://batch.core.windows.net'"),
        "{error}"
    );

    for (secret, scope, status, code) in [
        ("wrong", scope, 401, "AADSTS7000215"),
        (DEVELOPMENT_SECRET, "batch", 400, "AADSTS1002012"),
    ] {
        let (found, answer) = ask(secret, scope).await;
        assert_eq!(found, status, "{answer}");
        let text = answer["error_description"].as_str().expect("a description");
        assert!(text.starts_with(code), "{text}");
    }
    // Requests for tokens are not requests of the service.
    assert!(
        emulator
            .requests()
            .iter()
            .all(|request| &*request.path == "/pools")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_can_allow_one_mode_alone() {
    let config = Config::default().bearer_token("t0ken");
    let account = config.account.clone();
    for (modes, key_passes, token_passes) in [
        (vec![AuthenticationMode::Aad], false, true),
        (vec![AuthenticationMode::SharedKey], true, false),
        (
            vec![AuthenticationMode::SharedKey, AuthenticationMode::Aad],
            true,
            true,
        ),
    ] {
        let config = config.clone().authentication_modes(&account, modes);
        let emulator = batch_emulator::start(config).await.expect("an emulator");
        let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
        let client = Client::new(emulator.endpoint(), key).expect("a client");
        let by_key = client.pool().list().await.map(drop);
        let by_token = call(&emulator, "t0ken").await;
        for (result, passes, mode) in [
            (by_key, key_passes, "SharedKey"),
            (by_token, token_passes, "AAD"),
        ] {
            match result {
                Ok(()) => assert!(passes, "{mode}"),
                Err(error) => {
                    assert!(!passes, "{error}");
                    assert_eq!(error.code(), Some("AuthenticationFailed"));
                    let expected = format!(
                        "Authentication of the type {mode} is not one that this account allows."
                    );
                    assert_eq!(detail(&error), expected);
                }
            }
        }
    }
    for config in [
        Config::default().authentication_modes("nobody", [AuthenticationMode::Aad]),
        Config::default().authentication_modes(&account, []),
        Config::default()
            .dev_sts(true)
            .entra(Entra::new("x", Jwks::File("x".into()))),
        Config::default().entra(Entra::new("", Jwks::File("x".into()))),
        Config::default().entra(Entra::new("x", Jwks::Url("keys.json".into()))),
    ] {
        batch_emulator::start(config).await.expect_err("impossible");
    }
}
