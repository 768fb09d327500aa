//! The program: how it is run, and what it says.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub(crate) const ACCOUNT: &str = "acct";
pub(crate) const KEY: &str = "dG9wLXNlY3JldA==";

/// Output and exit status of the program.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Called {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.exit, Some(0), "{self:?}");
        serde_json::from_slice(&self.stdout).expect("JSON on stdout")
    }

    /// The error, where nothing else is on stderr.
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.exit, Some(1), "{self:?}");
        assert_eq!(self.stdout, b"", "{self:?}");
        serde_json::from_str(&self.stderr).expect("JSON on stderr")
    }
}

impl From<Output> for Called {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).expect("text on stderr"),
        }
    }
}

pub(crate) fn call(url: &str, arguments: &[&str], stdin: &str) -> Called {
    let mut command = program();
    command.args(["--url", url, "--account", ACCOUNT, "--key", KEY]);
    run(command.args(arguments), stdin)
}

pub(crate) fn run(command: &mut Command, stdin: &str) -> Called {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    // It may have ended without reading.
    let _ = child
        .stdin
        .take()
        .expect("stdin")
        .write_all(stdin.as_bytes());
    child.wait_with_output().expect("the program's end").into()
}

/// The program, without what the environment of the tests has for it.
pub(crate) fn program() -> Command {
    example("call")
}

/// Another example, in the same way.
pub(crate) fn example(name: &str) -> Command {
    let path = example_path(name);
    assert!(
        path.exists(),
        "there is no {}; build it: cargo build -p batch-client --example {name}",
        path.display()
    );
    let mut command = Command::new(path);
    for variable in [
        "AZURE_BATCH_ENDPOINT",
        "AZURE_BATCH_ACCOUNT",
        "AZURE_BATCH_ACCESS_KEY",
        "AZURE_BATCH_AUTH_MODE",
        "AZURE_BATCH_PROFILE",
        "AZURE_BATCH_CONFIG",
        "AZURE_BATCH_TOKEN",
    ] {
        command.env_remove(variable);
    }
    for folder in ["HOME", "AZURE_CONFIG_DIR", "XDG_CONFIG_HOME", "APPDATA"] {
        command.env(folder, "/nowhere");
    }
    command.env("NO_PROXY", "127.0.0.1");
    command
}

/// A POSIX shell that finds the program as `call`.
#[cfg(unix)]
pub(crate) fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    let path = example_path("call");
    let folder = path.parent().expect("the folder of the examples");
    command.args(["-c", line]).env("PATH", folder);
    command.env("NO_PROXY", "127.0.0.1");
    command
}

/// Beside the folder of the tests; cargo has no variable for examples.
fn example_path(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("target's folder of the profile");
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    profile.join("examples").join(name)
}
