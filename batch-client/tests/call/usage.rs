//! Wrong usage, options and help: what the program says without asking anybody.

use crate::program::{KEY, call, program, run};

#[test]
fn wrong_usage_is_told_before_anything_is_sent() {
    let cases: [(&[&str], &str, &[&str]); 15] = [
        (&[], "", &["OPERATION_ID"]),
        (
            &["Pool_Gett"],
            "",
            &["Pool_Gett", "Pool_Get,", "Pool_Resize"],
        ),
        (&["Disk_Get"], "", &["Disk_Get", "Account", "Pool"]),
        (&["Pool_Get"], "", &["poolId", "missing"]),
        (
            &["Pool_Get", "poolId=p", "top=1"],
            "",
            &["top", "poolId", "$select", "If-Match", "ocp-date"],
        ),
        (
            &["Pool_Get", "poolId=p", "poolid=q"],
            "",
            &["poolid", "more than once"],
        ),
        (&["Pool_Get", "poolId"], "", &["poolId", "NAME=VALUE"]),
        (
            &["Pool_List", "maxresults=ten"],
            "",
            &["maxresults", "32-bit integer", "ten"],
        ),
        (
            &["Pool_Get", "poolId=p", "If-Modified-Since=today"],
            "",
            &["If-Modified-Since", "RFC 3339"],
        ),
        (
            &["Pool_Get", "poolId=p", "--all"],
            "",
            &["Pool_Get", "not a listing"],
        ),
        (
            &["Pool_Get", "poolId=p", "--body", "-"],
            "{}",
            &["Pool_Get", "body"],
        ),
        (&["Pool_Add"], "", &["body"]),
        (&["Pool_Add", "--body", "-"], "{", &["not JSON"]),
        (
            &["Pool_Add", "--body", "-"],
            r#"{"id":"p"}"#,
            &["missing field `vmSize`"],
        ),
        (
            &["Pool_Patch", "poolId=p", "--body", "-"],
            "[]",
            &["expected an object"],
        ),
    ];
    // Nobody listens there, and nobody is asked.
    let url = "http://127.0.0.1:9";
    for (arguments, stdin, words) in cases {
        let called = call(url, arguments, stdin);
        assert_eq!(called.exit, Some(2), "{arguments:?}: {called:?}");
        assert_eq!(called.stdout, b"", "{arguments:?}");
        for word in words {
            assert!(
                called.stderr.contains(word),
                "{arguments:?}: {word} in {}",
                called.stderr
            );
        }
    }
}

#[test]
fn a_body_with_an_unknown_property_is_refused_with_the_nearest_known_one() {
    let cases = [
        (
            "Pool_Add",
            r#"{"id":"p","vmSize":"s","targetDedicatedNode":3}"#,
            "the unknown property `targetDedicatedNode`; the nearest one of PoolAddParameter is \
             `targetDedicatedNodes`",
        ),
        (
            "Pool_Add",
            r#"{"id":"p","vmsize":"s"}"#,
            "`vmsize`; the nearest one of PoolAddParameter is `vmSize`",
        ),
        (
            "Pool_Add",
            r#"{"id":"p","vmSize":"s","maxTasksPerNode":null}"#,
            "`maxTasksPerNode`",
        ),
        (
            "Pool_Add",
            r#"{"id":"p","vmSize":"s","identity":{"type":"UserAssigned"}}"#,
            "`identity`; only the management plane sets a pool's identity",
        ),
        (
            "Pool_Patch",
            r#"{"identity":null}"#,
            "only the management plane",
        ),
        (
            "Pool_Add",
            r#"{"id":"p","vmSize":"s","startTask":{"commandLine":"x","resourceFiles":[{},{"httpURL":"u"}]}}"#,
            "`startTask.resourceFiles[1].httpURL`; the nearest one of ResourceFile is `httpUrl`",
        ),
        (
            "Job_Add",
            r#"{"id":"j","poolInfo":{"poolID":"p"}}"#,
            "`poolInfo.poolID`; the nearest one of PoolInformation is `poolId`",
        ),
        (
            "Job_Add",
            r#"{"id":"j","poolInfo":{"autoPoolSpecification":{"poolLifetimeOption":"job","pool":{"vmSize":"s","identity":{}}}}}"#,
            "`poolInfo.autoPoolSpecification.pool.identity`; only the management plane",
        ),
        (
            "Task_AddCollection",
            r#"{"value":[{"id":"t","commandLine":"x","dependsUpon":{}}]}"#,
            "`value[0].dependsUpon`; the nearest one of TaskAddParameter is `dependsOn`",
        ),
        (
            "Job_Terminate",
            r#"{"reason":"x"}"#,
            "`reason`; the nearest one of JobTerminateParameter is `terminateReason`",
        ),
        (
            "Pool_Add",
            "\u{feff}{\"id\":\"p\",\"vmSize\":\"s\",\"x\":1}",
            "`x`",
        ),
    ];
    for (operation, body, expected) in cases {
        let mut arguments = vec![operation, "--body", "-"];
        arguments.extend(match operation {
            "Pool_Patch" => Some("poolId=p"),
            "Task_AddCollection" | "Job_Terminate" => Some("jobId=j"),
            _ => None,
        });
        let called = call("http://127.0.0.1:9", &arguments, body);
        assert_eq!(called.exit, Some(2), "{body}: {called:?}");
        assert!(
            called.stderr.contains(expected),
            "{body}: {}",
            called.stderr
        );
    }
}

#[test]
fn the_encoding_of_a_body_and_its_secrets() {
    let units = std::iter::once(0xFEFF).chain("{}".encode_utf16());
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    let folder = std::env::temp_dir();
    let file = folder.join(format!("batch-client-utf16-{}.json", std::process::id()));
    std::fs::write(&file, bytes).expect("a file");
    let path = file.to_str().expect("text");
    let called = call("http://127.0.0.1:9", &["Pool_Add", "--body", path], "");
    std::fs::remove_file(&file).expect("the file");
    assert_eq!(called.exit, Some(2), "{called:?}");
    assert!(
        called
            .stderr
            .contains("the body is UTF-16; save it as UTF-8"),
        "{}",
        called.stderr
    );

    let body = r#"{"id":"p","vmSize":"s","userAccounts":"SECRET"}"#;
    let called = call("http://127.0.0.1:9", &["Pool_Add", "--body", "-"], body);
    assert_eq!(called.exit, Some(2), "{called:?}");
    assert!(
        called.stderr.contains("invalid type: string, expected"),
        "{}",
        called.stderr
    );
    assert!(!called.stderr.contains("SECRET"), "{}", called.stderr);
}

#[test]
fn options_are_checked_and_never_show_the_key() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&[], &["--url", "AZURE_BATCH_ENDPOINT"]),
        (
            &["--url", "http://127.0.0.1:9"],
            &["--account", "AZURE_BATCH_ACCOUNT"],
        ),
        (
            &["--url", "http://127.0.0.1:9", "--account", "a"],
            &["--key", "AZURE_BATCH_ACCESS_KEY"],
        ),
        (
            &["--url", "nowhere", "--account", "a", "--key", KEY],
            &["nowhere"],
        ),
        (
            &[
                "--url",
                "http://127.0.0.1:9",
                "--account",
                "a",
                "--key",
                "top secret!",
            ],
            &[],
        ),
        (&["--key=top secret!"], &["--url"]),
        (&["--keys=top secret!"], &["--keys", "unknown option"]),
        (&["-k=top secret!"], &["-k", "unknown option"]),
        (&["--all=top secret!"], &["--all", "not take a value"]),
    ];
    for (options, words) in cases {
        let called = run(program().args(options).args(["Pool_Get", "poolId=p"]), "");
        assert_eq!(called.exit, Some(2), "{options:?}: {called:?}");
        for word in words {
            assert!(
                called.stderr.contains(word),
                "{options:?}: {word} in {}",
                called.stderr
            );
        }
        assert!(!called.stderr.contains("top secret!"), "{}", called.stderr);
        assert!(!called.stderr.contains(KEY), "{}", called.stderr);
    }
}

#[test]
fn the_way_to_sign_in_is_checked() {
    type Variables = &'static [(&'static str, &'static str)];

    let at = ["--url", "http://127.0.0.1:9", "Pool_List"];
    let cases: [(&[&str], Variables, &str); 6] = [
        (
            &["--auth", "aad"],
            &[],
            "--auth must be key, token or entra",
        ),
        (&["--auth", "token"], &[], "AZURE_BATCH_TOKEN is not set"),
        (
            &["--auth", "token"],
            &[("AZURE_BATCH_TOKEN", "top secret!")],
            "cannot use bearer token: the character at position 4",
        ),
        (
            &["--auth", "key", "--account", "a"],
            &[("AZURE_BATCH_AUTH_MODE", "aad")],
            "--key is missing",
        ),
        (
            &[],
            &[("AZURE_BATCH_AUTH_MODE", "key")],
            "--account is missing",
        ),
        (
            &[],
            &[
                ("AZURE_BATCH_AUTH_MODE", "AAD"),
                ("AZURE_BATCH_ACCOUNT", "a"),
                ("AZURE_BATCH_ACCESS_KEY", KEY),
            ],
            "auth_mode is `AAD` (AZURE_BATCH_AUTH_MODE); set it to `aad` or `shared_key`",
        ),
    ];
    for (options, variables, words) in cases {
        let mut command = program();
        command
            .args(options)
            .args(at)
            .envs(variables.iter().copied());
        let called = run(&mut command, "");
        assert_eq!(called.exit, Some(2), "{options:?}: {called:?}");
        assert!(
            called.stderr.contains(words),
            "{options:?}: {}",
            called.stderr
        );
        assert!(!called.stderr.contains("secret!"), "{}", called.stderr);
    }
}

#[test]
fn entra_needs_its_feature() {
    for by_option in [true, false] {
        let mut command = program();
        // Where the feature is on, there is no `az` to ask.
        command.env("PATH", "/nowhere");
        command.args(["--url", "http://127.0.0.1:9", "Pool_List"]);
        if by_option {
            command.args(["--auth", "entra"]);
        } else {
            command.env("AZURE_BATCH_AUTH_MODE", "aad");
        }
        let called = run(&mut command, "");
        let (exit, words) = if cfg!(feature = "azure-identity") {
            (1, "cannot get a token from the Azure CLI")
        } else {
            (2, "the feature `azure-identity` of batch-client is off")
        };
        assert_eq!(called.exit, Some(exit), "{called:?}");
        assert!(called.stderr.contains(words), "{}", called.stderr);
    }
}

#[test]
fn the_command_line_wins_over_variables() {
    let mut command = program();
    command
        .args([
            "--url",
            "http://127.0.0.1:9",
            "--account",
            "a",
            "--key",
            KEY,
            "Pool_List",
        ])
        .env("AZURE_BATCH_ENDPOINT", "nowhere")
        .env("AZURE_BATCH_AUTH_MODE", "aad");
    let called = run(&mut command, "");
    // It has tried to connect.
    assert_eq!(called.exit, Some(1), "{called:?}");
}

#[test]
fn help_is_an_answer() {
    let called = run(program().arg("--help"), "");
    assert_eq!(called.exit, Some(0));
    let text = String::from_utf8(called.stdout).expect("text");
    for word in [
        "--url",
        "--account",
        "--key",
        "--auth",
        "--body",
        "--all",
        "-v",
        "OPERATION_ID",
        "NAME=VALUE",
    ] {
        assert!(text.contains(word), "{word}");
    }
}
