//! Files: what is read, refused and saved.

use super::*;

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
        (&*repeated, "line 10: redefinition of table `work`"),
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
    fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).expect("permissions");
    if fs::read(&file).is_err() {
        let error = home.error(&[]);
        assert!(error.contains("Permission denied"), "{error}");
    }
}

#[test]
fn parameters_of_job_types_are_set_removed_and_cleared() {
    let home = Home::new().profiles(include_str!("../sample.toml"));
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
    let home = Home::new().profiles(include_str!("../sample.toml"));
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
