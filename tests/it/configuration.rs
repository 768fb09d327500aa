//! A process finds what another one configured: a key in the system's keyring, and a whole file
//! even if that process was killed while it saved.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use batch_emulator::Config;
use tempfile::TempDir;

/// A home folder with an empty file of profiles.
fn home() -> TempDir {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("config.toml"), "").expect("a file");
    home
}

fn command(home: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("AZURE_BATCH_CONFIG", home.path().join("config.toml"));
    command
}

fn probe(home: &TempDir, arguments: &[&str], key: &str) -> Output {
    let mut child = command(home, arguments)
        .env("PROBE_KEY", key)
        .env("PROBE_TRACE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the probe");
    let mut stdin = child.stdin.take().expect("stdin");
    // It may have ended without reading.
    let _ = stdin.write_all(b"\n");
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!log.contains(key), "{log}");
    output
}

/// On Linux, the keyring is the kernel's, which needs no desktop, but a session: `keyctl session -
/// cargo test …` starts one in a container.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_kept_by_the_kernel() {
    let config = Config::default().account("acct");
    let emulator = batch_emulator::start(config).await.expect("an emulator");
    let (endpoint, key) = (emulator.endpoint(), emulator.key());
    let home = home();
    let stored = probe(&home, &[endpoint, "store"], key);
    if !stored.status.success() {
        let error = String::from_utf8_lossy(&stored.stderr);
        assert!(
            error.contains("cannot store the account's key in the entry "),
            "{error}"
        );
        println!("skipped: this machine has no keyring: {error}");
        return;
    }
    let file = home.path().join("config.toml");
    let text = fs::read_to_string(file).expect("a profile");
    let entry = endpoint.replace("http://", "");
    assert!(
        text.contains(&format!("access_key_keyring = \"{entry}\"\n")),
        "{text}"
    );
    let called = probe(&home, &["", "stored"], key);
    let forgotten = probe(&home, &["", "forget"], key);
    assert!(forgotten.status.success(), "{forgotten:?}");
    let stdout = String::from_utf8_lossy(&called.stdout);
    assert!(stdout.contains("PoolNotFound"), "{called:?}");
    let missing = probe(&home, &["", "stored"], key);
    let error = String::from_utf8_lossy(&missing.stderr);
    assert!(error.contains("there is no key"), "{error}");
}

#[test]
fn a_process_that_is_killed_while_it_saves_leaves_a_whole_file() {
    let home = home();
    let mut sizes = std::collections::BTreeSet::new();
    for round in 0..40 {
        let mut child = command(&home, &["", "rewrite"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the probe");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
        stdout.read_line(&mut String::new()).expect("a line");
        // At another moment each time, among many files written meanwhile.
        std::thread::sleep(Duration::from_micros(500 * round));
        child.kill().expect("it runs");
        child.wait().expect("its end");
        let path = home.path().join("config.toml");
        let config = batch_client::Config::from_file(&path).expect("a whole file");
        let job_type = config.default_job_type().expect("what was saved");
        let parameters = job_type.parameters().count();
        // Few or many, and as many as the file says.
        assert_eq!(job_type.get("count"), Some(&*parameters.to_string()));
        sizes.insert(parameters);
    }
    assert_eq!(sizes.len(), 2, "both were seen: {sizes:?}");
}
