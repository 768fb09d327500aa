//! Precedence and credentials, each in a separate folder and with separate variables.

mod files;
mod keys;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::client::Client;

const URL: &str = "https://acct.westeurope.batch.azure.com";
const KEY: &str = "c2VjcmV0";

/// A home folder, which is removed when this is dropped.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "batch-config-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let home = std::env::temp_dir().join(name);
        fs::create_dir_all(home.join(".azure")).expect("a folder");
        Self(home)
    }

    fn az(self, text: &str) -> Self {
        self.file(".azure/config", text)
    }

    fn profiles(self, text: &str) -> Self {
        self.file("config.toml", text)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        }
        self
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Config, Error> {
        let home = self.0.to_str().expect("UTF-8");
        let file = self.0.join("config.toml");
        let mut all = vec![("HOME", home)];
        // The default place differs between systems.
        if file.exists() {
            all.push(("AZURE_BATCH_CONFIG", file.to_str().expect("UTF-8")));
        }
        all.extend_from_slice(variables);
        Config::load_from(Environment::of(&all))
    }

    fn config(&self, variables: &[(&str, &str)]) -> Config {
        self.load(variables).expect("a configuration")
    }

    fn error(&self, variables: &[(&str, &str)]) -> String {
        let result = self.load(variables).and_then(|config| config.client());
        let error = result.expect_err("a mistake");
        assert!(error.is_invalid_request(), "{error:?}");
        error
            .to_string()
            .replace(self.0.to_str().expect("UTF-8"), "HOME")
    }

    fn explained(&self, config: &Config) -> String {
        let text = config.explain();
        assert!(
            !text.contains(KEY) && !format!("{config:?}").contains(KEY),
            "{config:?}"
        );
        text.replace(self.0.to_str().expect("UTF-8"), "HOME")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const AZ: &str = "[batch]\naccount = az\nendpoint = https://az.batch.example/\n\
                  auth_mode = shared_key\naccess_key = YXo=\n";
const PROFILES: &str = "profile = \"work\"\n\n[profiles.work]\nendpoint = \
                        \"https://work.batch.example\"\naccount = \"work\"\naccess_key = \
                        \"d29yaw==\"\n\n[profiles.other]\nendpoint = \"https://other.batch.example\"\n";

#[test]
fn each_value_is_that_of_the_first_origin_that_has_it() {
    let home = Home::new().az(AZ).profiles(PROFILES);
    let variables = [
        ("AZURE_BATCH_ENDPOINT", "https://variable.batch.example"),
        ("AZURE_BATCH_ACCOUNT", "variable"),
        ("AZURE_BATCH_ACCESS_KEY", "dmFy"),
    ];
    let task = [("AZ_BATCH_ACCOUNT_URL", "https://task.batch.example")];
    for (index, key) in [Setting::Endpoint, Setting::Account, Setting::AccessKey]
        .into_iter()
        .enumerate()
    {
        let value = |config: &Config| {
            let found = config.find(key).expect("a value");
            (
                found.value,
                found
                    .origin
                    .replace(home.0.to_str().expect("UTF-8"), "HOME"),
            )
        };
        // All but this variable are set: it comes from the profile.
        let mut others = variables.to_vec();
        let (name, text) = others.remove(index);
        let mut config = home.config(&[&variables[..], &task].concat());
        assert_eq!(value(&config), (text.to_owned(), name.to_owned()));
        config.explicit.set(key, "x".to_owned(), "the program");
        assert_eq!(value(&config).0, "x");

        let config = home.config(&[&others[..], &task].concat());
        let expected = ["https://work.batch.example", "work", "d29yaw=="][index];
        let line = [4, 5, 6][index];
        let origin = format!("profile \"work\", ~/config.toml:{line}");
        assert_eq!(value(&config), (expected.to_owned(), origin));

        // The other profile has an endpoint alone.
        let config = config.profile("other").expect("it exists");
        let expected = ["https://other.batch.example", "az", "YXo="][index];
        assert_eq!(value(&config).0, expected);
        if index > 0 {
            assert_eq!(value(&config).1, "HOME/.azure/config [batch]");
        }
    }
    let bare = Home::new();
    let config = bare.config(&task);
    assert_eq!(
        config.endpoint().as_deref(),
        Some("https://task.batch.example")
    );
    // Nextflow's names, after those of the Azure CLI.
    let config = bare.config(&[
        ("AZURE_BATCH_ACCOUNT_NAME", "nf"),
        ("AZURE_BATCH_ACCOUNT_KEY", KEY),
    ]);
    assert_eq!(config.find(Setting::Account).expect("a name").value, "nf");
    assert_eq!(
        config.find(Setting::AccessKey).expect("a key").origin,
        "AZURE_BATCH_ACCOUNT_KEY"
    );
}

#[test]
fn az_batch_account_login_makes_a_client() {
    let home = Home::new().az(AZ);
    let client = home.config(&[]).client().expect("a client");
    assert_eq!(client.endpoint(), "https://az.batch.example");
    assert!(format!("{client:?}").contains("az"), "{client:?}");
    // A host alone gets its scheme, as from the Azure CLI; a mode is shared_key by default.
    let home = Home::new().az("[batch]\nendpoint=acct.westeurope.batch.azure.com\naccess_key=YXo=");
    let config = home.config(&[]);
    assert_eq!(config.client().expect("a client").endpoint(), URL);
    assert_eq!(
        home.explained(&config),
        "endpoint acct.westeurope.batch.azure.com from HOME/.azure/config [batch]\naccount is not \
         set\ncredential key from HOME/.azure/config [batch]\n"
    );
}

#[test]
fn the_mode_aad_ignores_keys_even_from_variables() {
    let home = Home::new().az("[batch]\nendpoint = https://az.batch.example\nauth_mode = aad\n");
    let config = home.config(&[
        ("AZURE_BATCH_ACCESS_KEY", KEY),
        ("AZURE_BATCH_ACCOUNT", "acct"),
    ]);
    let text = home.explained(&config);
    let because = "auth_mode is `aad` (HOME/.azure/config [batch])";
    assert!(
        text.contains(&format!(
            "credential Microsoft Entra ID, because {because}\n"
        )),
        "{text}"
    );
    assert!(
        text.ends_with("ignored key from AZURE_BATCH_ACCESS_KEY\n"),
        "{text}"
    );
    let result = config.client();
    if cfg!(feature = "azure-identity") {
        assert!(!format!("{:?}", result.expect("a client")).contains("SharedKey"));
    } else {
        let error = result.expect_err("the feature is off").to_string();
        assert!(
            error.contains("the feature `azure-identity` of batch-client is off"),
            "{error}"
        );
    }
    // A variable wins over the file, and a decision of the program over both.
    let variables = [
        ("AZURE_BATCH_AUTH_MODE", "shared_key"),
        ("AZURE_BATCH_ACCESS_KEY", KEY),
        ("AZURE_BATCH_ACCOUNT", "acct"),
    ];
    let text = home.explained(&home.config(&variables));
    assert!(
        text.ends_with("credential key from AZURE_BATCH_ACCESS_KEY\n"),
        "{text}"
    );
    let mut config = home.config(&[("AZURE_BATCH_AUTH_MODE", "aad")]);
    config.set_access_key("acct", KEY);
    config.client().expect("a client by key");
    config.set_entra();
    assert!(matches!(config.way(), Ok(choose::Way::Entra { .. })));
    // A profile with a key has decided, too.
    let home = home.profiles(PROFILES);
    assert!(matches!(
        home.config(&[]).way(),
        Ok(choose::Way::Key { .. })
    ));
}

#[test]
fn what_is_missing_is_named_with_its_places() {
    let home = Home::new();
    let error = home.error(&[]);
    assert!(
        error.starts_with(
            "cannot create a client: there is no endpoint; set AZURE_BATCH_ENDPOINT to "
        ),
        "{error}"
    );
    assert!(error.contains("az batch account login"), "{error}");
    for (variables, expected) in [
        (
            &[("AZURE_BATCH_AUTH_MODE", "shared_key")][..],
            "cannot create a client: there is no key, although auth_mode is `shared_key` \
             (AZURE_BATCH_AUTH_MODE); set AZURE_BATCH_ACCESS_KEY to one of the account's two keys \
             (on its Keys page), or AZURE_BATCH_AUTH_MODE to `aad`",
        ),
        (
            &[("AZURE_BATCH_AUTH_MODE", "AAD")],
            "cannot choose a credential: auth_mode is `AAD` (AZURE_BATCH_AUTH_MODE); set it to \
             `aad` or `shared_key`",
        ),
        (
            &[("AZURE_BATCH_ACCESS_KEY", KEY)],
            "cannot create a client: there is no account name for the key; set AZURE_BATCH_ACCOUNT \
             to the name of the Batch account (on its Overview page)",
        ),
        (
            &[
                ("AZURE_BATCH_ACCESS_KEY", "no base64!"),
                ("AZURE_BATCH_ACCOUNT", "a"),
            ],
            "cannot use account key: ",
        ),
        (
            &[("AZURE_BATCH_PROFILE", "x")],
            "cannot use profile \"x\", which AZURE_BATCH_PROFILE selects: ",
        ),
        (
            &[("AZURE_BATCH_CONFIG", "/nowhere/config.toml")],
            "cannot read /nowhere/config.toml: No such file",
        ),
    ] {
        let endpoint = [("AZURE_BATCH_ENDPOINT", "https://batch.example")];
        let error = home.error(&[&endpoint, variables].concat());
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn empty_variables_are_as_good_as_none() {
    let home = Home::new().az(AZ);
    let variables = [
        "AZURE_BATCH_ENDPOINT",
        "AZURE_BATCH_ACCOUNT",
        "AZURE_BATCH_ACCESS_KEY",
        "AZURE_BATCH_AUTH_MODE",
        "AZURE_BATCH_PROFILE",
        "AZURE_BATCH_CONFIG",
        "AZURE_CONFIG_DIR",
        "XDG_CONFIG_HOME",
    ];
    for empty in ["", "  "] {
        let config = home.config(&variables.map(|name| (name, empty)));
        assert_eq!(
            config.find(Setting::AccessKey).expect("a key").origin,
            config.find(Setting::Endpoint).expect("a URL").origin
        );
        assert_eq!(config.account().as_deref(), Some("az"));
        config.client().expect("a client");
    }
}

#[test]
fn a_task_names_its_account_and_its_pool_the_identity() {
    let error = Client::from_task().expect_err("no task").to_string();
    assert!(error.contains("AZ_BATCH_ACCOUNT_URL is not set"), "{error}");
}
