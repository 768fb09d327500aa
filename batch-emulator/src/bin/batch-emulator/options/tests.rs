//! Tests of the options.

use std::path::Path;

use batch_emulator::{AuthenticationMode, Entra, Jwks};

use super::*;

fn parsed(line: &str) -> Result<Config, String> {
    match parse(Parser::from_args(line.split_whitespace())).map_err(|error| error.to_string())? {
        Command::Serve(options) => Ok(options.config),
        Command::Help | Command::Version => Err("nothing to serve".to_owned()),
    }
}

#[test]
fn options_are_read() {
    let config = parsed(
        "--port 7 --account a --key=a2V5Cg== --bearer t --clock-speed 2.5 --task-seconds .5 \
         --page-size 3 --data /tmp/x --application calc=1.0,2.0 --application=empty --sparse-pages --quirks --any-image \
          --execute --work-dir w --packages=p",
    )
    .unwrap();
    assert_eq!((config.port, config.account.as_str()), (7, "a"));
    assert_eq!(config.key, "a2V5Cg==");
    assert_eq!(config.bearer_token.as_deref(), Some("t"));
    assert_eq!(config.task_duration, Duration::from_millis(500));
    assert_eq!((config.page_size, config.sparse_pages), (Some(3), true));
    assert!(config.quirks && !Config::default().quirks);
    assert_eq!(config.data.as_deref(), Some(Path::new("/tmp/x")));
    assert!(config.execute);
    let folders = [config.work_dir.as_deref(), config.packages.as_deref()];
    assert_eq!(folders, [Some("w".as_ref()), Some("p".as_ref())]);
    let [calc, empty] = config.applications.as_slice() else {
        panic!("{:?}", config.applications);
    };
    assert_eq!(
        (calc.id.as_str(), calc.versions.as_slice()),
        ("calc", &["1.0".to_owned(), "2.0".to_owned()][..])
    );
    assert_eq!((empty.id.as_str(), empty.versions.len()), ("empty", 0));
}

#[test]
fn accounts_are_given_one_after_the_other() {
    let accounts = |line| {
        let config = parsed(line).unwrap();
        let more = config.more_accounts.into_iter();
        let mut found = vec![(config.account, config.key)];
        found.extend(more.map(|more| (more.account, more.key)));
        found
    };
    let (name, key) = (DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY);
    let cases: [(&str, &[(&str, &str)]); 5] = [
        ("", &[(name, key)]),
        ("--key k", &[(name, "k")]),
        ("--key k --account a", &[("a", "k")]),
        ("--account a --account b --key l", &[("a", key), ("b", "l")]),
        (
            "--account a --key k --account b --key l --account c",
            &[("a", "k"), ("b", "l"), ("c", key)],
        ),
    ];
    for (line, wanted) in cases {
        let found = accounts(line);
        let found: Vec<_> = found
            .iter()
            .map(|(a, k)| (a.as_str(), k.as_str()))
            .collect();
        assert_eq!(found, wanted, "{line}");
    }
}

#[test]
fn tokens_are_read_from_options_and_from_the_environment() {
    let aad = AuthenticationMode::Aad;
    let config = parsed(
        "--entra https://sts.example/v2.0 --jwks keys.json --auth-modes a=aad \
         --auth-modes b=shared_key,aad",
    )
    .unwrap();
    let issuer = Entra::new(
        "https://sts.example/v2.0",
        Jwks::File("keys.json".to_owned().into()),
    );
    assert_eq!(config.entra, Some(issuer.clone()));
    assert_eq!(
        config.authentication_modes,
        [
            ("a".to_owned(), vec![aad]),
            ("b".to_owned(), vec![AuthenticationMode::SharedKey, aad]),
        ]
    );
    assert!(!config.dev_sts && parsed("--dev-sts").unwrap().dev_sts);
    let config = parsed("--entra i --jwks http://127.0.0.1:1/jwks --audience api://own").unwrap();
    let keys = Jwks::Url("http://127.0.0.1:1/jwks".to_owned());
    assert_eq!(
        config.entra,
        Some(Entra::new("i", keys).audience("api://own"))
    );

    let read = |line: &str, variables: &[(&str, &str)]| {
        let given = line.split_whitespace().map(OsString::from).collect();
        let variable = |name: &str| {
            let name = name.strip_prefix("BATCH_EMULATOR_")?;
            let (_, value) = variables.iter().find(|(of, _)| *of == name)?;
            Some(value.into())
        };
        let arguments = completed(given, variable).unwrap();
        match parse(Parser::from_args(arguments)).map_err(|error| error.to_string())? {
            Command::Serve(options) => Ok(options.config),
            _ => Err("nothing to serve".to_owned()),
        }
    };
    let variables = [
        ("ENTRA", "https://sts.example/v2.0"),
        ("JWKS", "keys.json"),
        ("AUTH_MODES", "a=aad"),
        ("DEV_STS", "off"),
    ];
    let config = read("", &variables).unwrap();
    assert_eq!(config.entra, Some(issuer.clone()));
    assert_eq!(
        config.authentication_modes,
        [("a".to_owned(), vec![AuthenticationMode::Aad])]
    );
    assert!(!config.dev_sts && read("", &[("DEV_STS", "1")]).unwrap().dev_sts);
    // One of the two places is enough for each option.
    let config = read("--audience x --jwks=keys.json", &variables).unwrap();
    assert_eq!(config.entra, Some(issuer.audience("x")));
    let error = read("--dev-sts", &variables).unwrap_err();
    assert_eq!(
        error,
        "--dev-sts excludes --entra and --jwks; pass one or the other"
    );
    let error = read("", &[("AUDIENCE", "x")]).unwrap_err();
    assert_eq!(error, "--audience needs --entra and --jwks; pass both");
}

#[test]
fn faults_are_read_from_a_file_or_from_json() {
    let rules = r#"{"seed":3,"rules":[{"fault":{"reset":{}}}]}"#;
    let given = parsed(&format!("--faults {rules}")).unwrap().faults;
    assert_eq!((given.seed, given.rules.len()), (Some(3), 1));
    let seeded = parsed(&format!("--fault-seed 4 --faults {rules}")).unwrap();
    assert_eq!(seeded.faults.seed, Some(4));
    let file = std::env::temp_dir().join(format!("batch-emulator-{}.json", std::process::id()));
    std::fs::write(&file, rules).unwrap();
    let read = parsed(&format!("--faults {}", file.display())).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(read.faults, given);
}

#[test]
fn errors_name_the_option() {
    for (line, named) in [
        ("--key a --key b", "--key was given twice"),
        ("--faults [{}]", "--faults: rules[0]: missing field `fault`"),
        (
            "--faults /nowhere/faults.json",
            "--faults /nowhere/faults.json: ",
        ),
        ("--fault-seed -1", "--fault-seed -1"),
        ("--data", "missing argument for option '--data'"),
        ("--work-dir", "missing argument"),
        ("--execute=1", "unexpected argument for option '--execute'"),
        ("--port", "missing argument"),
        ("--port 70000", "--port 70000"),
        ("--task-seconds -1", "--task-seconds -1"),
        ("--sparse-pages=1", "unexpected argument for option"),
        ("--what", "invalid option '--what'"),
        ("--host example.org", "--host example.org"),
        ("--cert a", "--cert and --cert-key belong together"),
        ("--containers lxc", "--containers lxc: expected plain"),
        ("--ca a", "--ca needs --tls"),
        ("--ca a --cert b --cert-key c", "--ca needs --tls"),
        ("serve", "unexpected argument \"serve\""),
        ("--entra i", "--entra and --jwks belong together; pass both"),
        (
            "--jwks f --audience a",
            "--entra and --jwks belong together; pass both",
        ),
        ("--audience a", "--audience needs --entra and --jwks"),
        (
            "--audience a --dev-sts",
            "--audience needs --entra and --jwks",
        ),
        (
            "--dev-sts --jwks f",
            "--dev-sts excludes --entra and --jwks",
        ),
        (
            "--jwks f --entra i --dev-sts",
            "--dev-sts excludes --entra and --jwks",
        ),
        ("--entra= --jwks f", "the claims `iss` and `aud` of tokens"),
        (
            "--entra i --jwks f --audience=",
            "the claims `iss` and `aud` of tokens",
        ),
        (
            "--entra i --jwks ftp://x",
            "cannot parse --jwks ftp://x: expected a URL with http or https, or a file",
        ),
        (
            "--auth-modes aad",
            "cannot parse --auth-modes aad: expected ACCOUNT=MODES",
        ),
        (
            "--auth-modes a=key",
            "cannot parse --auth-modes a=key: \"key\" is neither shared_key nor aad",
        ),
        (
            "--auth-modes a=",
            "cannot parse --auth-modes a=: \"\" is neither shared_key nor aad",
        ),
        ("--dev-sts=1", "unexpected argument for option '--dev-sts'"),
    ] {
        let error = parsed(line).unwrap_err();
        assert!(error.contains(named), "{line}: {error}");
    }
}

#[test]
fn options_come_from_the_environment_too() {
    let environment = |name: &str| {
        let value = match name {
            "BATCH_EMULATOR_PORT" => "7",
            "BATCH_EMULATOR_KEY" => "a2V5",
            "BATCH_EMULATOR_QUIRKS" => "true",
            "BATCH_EMULATOR_EXECUTE" => "0",
            "BATCH_EMULATOR_HOST" => "::",
            "BATCH_EMULATOR_CA" => "",
            _ => return None,
        };
        Some(value.into())
    };
    let read = |line: &str| {
        let given = line.split_whitespace().map(OsString::from).collect();
        let arguments = completed(given, environment).unwrap();
        match parse(Parser::from_args(arguments)).unwrap() {
            Command::Serve(options) => options.config,
            _ => panic!("{line}"),
        }
    };
    let config = read("--account a");
    assert_eq!((config.port, config.account.as_str()), (7, "a"));
    assert_eq!(
        (config.key.as_str(), config.host.to_string()),
        ("a2V5", "::".to_owned())
    );
    assert!(config.quirks && !config.execute);
    assert_eq!(read("--port 8").port, 8);
    assert_eq!(read("--port=9").port, 9);
    let wrong = completed(Vec::new(), |name| {
        (name == "BATCH_EMULATOR_TLS").then(|| "maybe".into())
    });
    let error = wrong.unwrap_err().to_string();
    assert!(error.contains("BATCH_EMULATOR_TLS=maybe"), "{error}");
}

#[test]
fn every_option_is_in_the_help_and_in_the_environment() {
    let shown = |line: &str| {
        Some(
            line.trim_start()
                .strip_prefix("--")?
                .split(' ')
                .next()?
                .to_owned(),
        )
    };
    let mut named: Vec<String> = USAGE.lines().filter_map(shown).collect();
    named.retain(|name| !["help", "version"].contains(&name.as_str()));
    let mut known: Vec<String> = VALUES
        .iter()
        .chain(FLAGS)
        .map(|name| (*name).to_owned())
        .collect();
    named.sort();
    known.sort();
    assert_eq!(named, known);
    for name in VALUES.iter().chain(FLAGS) {
        let parsed = parse(Parser::from_args([format!("--{name}")]));
        let error = parsed
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(!error.contains("invalid option"), "{name}: {error}");
    }
}
