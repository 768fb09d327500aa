//! Promise: a message says what failed, why, and what to do: `cannot VERB THING: reason; remedy`.
//!
//! Tables of situations in which new users find themselves, over real sockets. `…` in an expected
//! message stands for what differs from run to run: ports, times, messages of the operating system.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use batch_client::models::{
    ImageReference, JobAddParameter, NodeRemoveParameter, PoolAddParameter, PoolInformation,
    TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::{BearerToken, Client, ClientBuilder, Error, RetryPolicy, SharedKey, reqwest};
use batch_emulator::Config;
use batch_tests::description::DESCRIPTION;
use batch_tests::server::{Answer, Response, Server};
use batch_tests::tls::TlsServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::rustls;

use crate::calls::{KEY, key, report};

/// A situation, its error, and the message to expect.
type Row = (&'static str, Error, &'static str);

/// Three attempts, quick ones.
fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .with_attempts(3)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(2))
}

fn client(builder: ClientBuilder) -> Client {
    builder.retry(quick()).build().expect("a client")
}

async fn get(client: &Client) -> Error {
    let call = client.job().get("nightly").await;
    call.expect_err("the call fails")
}

/// Returns true if the parts of a pattern between its `…` are in the text, in their order.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = if part.is_empty() { rest } else { after };
        last = Some(part);
    }
    rest.is_empty() || last == Some("")
}

/// The messages of an error and of its sources, none of which may repeat another.
fn chain(error: &Error) -> Vec<String> {
    let mut chain = vec![error.to_string()];
    let mut next = error.source();
    while let Some(source) = next {
        chain.push(source.to_string());
        next = source.source();
    }
    chain
}

fn check(rows: Vec<Row>) {
    let mut problems = Vec::new();
    for (situation, error, expected) in rows {
        let shown = error.to_string();
        if !is_like(&shown, expected) {
            problems.push(format!(
                "{situation}\nexpected: {expected}\n     got: {shown}"
            ));
        }
        if shown.contains(['\n', '\r']) {
            problems.push(format!("{situation}: more than one line: {shown:?}"));
        }
        let chain = chain(&error);
        for (place, source) in chain.iter().enumerate().skip(1) {
            if chain[0].contains(source.as_str()) {
                problems.push(format!(
                    "{situation}: source {place} is repeated: {chain:#?}"
                ));
            }
        }
    }
    report(&problems);
}

/// A URL with a port that nobody listens on.
async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let address = listener.expect("a free port").local_addr();
    format!("http://{}", address.expect("an address"))
}

/// A port of a server for plain HTTP, which answers what is not HTTP with 400, as most do.
async fn plain_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 512];
            drop(stream.read(&mut hello).await);
            let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            drop(stream.write_all(answer).await);
        }
    });
    address.to_string()
}

/// An HTTP client that trusts the certificate of a server.
fn trusting(server: &TlsServer) -> reqwest::Client {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(server.certificate()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = reqwest::Client::builder().tls_backend_preconfigured(config);
    builder.build().expect("an HTTP client")
}

#[tokio::test]
async fn without_a_connection_the_host_the_cause_and_the_remedy_are_named() {
    let unknown = client(Client::builder("https://nowhere.invalid", key()));
    let refused = client(Client::builder(nowhere().await, key()));
    let untrusted = TlsServer::start("127.0.0.1").await;
    let untrusted = client(Client::builder(untrusted.url(), key()));
    let other = TlsServer::start("other.example").await;
    let other = client(Client::builder(other.url(), key()).http_client(trusting(&other)));
    let plain = client(Client::builder(
        format!("https://{}", plain_port().await),
        key(),
    ));
    let proxied = |proxy: &str| {
        let proxy = reqwest::Proxy::all(proxy).expect("a proxy");
        let http = Client::http_builder().expect("TLS").proxy(proxy).build();
        let builder = Client::builder("https://acct.westeurope.batch.azure.com", key());
        client(builder.http_client(http.expect("an HTTP client")))
    };
    let socks = proxied("socks5://127.0.0.1:9");
    let rows = vec![
        (
            "host unknown",
            get(&unknown).await,
            "Job_Get \"nightly\": cannot connect to nowhere.invalid: DNS lookup failed (…) \
             (3 attempts in … s); check the endpoint",
        ),
        (
            "port refused",
            get(&refused).await,
            "Job_Get \"nightly\": cannot connect to 127.0.0.1:…: connection refused \
             (3 attempts in … s); check the endpoint",
        ),
        (
            "untrusted certificate",
            get(&untrusted).await,
            "Job_Get \"nightly\": cannot connect to 127.0.0.1:…: the server's certificate is not \
             trusted (…); check the endpoint, or pass an HTTP client that trusts the issuer to \
             `ClientBuilder::http_client`",
        ),
        (
            "certificate of another host",
            get(&other).await,
            "Job_Get \"nightly\": cannot connect to 127.0.0.1:…: the server's certificate is for \
             other.example, not for 127.0.0.1; check the endpoint",
        ),
        (
            "https to a plain port",
            get(&plain).await,
            "Job_Get \"nightly\": cannot connect to 127.0.0.1:…: the server does not speak TLS on \
             this port; check the scheme and the port of the endpoint",
        ),
        (
            "unsupported proxy scheme",
            get(&socks).await,
            "Job_Get \"nightly\": cannot connect to acct.westeurope.batch.azure.com: the proxy's \
             scheme `socks5` is not supported; use an http or https proxy, or pass an HTTP client \
             to `ClientBuilder::http_client`",
        ),
    ];
    let attempts: Vec<u32> = rows.iter().map(|(_, error, _)| error.attempts()).collect();
    assert_eq!(attempts, [3, 3, 1, 1, 1, 1], "what may pass is retried");
    assert!(rows.iter().all(|(_, error, _)| error.is_connect()));
    check(rows);
}

#[tokio::test]
async fn a_proxy_that_refuses_a_tunnel_is_named() {
    let proxy = Server::start().await;
    for _ in 0..3 {
        proxy.answer(Response::new(407).into());
    }
    let via = reqwest::Proxy::all(proxy.url()).expect("a proxy");
    let http = Client::http_builder().expect("TLS").proxy(via).build();
    let builder = Client::builder("https://acct.westeurope.batch.azure.com", key());
    let client = client(builder.http_client(http.expect("an HTTP client")));
    check(vec![(
        "proxy without authorization",
        get(&client).await,
        "Job_Get \"nightly\": cannot connect to acct.westeurope.batch.azure.com: the proxy did not \
         open a tunnel (proxy authorization required) (3 attempts in … s); check the proxy's \
         address, such as HTTPS_PROXY",
    )]);
}

#[tokio::test]
async fn a_lost_connection_says_what_may_have_happened_to_changes_alone() {
    let server = Server::start().await;
    let client = client(Client::builder(server.url(), key()));
    let lose = || (0..3).for_each(|_| server.answer(Answer::Bytes(Vec::new())));
    lose();
    let read = get(&client).await;
    lose();
    let deleted = client.job().delete("nightly").await;
    server.answer(Answer::Silence);
    let late = client
        .job()
        .get("nightly")
        .timeout(Duration::from_millis(50));
    let late = late.await.expect_err("no response");
    server.answer(Answer::Silence);
    let changed = client.job().delete("nightly");
    let changed = changed.timeout(Duration::from_millis(50)).await;
    check(vec![
        (
            "connection lost, GET",
            read,
            "Job_Get \"nightly\": connection closed before the response was complete \
             (3 attempts in … s)",
        ),
        (
            "connection lost, DELETE",
            deleted.expect_err("no response"),
            "Job_Delete \"nightly\": connection closed before the response was complete \
             (3 attempts in … s); the service may have processed the request",
        ),
        (
            "timeout, GET",
            late,
            "Job_Get: no response within the timeout of 50ms",
        ),
        (
            "timeout, DELETE",
            changed.expect_err("no response"),
            "Job_Delete: no response within the timeout of 50ms; the service may have processed \
             the request",
        ),
    ]);
}

/// The client recognizes operations that only read by their names.
#[test]
fn operations_that_read_are_known_by_their_names() {
    let operations = &DESCRIPTION.operations;
    assert_eq!(operations.len(), 76);
    for operation in operations {
        let (_, verb) = operation.id.split_once('_').expect("a group");
        let reads = ["Get", "List", "Exists"]
            .iter()
            .any(|prefix| verb.starts_with(prefix));
        let is_get = ["GET", "HEAD"].contains(&operation.method.to_uppercase().as_str());
        assert_eq!(reads, is_get, "{} {}", operation.method, operation.id);
    }
}

fn refused_key(account: &str, key: &str) -> Error {
    SharedKey::new(account, key).expect_err(account).into()
}

#[test]
fn a_key_and_an_account_are_refused_with_the_cause() {
    check(vec![
        (
            "empty key",
            refused_key("acct", " "),
            "cannot use account key: it is empty; copy the whole key from the Batch account's Keys \
             page",
        ),
        (
            "line break",
            refused_key("acct", "c2Vj\ncmV0"),
            "cannot use account key: it has a line break at position 5; pass the key as one line",
        ),
        (
            "quote",
            refused_key("acct", "'c2VjcmV0'"),
            "cannot use account key: it has a quotation mark at position 1; pass the key without \
             quotation marks",
        ),
        (
            "blank",
            refused_key("acct", "c2Vj cmV0"),
            "cannot use account key: it has a blank at position 5; pass the key alone, without \
             blanks",
        ),
        (
            "connection string",
            refused_key("acct", &format!("BatchAccountName=acct;AccountKey={KEY}")),
            "cannot use account key: it looks like a connection string; pass the value of \
             AccountKey alone",
        ),
        (
            "padding",
            refused_key("acct", KEY.trim_end_matches('=')),
            "cannot use account key: it is not whole base64, since its padding `=` is missing; was \
             it cut? copy the whole key from the Batch account's Keys page",
        ),
        (
            "account name",
            refused_key("dev account", KEY),
            "invalid account name \"dev account\": expected the Batch account's name alone, e.g. \
             acct",
        ),
    ]);
}

fn refused_endpoint(endpoint: &str) -> Error {
    Client::new(endpoint, key()).expect_err(endpoint)
}

#[test]
fn an_endpoint_is_refused_with_the_right_form() {
    check(vec![
        (
            "missing scheme",
            refused_endpoint("acct.westeurope.batch.azure.com"),
            "cannot use endpoint \"acct.westeurope.batch.azure.com\": the scheme is missing; did \
             you mean \"https://acct.westeurope.batch.azure.com\"?",
        ),
        (
            "path",
            refused_endpoint("https://acct.westeurope.batch.azure.com/pools"),
            "cannot use endpoint \"https://acct.westeurope.batch.azure.com/pools\": it must not \
             have a path; did you mean \"https://acct.westeurope.batch.azure.com\"?",
        ),
        (
            "portal",
            refused_endpoint("https://portal.azure.com"),
            "cannot use endpoint \"https://portal.azure.com\": it is the address of the Azure \
             portal; copy the account's URL from the Batch account's Overview page in the Azure \
             portal, such as https://acct.westeurope.batch.azure.com",
        ),
        (
            "Resource Manager",
            refused_endpoint("https://management.azure.com"),
            "cannot use endpoint \"https://management.azure.com\": it is the address of Azure \
             Resource Manager, which manages accounts; copy the account's URL from …",
        ),
        (
            "template",
            refused_endpoint("https://<account>.westeurope.batch.azure.com"),
            "cannot use endpoint \"https://<account>.westeurope.batch.azure.com\": it is a \
             template; copy the account's URL from …",
        ),
        (
            "capital template",
            refused_endpoint("https://NAME.REGION.batch.azure.com"),
            "cannot use endpoint \"https://NAME.REGION.batch.azure.com\": it is a template; copy \
             the account's URL from …",
        ),
        (
            "no region",
            refused_endpoint("https://acct.batch.azure.com"),
            "cannot use endpoint \"https://acct.batch.azure.com\": it has no region (or no \
             account); expected https://acct.REGION.batch.azure.com, as on the Batch account's \
             Overview page in the Azure portal",
        ),
    ]);
}

#[tokio::test]
async fn a_token_with_its_scheme_is_taken() {
    let server = Server::start().await;
    server.answer(Response::new(404).into());
    let token = BearerToken::new("Bearer eyJ0eXAi").expect("a token");
    let client = Client::builder(server.url(), token).retry(RetryPolicy::none());
    get(&client.build().expect("a client")).await;
    let request = server.request().expect("one request");
    assert_eq!(request.header("authorization"), Some("Bearer eyJ0eXAi"));

    let broken = BearerToken::new("Bearer eyJ0 eXAi").expect_err("a blank");
    check(vec![(
        "token in two words",
        broken,
        "cannot use bearer token: the character at position 5 is not allowed in a token; pass the \
         value of `accessToken` alone, as in the output of `az account get-access-token`",
    )]);
}

#[tokio::test]
async fn what_the_service_rejects_is_named() {
    let emulator = batch_emulator::start(Config::default()).await;
    let emulator = emulator.expect("a service");
    let builder = |key: &str| {
        let key = SharedKey::new(emulator.account(), key).expect("a key");
        client(Client::builder(emulator.endpoint(), key))
    };
    let right = builder(emulator.key());
    let wrong = get(&builder(KEY)).await;
    let signed = wrong.string_to_sign().expect("the signed string");
    assert!(signed.starts_with("GET\n"), "{signed:?}");
    assert!(wrong.signature_difference().is_none(), "{wrong}");
    let task = right.task().get("nightly", "a/b").await;
    check(vec![
        (
            "wrong key",
            wrong,
            "Job_Get \"nightly\": 403 AuthenticationFailed: the key does not belong to account …: \
             both sides signed the same text; copy one of the account's keys again (request …)",
        ),
        (
            "404",
            get(&right).await,
            "Job_Get \"nightly\": 404 JobNotFound: … (request …)",
        ),
        (
            "404 of two ids",
            task.expect_err("no task"),
            "Task_Get \"nightly/a/b\": 404 JobNotFound: … (request …)",
        ),
    ]);
}

/// A task that can never run, since its job names a pool that does not exist.
#[tokio::test]
async fn a_rejected_request_says_what_to_write_instead() {
    let emulator = batch_emulator::start(Config::default()).await;
    let emulator = emulator.expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let client = client(Client::builder(emulator.endpoint(), key));
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    let pool = PoolAddParameter::new("render", "standard_d2s_v3")
        .with_virtual_machine_configuration(machines)
        .with_enable_auto_scale(true)
        .with_auto_scale_formula("$TargetDedicatedNodes = 1;")
        .with_target_dedicated_nodes(1);
    let filter = |filter: &str| client.pool().list().filter(filter);
    check(vec![
        (
            "an operator of another language",
            filter("state = 'active'").await.expect_err("="),
            "Pool_List: 400 InvalidQueryParameterValue: …unexpected `=`; did you mean `eq`?…",
        ),
        (
            "a string without quotes",
            filter("state eq active").await.expect_err("no quotes"),
            "Pool_List: 400 InvalidQueryParameterValue: …expected a value, found `active`; put \
             strings in single quotes: 'active'…",
        ),
        (
            "a property in another case",
            client
                .pool()
                .list()
                .select("vmsize")
                .await
                .expect_err("vmsize"),
            "Pool_List: 400 InvalidQueryParameterValue: …CloudPool has no property `vmsize`; did \
             you mean `vmSize`?…",
        ),
        (
            "too many items",
            client
                .pool()
                .remove_nodes("render", NodeRemoveParameter::new(vec!["n"; 101]))
                .await
                .expect_err("101 nodes"),
            "Pool_RemoveNodes \"render\": 400 InvalidPropertyValue: …at most 100 items are \
             allowed, got 101…",
        ),
        (
            "a number beyond its bounds",
            client
                .pool()
                .list()
                .max_results(1001)
                .await
                .expect_err("1001"),
            "Pool_List: 400 …at most 1000…",
        ),
        (
            "targets of an autoscaling pool",
            client.pool().add(pool).await.expect_err("a target"),
            "Pool_Add…: 400 InvalidPropertyValue: …utoscaling pool cannot have \
             targetDedicatedNodes…",
        ),
    ]);
}

#[tokio::test]
async fn a_wait_names_the_pool_that_does_not_exist() {
    let emulator = batch_emulator::start(Config::default()).await;
    let emulator = emulator.expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let client = client(Client::builder(emulator.endpoint(), key));
    let pool = PoolInformation::default().with_pool_id("nopool");
    let job = JobAddParameter::new("nightly", pool);
    client.job().add(job).await.expect("a job");
    let task = TaskAddParameter::new("t", "true");
    client.task().add("nightly", task).await.expect("a task");
    let limit = Duration::from_millis(300);
    let tasks = client.job().wait("nightly").tasks_completed();
    let job = client.job().wait("nightly").completed();
    check(vec![
        (
            "tasks",
            tasks.timeout(limit).await.expect_err("no pool"),
            "job nightly: not all tasks are completed after 300ms; last seen: 1 active, 0 running, \
             0 completed (0 succeeded, 0 failed); pool `nopool` does not exist",
        ),
        (
            "job",
            job.timeout(limit).await.expect_err("no pool"),
            "job nightly is not completed after 300ms; last seen: state active; pool `nopool` does \
             not exist",
        ),
    ]);
}
