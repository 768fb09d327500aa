//! The credentials of `azure_identity`, against a token service with a private authority.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use batch_emulator::{AuthenticationMode, Config, DEVELOPMENT_SECRET, Tls};
use batch_tests::gate::{Gate, Passed};
use batch_tests::sts::{APPLICATION, ASSERTION, IDENTITY_HEADER, SECRET, Sts, TENANT};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

const SCOPE: &str = "https://batch.core.windows.net//.default";
const TOKENS: &str = "/5f0a0b1c-0000-4000-8000-000000000001/oauth2/v2.0/token";

/// A service, a token service, and a folder for the files of a test.
struct Place {
    gate: Arc<Gate>,
    sts: Sts,
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let gate = Arc::new(Gate::start().await);
        let sts = Sts::start(&gate).await;
        let folder = tempfile::tempdir().expect("a folder");
        let place = Self { gate, sts, folder };
        place.file("ca.pem", place.sts.authority());
        place
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// The stderr of the last probe.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    fn probe(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Probe {
        self.probe_at(&self.gate.url(), arguments, variables)
    }

    fn probe_at(&self, endpoint: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Probe {
        let ca = self.folder.path().join("ca.pem");
        let log = fs::File::create(self.folder.path().join("log")).expect("a file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_probe"))
            .arg(endpoint)
            .args(arguments)
            .env_clear()
            .env("SSL_CERT_FILE", ca)
            .env("NO_PROXY", "127.0.0.1")
            .env("AZURE_AUTHORITY_HOST", self.sts.url())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the probe");
        Probe {
            stdin: child.stdin.take().expect("stdin"),
            stdout: BufReader::new(child.stdout.take().expect("stdout")),
            child,
        }
    }
}

/// The running program; it ends when this is dropped.
struct Probe {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Probe {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn call(&mut self) -> String {
        self.calls(1)
    }

    /// Makes calls at once; returns their different results.
    fn calls(&mut self, calls: usize) -> String {
        writeln!(self.stdin, "{calls}").expect("the probe listens");
        self.line()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PRINCIPAL: [(&str, &str); 3] = [
    ("AZURE_TENANT_ID", TENANT),
    ("AZURE_CLIENT_ID", APPLICATION),
    ("AZURE_CLIENT_SECRET", SECRET),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_service_principal_calls_and_gets_a_fresh_token_after_a_refusal() {
    let place = Place::new().await;
    let mut probe = place.probe(&[], &PRINCIPAL);
    assert_eq!(
        probe.line(),
        format!("the service principal {APPLICATION}, because AZURE_CLIENT_SECRET is set")
    );
    for _ in 0..3 {
        assert_eq!(probe.call(), "ok");
    }
    assert_eq!(place.sts.requests(), [TOKENS]);
    // The cache of `azure_identity` still has the revoked token.
    place.gate.revoke_all();
    assert_eq!(probe.call(), "ok");
    assert_eq!(place.sts.requests(), [TOKENS]);
    let expected = Passed {
        accepted: 4,
        refused: 1,
    };
    assert_eq!(place.gate.passed(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_of_azure_identity_is_one_of_ours() {
    let place = Place::new().await;
    let mut probe = place.probe(&["principal"], &PRINCIPAL);
    assert_eq!(probe.call(), "ok");
    // It returns the revoked token from its cache: the call fails after one request for a token.
    place.gate.revoke_all();
    let error = probe.call();
    assert!(error.contains("401"), "{error}");
    assert!(error.ends_with("(credential: false)"), "{error}");
    assert_eq!(place.sts.requests(), [TOKENS]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_the_authority_are_passed_on_without_the_secret() {
    let place = Place::new().await;
    for (name, value, part) in [
        (
            "AZURE_CLIENT_SECRET",
            "wr0ng",
            "AADSTS7000215: Invalid client secret",
        ),
        (
            "AZURE_CLIENT_ID",
            "other",
            "AADSTS700016: Application was not found",
        ),
        ("AZURE_TENANT_ID", "nobody", "AADSTS90002: Tenant not found"),
    ] {
        let mut probe = place.probe(&[], &[PRINCIPAL.as_slice(), &[(name, value)]].concat());
        probe.line();
        let error = probe.call();
        let begin = format!("cannot get a token from the service principal for {SCOPE}: {part}");
        assert!(error.starts_with(&begin), "{error}");
        assert!(error.ends_with("(credential: true)"), "{error}");
        assert!(
            !error.contains(SECRET) && !error.contains("wr0ng"),
            "{error}"
        );
        assert_eq!(place.sts.requests().len(), 1, "it is not tried again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_identity_presents_its_file() {
    let place = Place::new().await;
    let file = place.file("token", ASSERTION);
    let variables = [
        PRINCIPAL[0],
        PRINCIPAL[1],
        ("AZURE_FEDERATED_TOKEN_FILE", &*file),
    ];
    let mut probe = place.probe(&[], &variables);
    assert_eq!(
        probe.line(),
        format!("the workload identity {APPLICATION}, because AZURE_FEDERATED_TOKEN_FILE is set")
    );
    assert_eq!(probe.call(), "ok");
    assert_eq!(place.sts.requests(), [TOKENS]);
    // A fresh token is asked for with what the file has by then.
    place.file("token", "expired");
    place.gate.revoke_all();
    let error = probe.call();
    assert!(
        error.contains("AADSTS700213: No matching federated"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn managed_identities_are_those_of_app_service_and_of_machines() {
    let place = Place::new().await;
    let endpoint = format!("{}/msi/token", place.sts.plain_url());
    let site = [
        ("IDENTITY_ENDPOINT", &*endpoint),
        ("IDENTITY_HEADER", IDENTITY_HEADER),
    ];
    let mut probe = place.probe(&[], &site);
    assert_eq!(
        probe.line(),
        "the managed identity, because IDENTITY_ENDPOINT is set"
    );
    assert_eq!(probe.call(), "ok");
    assert_eq!(place.sts.requests(), ["/msi/token"]);

    // The address of a machine's metadata service is fixed: a proxy leads to the stand-in.
    let proxy = place.sts.plain_url();
    let node = [
        ("AZ_BATCH_NODE_ID", "tvm-1"),
        ("AZURE_CLIENT_ID", APPLICATION),
        ("HTTP_PROXY", &*proxy),
    ];
    let mut probe = place.probe(&[], &node);
    assert_eq!(
        probe.line(),
        format!("the managed identity {APPLICATION}, because AZ_BATCH_NODE_ID is set")
    );
    assert_eq!(probe.call(), "ok");
    assert_eq!(
        place.sts.requests(),
        ["http://169.254.169.254/metadata/identity/oauth2/token"]
    );

    let other = [node[0], ("AZURE_CLIENT_ID", "other"), node[2]];
    let mut probe = place.probe(&[], &other);
    probe.line();
    let error = probe.call();
    let expected = "cannot get a token from the managed identity for https://batch.core.windows.net\
                    //.default: The requested identity has not been assigned to this resource";
    assert!(error.starts_with(expected), "{error}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_azure_cli_is_asked_last() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::new().await;
    let token = place.sts.issue("https://batch.core.windows.net/");
    let expires_on = batch_client::chrono::Utc::now().timestamp() + 3600;
    let answer = json!({
        "accessToken": token, "expires_on": expires_on, "tokenType": "Bearer",
    });
    let arguments = place.folder.path().join("arguments");
    let script = |text: &str| {
        let az = place.file("az", text);
        fs::set_permissions(az, fs::Permissions::from_mode(0o755)).expect("a program");
    };
    script(&format!(
        "#!/bin/sh\necho \"$@\" > {}\necho '{answer}'\n",
        arguments.display()
    ));
    let path = format!("{}:/usr/bin:/bin", place.folder.path().display());
    let mut probe = place.probe(&[], &[("PATH", &path)]);
    assert!(probe.line().starts_with("the Azure CLI, because none of "));
    assert_eq!(probe.call(), "ok");
    assert_eq!(
        fs::read_to_string(arguments).expect("arguments"),
        format!("account get-access-token -o json --scope {SCOPE}\n")
    );

    script("#!/bin/sh\necho \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1\n");
    place.gate.revoke_all();
    assert_eq!(
        probe.call(),
        format!(
            "cannot get a token from the Azure CLI for {SCOPE}: ERROR: Please run 'az login' to \
             setup account. (credential: true)"
        )
    );
    let mut probe = place.probe(&[], &[("PATH", "/nowhere")]);
    probe.line();
    let error = probe.call();
    assert!(error.contains("az not found on PATH"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_authority_is_given_up_within_its_time() {
    let place = Place::new().await;
    // Nobody listens there any more.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let dead = format!("https://{}", free.local_addr().expect("an address"));
    drop(free);
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let silent_url = format!("https://{}", silent.local_addr().expect("an address"));
    for (authority, part, most) in [
        (dead, "onnect", Duration::from_secs(9)),
        (
            silent_url,
            "no response within 10 seconds",
            Duration::from_secs(20),
        ),
    ] {
        let authority = ("AZURE_AUTHORITY_HOST", &*authority);
        let mut probe = place.probe(&[], &[PRINCIPAL.as_slice(), &[authority]].concat());
        probe.line();
        let begun = Instant::now();
        let error = probe.call();
        assert!(begun.elapsed() < most, "{:?}: {error}", begun.elapsed());
        assert!(error.contains(part), "{error}");
        assert!(error.ends_with("(credential: true)"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_issues_and_accepts_tokens_over_tls() {
    let config = Config::default().tls(Tls::Generated).dev_sts(true);
    let account = config.account.clone();
    let config = config.authentication_modes(account, [AuthenticationMode::Aad]);
    let emulator = batch_emulator::start(config).await.expect("an emulator");
    let place = Place::new().await;
    place.file("ca.pem", emulator.authority().expect("its authority"));
    let mut variables = PRINCIPAL.to_vec();
    variables[2].1 = DEVELOPMENT_SECRET;
    variables.push(("AZURE_AUTHORITY_HOST", emulator.endpoint()));
    let mut probe = place.probe_at(emulator.endpoint(), &[], &variables);
    probe.line();
    let error = probe.call();
    assert!(
        error.contains("PoolNotFound"),
        "it is authenticated: {error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_ask_an_authority_once_alive_or_dead() {
    let place = Place::new().await;
    let mut probe = place.probe(&[], &PRINCIPAL);
    probe.line();
    assert_eq!(probe.calls(100), "ok");
    assert_eq!(place.sts.requests(), [TOKENS]);

    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://{}", silent.local_addr().expect("an address"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = silent.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            // Closed at once: each of the three tries is answered.
            drop(stream);
        }
    });
    let authority = ("AZURE_AUTHORITY_HOST", &*url);
    let mut probe = place.probe(&[], &[PRINCIPAL.as_slice(), &[authority]].concat());
    probe.line();
    let begun = Instant::now();
    let error = probe.calls(50);
    assert!(begun.elapsed() < Duration::from_secs(10), "{error}");
    // All 50 have the same error.
    assert!(
        error.starts_with("cannot get a token from the service principal"),
        "{error}"
    );
    assert_eq!(error.matches("(credential: true)").count(), 1, "{error}");
    let tries = asked.load(Ordering::SeqCst);
    assert!((1..=3).contains(&tries), "{tries}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_log_has_neither_token_nor_secret() {
    let place = Place::new().await;
    let file = place.file("token", ASSERTION);
    for credential in [PRINCIPAL[2], ("AZURE_FEDERATED_TOKEN_FILE", &*file)] {
        let variables = [PRINCIPAL[0], PRINCIPAL[1], credential, ("PROBE_TRACE", "1")];
        let mut probe = place.probe(&[], &variables);
        probe.line();
        assert_eq!(probe.call(), "ok");
        let mut secrets = place.gate.revoke_all();
        assert_eq!(probe.call(), "ok", "by a fresh token");
        secrets.extend(place.gate.revoke_all());
        assert_eq!(secrets.len(), 2, "{secrets:?}");
        secrets.extend([SECRET, ASSERTION].map(str::to_owned));
        drop(probe);
        let log = place.log();
        // The attempts of our client, and what is below it.
        assert!(
            log.contains("batch_client") && log.contains("TRACE"),
            "{log}"
        );
        for secret in &secrets {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
        assert!(
            !log.contains("client_secret=") && !log.contains("client_assertion="),
            "{log}"
        );
    }
}

#[test]
fn there_is_one_implementation_of_tls_in_the_tree() {
    for features in ["", "azure-identity", "keyring"] {
        let tree = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--package=batch-client",
                "--edges=normal",
                "--prefix=none",
            ])
            .args(["--locked", "--features", features])
            .output()
            .expect("cargo");
        let tree = String::from_utf8(tree.stdout).expect("UTF-8");
        let packages: std::collections::BTreeSet<(&str, &str)> = tree
            .lines()
            .filter_map(|line| line.trim_end_matches(" (*)").split_once(' '))
            .collect();
        let count = |name: &str| packages.iter().filter(|(of, _)| *of == name).count();
        for (name, expected) in [
            ("rustls", 1),
            ("ring", 1),
            ("reqwest", 1),
            ("hyper", 1),
            ("aws-lc-rs", 0),
            ("aws-lc-sys", 0),
            ("openssl", 0),
            ("native-tls", 0),
            ("azure_identity", usize::from(features == "azure-identity")),
            ("keyring-core", usize::from(features == "keyring")),
            // The Secret Service is the program's choice.
            ("zbus", 0),
            ("libdbus-sys", 0),
        ] {
            assert_eq!(count(name), expected, "{name} with {features:?}");
        }
    }
}
