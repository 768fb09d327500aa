//! The check against an account, with an emulator as the account.

use std::process::{Command, Output};

use batch_emulator::{Config, Emulator};

fn check(emulator: &Emulator, key: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_live"))
        .args(arguments)
        .env("HOME", "/nowhere")
        .env("AZURE_BATCH_ENDPOINT", emulator.endpoint())
        .env("AZURE_BATCH_ACCOUNT", emulator.account())
        .env("AZURE_BATCH_ACCESS_KEY", key)
        .output()
        .expect("the program")
}

fn paths(emulator: &Emulator, method: &str) -> Vec<String> {
    let requests = emulator.requests().into_iter();
    let of = requests.filter(|request| request.method == method && request.status < 300);
    of.map(|request| request.path.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_compares_and_leaves_nothing_behind() {
    let quirky = Config::default().quirks(true);
    for (config, has_differences) in [(Config::default(), false), (quirky, true)] {
        let emulator = batch_emulator::start(config).await.expect("an emulator");
        let key = emulator.key().to_owned();
        let output = check(&emulator, &key, &["--yes"]);
        let text = String::from_utf8(output.stdout).expect("text");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}{errors}");
        let last = text.lines().last().unwrap_or_default();
        assert!(last.starts_with("compared 11 responses: "), "{text}");
        assert_eq!(
            !last.ends_with(": 0 differences"),
            has_differences,
            "{text}"
        );
        assert_eq!(paths(&emulator, "DELETE").len(), 3, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_cleans_up_after_a_failure() {
    let faults: batch_emulator::FaultPlan = r#"[{"operations": ["Task_Add"],
        "fault": {"answer": {"status": 409, "code": "TaskExists"}}}]"#
        .parse()
        .expect("faults");
    let emulator = batch_emulator::start(Config::default().faults(faults))
        .await
        .expect("an emulator");
    let key = emulator.key().to_owned();
    let output = check(&emulator, &key, &["--yes"]);
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("TaskExists"), "{text}");
    assert_eq!(paths(&emulator, "DELETE").len(), 2, "the pool and the job");

    let before = emulator.requests().len();
    let output = check(&emulator, &key, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        emulator.requests().len(),
        before,
        "it does nothing unless it is told to"
    );
}
