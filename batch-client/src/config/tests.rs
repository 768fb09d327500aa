//! Precedence, files and their mistakes, each in a separate folder and with separate variables.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

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
fn mistakes_in_files_are_errors_with_file_and_line() {
    let home = Home::new().az("[batch]\naccount\n");
    let error = home.error(&[]);
    assert!(
        error.starts_with("cannot read HOME/.azure/config: line 2: it has neither `=` nor `:`; "),
        "{error}"
    );
    for (text, expected) in [
        ("profile = 1", "line 1: expected a string, found integer"),
        ("\n[profiles.a]\nendpoint = \"x\ny\"", "line 3: "),
        (
            "[profiles.a]\nendpiont = \"x\"",
            "line 2: `endpiont` is not known here; there are `endpoint`, ",
        ),
        ("profiles = []", "line 1: expected a table, found array"),
        (
            "[profiles.a]\n\nauth_mode = \"key\"",
            "line 3: `auth_mode` is `aad` or `shared_key`, not \"key\"",
        ),
        (
            "[profiles.a]\naccount = \"a\"\naccount = \"b\"",
            "line 3: duplicate key: `account`",
        ),
        (
            "[profiles.a]\ndefault_job_type = \"r\"",
            "line 2: there is no job type \"r\" in this profile",
        ),
        (
            "[profiles.a.job_types.r]\nf = [1]",
            "line 2: a parameter is a string, a number or a boolean",
        ),
        (
            "[servers]",
            "line 1: `servers` is not known here; there are `profile`, `profiles`",
        ),
    ] {
        let error = Home::new().profiles(text).error(&[]);
        assert!(
            error.starts_with(&format!("cannot read HOME/config.toml: {expected}")),
            "{text}: {error}"
        );
    }
    let error = Home::new()
        .profiles("profile = \"y\"\n[profiles.a]\n[profiles.b]")
        .error(&[]);
    assert_eq!(
        error,
        "cannot use profile \"y\", which `profile` in ~/config.toml selects: ~/config.toml does not \
         have it; its profiles are: a, b"
    );
}

#[test]
fn odd_files_are_read_or_refused_in_one_line() {
    // As an editor of Windows saves it.
    let text = format!("\u{feff}{}", PROFILES.replace('\n', "\r\n"));
    let config = Home::new().profiles(&text).config(&[]);
    assert_eq!(config.account().as_deref(), Some("work"));
    // Nothing at all, and nothing but a comment.
    for text in ["", "\u{feff}", "# later", "\r\n"] {
        let config = Home::new().profiles(text).config(&[]);
        assert_eq!(config.profiles().count(), 0, "{text:?}");
    }
    let repeated = format!("{PROFILES}[profiles.work]\n");
    let large = format!("# {}\n{PROFILES}", "x".repeat(1 << 20));
    let many = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (text, expected) in [
        (&*repeated, "line 10: duplicate key: `work`"),
        (&large, "it is larger than 1048576 bytes, so it is not a"),
        ("[profiles.a]\nendpoint = \"x", "line 2: "),
        ("[profiles.a\n", "line 1: "),
        ("profiles.a.endpoint = 'x'\n[profiles.a]", "line 2: "),
        ("profiles = 1979-05-27", "line 1: "),
        (
            "[profiles.a]\nendpoint = 1",
            "line 2: expected a string, found integer",
        ),
        (&format!("a = {many}"), "line 1: "),
        ("\u{0}", "line 1: "),
    ] {
        let error = Home::new().profiles(text).error(&[]);
        let part: String = text.chars().take(80).collect();
        assert!(
            error.starts_with(&format!("cannot read HOME/config.toml: {expected}")),
            "{part}: {error}"
        );
        assert_eq!(error.lines().count(), 1, "{part}: {error}");
        assert!(error.len() < 400, "{part}: {error}");
    }

    // A folder in the place of either file.
    let home = Home::new();
    fs::create_dir(home.0.join("config.toml")).expect("a folder");
    let error = home.error(&[]);
    assert!(
        error.starts_with("cannot read HOME/config.toml: "),
        "{error}"
    );
    let home = Home::new();
    fs::create_dir(home.0.join(".azure/config")).expect("a folder");
    let error = home.error(&[]);
    assert!(
        error.starts_with("cannot read HOME/.azure/config: "),
        "{error}"
    );
    // A file in the place of a folder is one that has no configuration.
    let home = Home::new().file(".azure/file", "");
    let file = home.0.join(".azure/file");
    let error = home.error(&[("AZURE_CONFIG_DIR", file.to_str().expect("UTF-8"))]);
    assert!(error.contains("/.azure/file/config: "), "{error}");
}

/// Endless, and unreadable unless for root.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    let error = home.error(&[("AZURE_BATCH_CONFIG", "/dev/zero")]);
    assert!(
        error.starts_with("cannot read /dev/zero: it is larger than "),
        "{error}"
    );
    let home = Home::new().az(AZ);
    let file = home.0.join(".azure/config");
    fs::set_permissions(&file, fs::Permissions::from_mode(0)).expect("permissions");
    if fs::read(&file).is_err() {
        let error = home.error(&[]);
        assert!(error.contains("Permission denied"), "{error}");
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
fn parameters_of_job_types_are_set_removed_and_cleared() {
    let home = Home::new().profiles(include_str!("sample.toml"));
    let mut config = home.config(&[]);
    let render = config.add_job_type("render");
    assert_eq!(render.get("pool"), Some("render"), "it was there before");
    assert_eq!(render.remove("pool").as_deref(), Some("render"));
    assert_eq!(render.remove("pool"), None);
    render.set("frames", "1").set("frames", "2");
    config.save().expect("saved");
    let mut config = home.config(&[]);
    let render = config.default_job_type().expect("the default");
    assert_eq!(render.parameters().collect::<Vec<_>>(), [("frames", "2")]);
    config.add_job_type("render").clear();
    config.save().expect("saved");
    let config = home.config(&[]);
    let render = config.job_type("render").expect("it is still there");
    assert_eq!(render.parameters().count(), 0);
    // The other profiles are as they were.
    assert_eq!(
        config.profiles().collect::<Vec<_>>(),
        ["lab", "shop", "work"]
    );
}

#[test]
fn what_is_saved_is_read_again() {
    let home = Home::new().profiles("# Mine.\n# Keep.\n\nprofile = \"a b\"\n[profiles.\"a b\"]\n");
    let variables = [("AZURE_BATCH_ACCOUNT", "not-saved")];
    let mut config = home.config(&variables);
    let odd = "quote \" backslash \\ tab \t line \n bell \u{7} é";
    config.set_endpoint(URL);
    config.set_log_level("debug");
    config
        .add_job_type("render")
        .set("frames", "250")
        .set("odd key", odd);
    config.add_job_type("gone");
    assert!(config.remove_job_type("gone") && !config.remove_job_type("gone"));
    config
        .set_default_job_type("gone")
        .expect_err("it is not there");
    config.set_default_job_type("render").expect("it is there");
    config.save().expect("saved");

    let text = fs::read_to_string(home.0.join("config.toml")).expect("a file");
    assert!(
        text.starts_with("# Mine.\n# Keep.\n\nprofile = \"a b\"\n"),
        "{text}"
    );
    assert!(!text.contains("not-saved"), "{text}");
    let config = home.config(&[]);
    assert_eq!(config.endpoint().as_deref(), Some(URL));
    assert_eq!(config.log_level(), Some("debug"));
    let render = config.default_job_type().expect("a default");
    let expected = [("frames", "250"), ("odd key", odd)];
    assert_eq!(render.parameters().collect::<Vec<_>>(), expected);
    assert_eq!(config.profiles().collect::<Vec<_>>(), ["a b"]);
    // Nothing else is left behind.
    assert_eq!(fs::read_dir(&home.0).expect("a folder").count(), 2);
}

#[test]
fn the_sample_is_one() {
    let home = Home::new().profiles(include_str!("sample.toml"));
    let config = home.config(&[]);
    assert_eq!(config.endpoint().as_deref(), Some(URL));
    assert_eq!(
        config.default_job_type().and_then(|of| of.get("frames")),
        Some("250")
    );
    let config = home.config(&[("AZURE_BATCH_PROFILE", "lab"), ("LAB_BATCH_KEY", KEY)]);
    config.client().expect("a client");
    let text = home.explained(&config);
    let expected = "credential key from LAB_BATCH_KEY, by profile \"lab\", ~/config.toml:23\n";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_key_can_stay_in_a_variable() {
    // A variable that is not set does not make the key of another account the profile's.
    let home = Home::new().az(AZ).profiles(
        "[profiles.default]\nendpoint = \"https://lab.batch.example\"\naccount = \"lab\"\n\
         access_key_variable = \"LAB_BATCH_KEY\"",
    );
    let origin = "LAB_BATCH_KEY, by profile \"default\", ~/config.toml:4";
    assert_eq!(
        home.error(&[]),
        format!(
            "cannot read the account's key from {origin}: the variable is not set; set it to one of \
             the account's two keys (on its Keys page)"
        )
    );
    let config = home.config(&[]);
    assert!(!config.has_key());
    let text = home.explained(&config);
    let expected = format!("credential missing: the key from {origin} is not set\n");
    assert!(text.ends_with(&expected), "{text}");
    let config = home.config(&[("LAB_BATCH_KEY", KEY)]);
    assert!(config.has_key());
    config.client().expect("a client");
    home.explained(&config);
    home.config(&[("AZURE_BATCH_ACCESS_KEY", KEY)])
        .client()
        .expect("a variable of ours wins");

    // Set by a program, the file has its name alone.
    let mut config = home.config(&[("OTHER_KEY", KEY)]);
    config.set_access_key_variable("other", "OTHER_KEY");
    config.client().expect("a client");
    config.save().expect("saved");
    let text = fs::read_to_string(home.0.join("config.toml")).expect("a file");
    assert!(
        text.contains("access_key_variable = \"OTHER_KEY\"\n") && !text.contains("LAB"),
        "{text}"
    );
    let saved = home.config(&[("OTHER_KEY", KEY)]);
    assert_eq!(saved.account().as_deref(), Some("other"));
    saved.client().expect("a client");
}

#[test]
fn a_profile_has_its_key_in_one_place() {
    let text = "[profiles.a]\naccess_key_variable = \"X\"\naccess_key_keyring = \"x\"";
    let error = Home::new().profiles(text).error(&[]);
    let expected = "cannot read HOME/config.toml: line 2: `access_key_variable` and \
                    `access_key_keyring` exclude each other; correct it there";
    assert_eq!(error, expected);
}

const IN_KEYRING: &str = "[profiles.default]\nendpoint = \"https://lab.batch.example\"\n\
                          account = \"lab\"\naccess_key_keyring = \"absent\"";

#[cfg(not(feature = "keyring"))]
#[test]
fn a_key_in_the_keyring_needs_the_feature() {
    let home = Home::new().profiles(IN_KEYRING);
    assert_eq!(
        home.error(&[]),
        "cannot read the account's key from the entry \"absent\" of the keyring, by profile \
         \"default\", ~/config.toml:4: the feature `keyring` of batch-client is off; turn it on, or \
         set AZURE_BATCH_ACCESS_KEY to the key"
    );
    // It remains where it is.
    home.config(&[]).save().expect("saved");
    let text = fs::read_to_string(home.0.join("config.toml")).expect("a file");
    assert!(text.contains("access_key_keyring = \"absent\"\n"), "{text}");
}

/// In a store that keyring-core has for tests; `tests/it/` uses one of the system.
#[cfg(feature = "keyring")]
#[test]
fn a_key_can_stay_in_the_keyring() {
    use keyring_core::mock;

    let store = mock::Store::new().expect("a store");
    keyring_core::set_default_store(store);
    let home = Home::new().profiles(IN_KEYRING);
    let origin = "the entry \"absent\" of the keyring, by profile \"default\", ~/config.toml:4";
    assert_eq!(
        home.error(&[]),
        format!(
            "cannot read the account's key from {origin}: the service \"azure-batch\" has no such \
             entry; store the key by `Config::store_access_key`"
        )
    );
    let mut config = home.config(&[]);
    let text = home.explained(&config);
    assert!(
        text.ends_with(&format!("credential key from {origin}\n")),
        "{text}"
    );
    config.store_access_key("lab", KEY).expect("stored");
    config.client().expect("a client");
    config.save().expect("saved");
    let text = fs::read_to_string(home.0.join("config.toml")).expect("a file");
    assert!(
        text.contains("access_key_keyring = \"lab.batch.example\"\n") && !text.contains(KEY),
        "{text}"
    );
    let config = home.config(&[]);
    config.client().expect("a client by the stored key");
    home.explained(&config);
    // A variable still wins.
    let other = [("AZURE_BATCH_ACCESS_KEY", "no base64!")];
    assert!(home.error(&other).starts_with("cannot use account key: "));

    // What the keyring refuses changes nothing, and no error has the secret.
    let entry = keyring_core::Entry::new("azure-batch", "lab.batch.example").expect("an entry");
    let refuse = |why| {
        let credential: &mock::Cred = entry.as_any().downcast_ref().expect("the mock's");
        credential.set_error(why);
    };
    for (why, expected) in [
        (
            keyring_core::Error::NoStorageAccess("locked".into()),
            "Couldn't access platform storage: locked; unlock the keyring",
        ),
        (
            keyring_core::Error::BadEncoding(KEY.as_bytes().to_vec()),
            "the entry is not text; store the key again by `Config::store_access_key`",
        ),
    ] {
        refuse(why);
        let error = config.client().expect_err("refused").to_string();
        assert!(error.ends_with(expected) && !error.contains(KEY), "{error}");
    }
    refuse(keyring_core::Error::NoStorageAccess("locked".into()));
    let mut changed = config.clone();
    let error = changed.store_access_key("x", KEY).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "cannot store the account's key in the entry \"lab.batch.example\" of the keyring: Couldn't \
         access platform storage: locked; unlock the keyring"
    );
    assert_eq!(changed.account().as_deref(), Some("lab"));

    // Deleted in both places, and then there is none.
    assert!(changed.delete_stored_access_key().expect("deleted"));
    assert!(!changed.has_key() && !changed.delete_stored_access_key().expect("none is left"));
    let error = config.client().expect_err("deleted").to_string();
    assert!(error.contains("has no such entry"), "{error}");
    let mut again = config.clone();
    again.delete_stored_access_key().expect_err("no such entry");
    assert!(again.has_key());
}

#[cfg(unix)]
#[test]
fn files_are_for_the_user_alone_and_whole_or_untouched() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    // Its folder does not exist either.
    let path = home.0.join("new/config.toml");
    let mut config = Config::empty(Environment::of(&[]));
    config.path = Some(path.clone());
    config.set_access_key("acct", KEY);
    config.save().expect("saved");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert!(
        Config::from_file(&path)
            .expect("a file")
            .warnings
            .is_empty()
    );

    // A file that others could read is private after it was saved.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions");
    let config = Config::from_file(&path).expect("a file");
    assert!(
        config.explain().contains("warning: others can read "),
        "{}",
        config.explain()
    );
    config.save().expect("saved");
    assert_eq!(mode(&path), 0o600);
    let text = fs::read_to_string(&path).expect("a file");

    // Where no file can be created, the old one stays. (Root may create it anywhere.)
    let folder = path.parent().expect("a folder");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).expect("permissions");
    let mut changed = config.clone();
    changed.set_endpoint(URL);
    if changed.save().is_err() {
        assert_eq!(fs::read_to_string(&path).expect("a file"), text);
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("permissions");
    // A folder in the file's place cannot be replaced; the new file is removed.
    config
        .clone_to(&home.0.join(".azure"))
        .save()
        .expect_err("a folder");
    assert_eq!(fs::read_dir(&home.0).expect("a folder").count(), 2);

    // Through a link, its target is replaced.
    let link = home.0.join("link.toml");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    changed.clone_to(&link).save().expect("saved");
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert!(fs::read_to_string(&path).expect("a file").contains(URL));
}

#[cfg(unix)]
impl Config {
    fn clone_to(&self, path: &Path) -> Self {
        let mut config = self.clone();
        config.path = Some(path.to_owned());
        config
    }
}

#[test]
fn a_task_names_its_account_and_its_pool_the_identity() {
    let error = Client::from_task().expect_err("no task").to_string();
    assert!(error.contains("AZ_BATCH_ACCOUNT_URL is not set"), "{error}");
}

use crate::client::Client;
