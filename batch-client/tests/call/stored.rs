//! Examples that find their account without a variable: by the login of the Azure CLI, or by a
//! profile.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::{ACCOUNT, KEY, example, run};
use crate::service::Service;

/// A user's home folder, which is removed when this is dropped.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let name = format!("batch-home-{name}-{}", std::process::id());
        let home = std::env::temp_dir().join(name);
        fs::create_dir_all(&home).expect("a folder");
        Self(home)
    }

    /// As `az batch account login` writes it.
    fn az(&self, folder: &str, endpoint: &str) {
        let text = format!(
            "[cloud]\nname = AzureCloud\n\n[batch]\naccount = {ACCOUNT}\nendpoint = {endpoint}\n\
             auth_mode = shared_key\naccess_key = {KEY}\n"
        );
        self.file(&Path::new(folder).join("config"), &text);
    }

    fn profile(&self, endpoint: &str) {
        let folder = if cfg!(target_os = "macos") {
            "Library/Application Support"
        } else {
            ".config"
        };
        let text = format!(
            "[profiles.default]\nendpoint = \"{endpoint}\"\naccount = \"{ACCOUNT}\"\naccess_key = \
             \"{KEY}\"\n"
        );
        self.file(&Path::new(folder).join("batch/config.toml"), &text);
    }

    fn file(&self, name: &Path, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn example(&self, name: &str) -> Command {
        let mut command = example(name);
        command.env_remove("AZURE_CONFIG_DIR");
        for folder in ["HOME", "USERPROFILE"] {
            command.env(folder, &self.0);
        }
        let configuration = self.0.join(".config");
        for folder in ["XDG_CONFIG_HOME", "APPDATA"] {
            command.env(folder, &configuration);
        }
        for folder in ["TMPDIR", "TMP", "TEMP"] {
            command.env(folder, &self.0);
        }
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_quickstart_runs_on_the_account_of_the_azure_cli() {
    let service = Service::start();
    let home = Home::new("az");
    home.az(".azure", service.emulator.endpoint());
    let called = run(&mut home.example("quickstart"), "");
    let stdout = String::from_utf8_lossy(&called.stdout);
    assert_eq!(called.exit, Some(0), "{stdout}{}", called.stderr);
    let first = format!("Azure Batch at {}\n", service.emulator.endpoint());
    assert!(stdout.starts_with(&first), "{stdout}");
    assert_eq!(service.emulator.calls()["Pool_Delete"], 1);
}

#[test]
fn the_quickstart_can_stay_on_the_emulator() {
    let home = Home::new("emulator");
    home.az(".azure", "https://acct.westeurope.batch.azure.com");
    let mut child = home
        .example("quickstart")
        .arg("--emulator")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the quickstart");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("stdout"))
        .read_line(&mut first)
        .expect("a line");
    child.kill().expect("it runs");
    child.wait().expect("its end");
    assert!(
        first.starts_with("Azure Batch at http://127.0.0.1:"),
        "{first}"
    );
}

#[test]
fn examples_run_on_the_account_of_a_profile() {
    let service = Service::start();
    let home = Home::new("profile");
    // The profile wins over the login.
    home.az(".azure", "https://acct.westeurope.batch.azure.com");
    home.profile(service.emulator.endpoint());
    let called = run(&mut home.example("conditional_update"), "");
    assert_eq!(called.exit, Some(0), "{}", called.stderr);
    let called = run(home.example("call").arg("Pool_List"), "");
    // The example deletes its pool, which may take a moment.
    let pools = called.json();
    for pool in pools["value"].as_array().expect("a list") {
        assert_eq!(pool["state"], "deleting", "{pool}");
    }
}

#[test]
fn the_folder_of_the_azure_cli_can_be_elsewhere() {
    let service = Service::start();
    let home = Home::new("elsewhere");
    home.az("elsewhere", service.emulator.endpoint());
    let mut command = home.example("call");
    command.env("AZURE_CONFIG_DIR", home.0.join("elsewhere"));
    let called = run(command.arg("Pool_List"), "");
    assert_eq!(called.exit, Some(0), "{}", called.stderr);
    // Relative paths are those of the working folder, as for the Azure CLI.
    let mut command = home.example("call");
    command
        .env("AZURE_CONFIG_DIR", "elsewhere")
        .current_dir(&home.0);
    let called = run(command.arg("Pool_List"), "");
    assert_eq!(called.exit, Some(0), "{}", called.stderr);
    // An empty one is as good as none.
    let mut command = home.example("call");
    command.env("AZURE_CONFIG_DIR", "");
    let called = run(command.arg("Pool_List"), "");
    assert_eq!(called.exit, Some(2), "{}", called.stderr);
}

#[test]
fn without_an_account_all_three_places_are_named() {
    let home = Home::new("nothing");
    let called = run(&mut home.example("conditional_update"), "");
    assert_eq!(called.exit, Some(1));
    let called_call = run(home.example("call").arg("Pool_List"), "");
    assert_eq!(called_call.exit, Some(2));
    for stderr in [called.stderr, called_call.stderr] {
        for place in ["AZURE_BATCH_ENDPOINT", "az batch account login", "profile"] {
            assert!(stderr.contains(place), "{place}: {stderr}");
        }
    }
}
