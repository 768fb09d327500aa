//! Tests of the program: its options, its first line, its shutdown.

use std::process::Command;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_batch-emulator"))
}

#[test]
fn invalid_options_are_reported() {
    for (arguments, status, named) in [
        (&["--data"][..], 2, "missing argument"),
        (&["--port"], 2, "missing argument"),
        (&["--key", "not base64!"], 1, "cannot start"),
        (
            &["--faults", "[{\"fault\":{\"explode\":{}}}]"],
            2,
            "unknown variant `explode`",
        ),
        (
            &["--faults", "[{\"account\":\"x\",\"fault\":{\"reset\":{}}}]"],
            1,
            "rules[0].account: the service has no account `x`",
        ),
        (
            &["--dev-sts", "--entra", "i", "--jwks", "f"],
            2,
            "--dev-sts excludes --entra and --jwks; pass one or the other",
        ),
        (
            &["--account", "a", "--auth-modes", "b=aad"],
            1,
            "authentication modes are set for b, which is not an account; there are a",
        ),
    ] {
        let output = program().args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
        assert!(text.contains(named), "{text}");
        // The reason and how to get help, not the whole help.
        assert!(text.lines().count() <= 2, "{text}");
        assert!(output.stdout.is_empty());
    }
    let help = program().arg("--help").output().unwrap();
    assert!(help.status.success());
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(help.contains("--clock-speed") && help.contains("browser"));
}

/// `kill` is available wherever a shell is.
#[cfg(unix)]
#[test]
fn its_storage_is_printed_after_its_address_and_exported() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    let mut child = program()
        .args(["--storage", "--env"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = |prefix: &str| {
        let line = lines.next().unwrap().unwrap();
        let rest = line.strip_prefix(prefix);
        rest.unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    let address = line("listening on ");
    let endpoint = line("storage on ");
    assert_eq!(endpoint, format!("{address}/devaccount"));
    let connection = line("storage connection string ");
    assert!(connection.ends_with(&format!(";BlobEndpoint={endpoint}")));
    for name in ["ENDPOINT", "ACCOUNT", "ACCESS_KEY"] {
        line(&format!("export AZURE_BATCH_{name}="));
    }
    let exported = line("export AZURE_STORAGE_CONNECTION_STRING=");
    assert_eq!(exported, format!("'{connection}'"));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Signals exist only on Unix, and `kill` is available wherever a shell is.
#[cfg(unix)]
#[test]
fn it_prints_its_address_and_stops_on_ctrl_c() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::Stdio;

    let mut child = program()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let port = line
        .strip_prefix("listening on http://127.0.0.1:")
        .and_then(|rest| rest.strip_suffix('\n'))
        .unwrap_or_else(|| panic!("{line:?}"));
    let port: u16 = port.parse().unwrap();
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();

    let id = child.id().to_string();
    let interrupted = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(interrupted.success());
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
