//! A source of tokens is asked once for all, ahead of time, and again after a refusal.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use batch_client::chrono::{TimeDelta, Utc};
use batch_client::reqwest::{Method, Request};
use batch_client::{
    API_VERSION, BoxFuture, Client, Credential, Error, RetryPolicy, Token, TokenRequest,
    TokenSource,
};
use batch_tests::gate::{Gate, Passed};
use futures_util::future::join_all;

const SCOPE: &str = "https://batch.core.windows.net//.default";

/// Issues tokens `secret-1`, `secret-2`, …
#[derive(Clone)]
struct Issuer(Arc<Issuing>);

struct Issuing {
    /// The service that accepts what is issued, until it expires.
    gate: Option<Arc<Gate>>,
    requests: Mutex<Vec<TokenRequest>>,
    issued: AtomicUsize,
    plan: Mutex<Plan>,
}

#[derive(Clone)]
struct Plan {
    life: TimeDelta,
    refresh_after: Option<TimeDelta>,
    delay: Duration,
    /// Why no token is issued.
    failure: Option<String>,
    /// The same token each time.
    always: Option<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            life: TimeDelta::hours(1),
            refresh_after: None,
            delay: Duration::from_millis(20),
            failure: None,
            always: None,
        }
    }
}

impl Issuer {
    fn new(gate: Option<&Arc<Gate>>, plan: Plan) -> Self {
        Self(Arc::new(Issuing {
            gate: gate.cloned(),
            requests: Mutex::default(),
            issued: AtomicUsize::new(0),
            plan: Mutex::new(plan),
        }))
    }

    fn requests(&self) -> Vec<TokenRequest> {
        std::mem::take(&mut self.0.requests.lock().expect("requests"))
    }

    fn plan(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.0.plan.lock().expect("a plan"));
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issuer")
    }
}

impl TokenSource for Issuer {
    fn token(
        &self,
        request: TokenRequest,
    ) -> BoxFuture<Result<Token, Box<dyn StdError + Send + Sync>>> {
        let issuing = self.0.clone();
        issuing.requests.lock().expect("requests").push(request);
        Box::pin(async move {
            let plan = issuing.plan.lock().expect("a plan").clone();
            tokio::time::sleep(plan.delay).await;
            if let Some(failure) = plan.failure {
                return Err(failure.into());
            }
            let number = issuing.issued.fetch_add(1, Ordering::SeqCst) + 1;
            let secret = plan.always.unwrap_or_else(|| format!("secret-{number}"));
            let life = plan.life.to_std().unwrap_or_default();
            if let Some(gate) = &issuing.gate {
                gate.accept(&secret, Some(Instant::now() + life));
            }
            let now = Utc::now();
            let token = Token::new(secret, now + plan.life);
            Ok(match plan.refresh_after {
                Some(after) => token.with_refresh_on(now + after),
                None => token,
            })
        })
    }
}

async fn service(plan: Plan) -> (Arc<Gate>, Issuer, Client) {
    let gate = Arc::new(Gate::start().await);
    let issuer = Issuer::new(Some(&gate), plan);
    let client = client(&gate, &issuer);
    (gate, issuer, client)
}

fn client(gate: &Gate, issuer: &Issuer) -> Client {
    Client::builder(gate.url(), Credential::from_source(issuer.clone()))
        .retry(RetryPolicy::none())
        .build()
        .expect("a client")
}

async fn call(client: &Client) -> Result<(), Error> {
    client.pool().get("p").await.map(drop)
}

fn all(results: &[Result<(), Error>]) {
    for result in results {
        assert!(result.is_ok(), "{result:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_make_one_token_request() {
    let (gate, issuer, client) = service(Plan::default()).await;
    all(&join_all((0..100).map(|_| call(&client))).await);
    let requests = issuer.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(requests[0].scope, SCOPE);
    assert!(!requests[0].fresh && requests[0].claims.is_none());
    // Another client with the same credential needs no other token; the first is kept.
    let credential = Credential::from_source(issuer.clone());
    for _ in 0..2 {
        let client = Client::new(gate.url(), credential.clone()).expect("a client");
        call(&client).await.expect("a pool");
    }
    assert_eq!(issuer.requests().len(), 1);
    let expected = Passed {
        accepted: 102,
        refused: 0,
    };
    assert_eq!(gate.passed(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn short_tokens_under_load_fail_no_call() {
    let life = TimeDelta::milliseconds(600);
    let (gate, issuer, client) = service(Plan {
        life,
        ..Plan::default()
    })
    .await;
    let end = Instant::now() + Duration::from_secs(3);
    let callers = (0..4).map(async |_| {
        let mut calls = 0;
        while Instant::now() < end {
            call(&client).await.expect("a pool");
            calls += 1;
        }
        calls
    });
    let calls: usize = join_all(callers).await.into_iter().sum();
    assert!(calls > 50, "{calls}");
    let renewals = issuer.requests().len();
    // Every 300 ms, half of their life, and no more often.
    assert!((5..=12).contains(&renewals), "{renewals}");
    assert_eq!(gate.passed().refused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_authority_is_asked_once_by_all_that_wait() {
    let failure = "cannot connect to login.example:\n connection refused".to_owned();
    let (gate, issuer, client) = service(Plan {
        failure: Some(failure),
        ..Plan::default()
    })
    .await;
    let begun = Instant::now();
    let results = join_all((0..50).map(|_| call(&client))).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    for result in results {
        let error = result.expect_err("no token");
        assert!(error.is_credential() && !error.is_auth(), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "cannot get a token from Issuer for {SCOPE}: cannot connect to login.example: \
                 connection refused"
            )
        );
        assert!(StdError::source(&error).is_none());
    }
    assert_eq!(issuer.requests().len(), 1);
    assert_eq!(gate.passed(), Passed::default());
    // The failure is not kept.
    issuer.plan(|plan| plan.failure = None);
    call(&client).await.expect("a pool");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_replaced_by_a_fresh_one_with_the_claims() {
    let (gate, issuer, client) = service(Plan::default()).await;
    call(&client).await.expect("a pool");
    gate.revoke_all();
    // {"access_token":{"acrs":1}}
    let claims = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6MX19";
    gate.challenge(&format!(
        r#"Bearer error="insufficient_claims", claims="{claims}""#
    ));
    let (_, before) = (issuer.requests(), gate.passed());
    assert_eq!((before.accepted, before.refused), (1, 0));

    all(&join_all((0..50).map(|_| call(&client))).await);
    let requests = issuer.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(requests[0].fresh, "{requests:?}");
    let asked = requests[0].claims.as_deref();
    assert_eq!(asked, Some(r#"{"access_token":{"acrs":1}}"#));
    let passed = gate.passed();
    assert_eq!(passed.accepted, 50);
    assert!(passed.refused <= 50, "{passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_requests_are_repeated_as_well() {
    let (gate, _issuer, client) = service(Plan::default()).await;
    call(&client).await.expect("a pool");
    gate.revoke_all();
    let url = format!("{}/pools/p?api-version={API_VERSION}", client.endpoint());
    let request = Request::new(Method::POST, url.parse().expect("a URL"));
    client.execute(request).await.expect("an answer");
    let expected = Passed {
        accepted: 2,
        refused: 1,
    };
    assert_eq!(gate.passed(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_token_that_is_refused_too_ends_the_call() {
    let gate = Gate::start().await;
    // The gate knows none of its tokens.
    let unknown = Issuer::new(None, Plan::default());
    let lonely = client(&gate, &unknown);
    for round in 0..3 {
        let error = call(&lonely).await.expect_err("401");
        assert!(error.is_auth() && !error.is_credential(), "{error:?}");
        // The first call tries a fresh token; that is of no use, and the others do not.
        let expected = if round == 0 { 2 } else { 1 };
        assert_eq!(gate.passed().refused, expected, "round {round}");
    }
    assert_eq!(unknown.requests().len(), 2);

    let same = Issuer::new(
        None,
        Plan {
            always: Some("same".to_owned()),
            ..Plan::default()
        },
    );
    let client = self::client(&gate, &same);
    call(&client).await.expect_err("401");
    assert_eq!(gate.passed().refused, 1, "the same token is not sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_renewal_is_finished_by_others() {
    let (gate, issuer, client) = service(Plan {
        delay: Duration::from_millis(300),
        ..Plan::default()
    })
    .await;
    let first = call(&client);
    let cancelled = tokio::time::timeout(Duration::from_millis(50), first).await;
    cancelled.expect_err("cancelled while it fetches the token");
    all(&join_all((0..10).map(|_| call(&client))).await);
    assert_eq!(issuer.requests().len(), 1, "the request goes on");
    assert_eq!(gate.passed().accepted, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_includes_the_wait_for_a_token() {
    let (_gate, _issuer, client) = service(Plan {
        delay: Duration::from_secs(60),
        ..Plan::default()
    })
    .await;
    let begun = Instant::now();
    let limit = Duration::from_millis(100);
    let error = client
        .pool()
        .get("p")
        .timeout(limit)
        .await
        .expect_err("late");
    assert!(error.is_timeout(), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_while_one_call_renews_early() {
    let (gate, issuer, client) = service(Plan {
        refresh_after: Some(TimeDelta::zero()),
        ..Plan::default()
    })
    .await;
    call(&client).await.expect("a pool");
    assert_eq!(issuer.requests().len(), 1);

    // One call waits for the renewal, which hangs; the others do not.
    issuer.plan(|plan| plan.delay = Duration::from_secs(60));
    let renewing = tokio::spawn({
        let client = client.clone();
        async move { call(&client).await }
    });
    while issuer.0.requests.lock().expect("requests").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begun = Instant::now();
    all(&join_all((0..20).map(|_| call(&client))).await);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(issuer.requests().len(), 1);
    assert_eq!(gate.passed().accepted, 21);
    renewing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_early_renewal_keeps_the_old_token_and_rests() {
    let (gate, issuer, client) = service(Plan {
        refresh_after: Some(TimeDelta::zero()),
        ..Plan::default()
    })
    .await;
    call(&client).await.expect("a pool");
    issuer.requests();
    issuer.plan(|plan| plan.failure = Some("out of order".to_owned()));
    for _ in 0..10 {
        call(&client).await.expect("the old token is valid");
    }
    assert_eq!(
        issuer.requests().len(),
        1,
        "it is asked again after 30 seconds"
    );
    assert_eq!(gate.passed().accepted, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scope_is_that_of_the_cloud_unless_it_is_set() {
    for (endpoint, expected) in [
        ("https://a.westeurope.batch.azure.com", SCOPE),
        ("https://batch.example", SCOPE),
        (
            "https://a.usgovvirginia.batch.usgovcloudapi.net",
            "https://batch.core.usgovcloudapi.net//.default",
        ),
        (
            "https://a.chinaeast2.batch.chinacloudapi.cn",
            "https://batch.chinacloudapi.cn//.default",
        ),
    ] {
        // Nothing is sent without a token.
        let plan = Plan {
            failure: Some("none today".to_owned()),
            ..Plan::default()
        };
        let issuer = Issuer::new(None, plan);
        let credential = Credential::from_source(issuer.clone());
        let client = Client::new(endpoint, credential.clone()).expect(endpoint);
        call(&client).await.expect_err("no token");
        assert_eq!(issuer.requests()[0].scope, expected, "{endpoint}");
        let builder = Client::builder(endpoint, credential).token_scope("api://own/.default");
        call(&builder.build().expect(endpoint))
            .await
            .expect_err("no token");
        assert_eq!(issuer.requests()[0].scope, "api://own/.default");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_tokens_are_errors_that_do_not_show_them() {
    for (secret, life, why) in [
        ("secret-x", TimeDelta::seconds(-5), "the token expired at "),
        (
            "",
            TimeDelta::hours(1),
            "cannot use bearer token: it is empty",
        ),
        (
            "secret\nx",
            TimeDelta::hours(1),
            "the character at position 7",
        ),
    ] {
        let (gate, _issuer, client) = service(Plan {
            always: Some(secret.to_owned()),
            life,
            ..Plan::default()
        })
        .await;
        let error = call(&client).await.expect_err("an unusable token");
        assert!(error.is_credential(), "{error:?}");
        let text = format!("{error} {error:?} {client:?}");
        assert!(text.contains(why), "{text}");
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(gate.passed(), Passed::default());
    }
    let token = Token::new("secret-x", Utc::now());
    assert!(!format!("{token:?}").contains("secret-x"));
}
