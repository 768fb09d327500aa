//! Tests of the program's errors for folders that cannot be used.

use std::path::Path;
use std::process::{Command, Output};

use super::*;

fn program(folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_batch-emulator"))
        .arg("--data")
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}

#[track_caller]
fn refused(output: &Output, folder: &Path, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(output.stdout.is_empty());
    for part in parts.iter().copied().chain([folder.to_str().unwrap()]) {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn folders_in_use_of_another_account_or_damaged_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let config = Config::default().account(DEVELOPMENT_ACCOUNT).data(path);
    let (emulator, client) = start(config).await;
    client.job().add(job("j", "nowhere")).await.unwrap();
    refused(
        &program(path, &[]),
        path,
        &["cannot start", "in use by another process"],
    );
    emulator.stop().await;

    let other = program(path, &["--account", "other"]);
    refused(
        &other,
        path,
        &[DEVELOPMENT_ACCOUNT, "not other", "--account"],
    );

    let file = path.join("state.redb");
    refused(
        &program(&file, &[]),
        &file,
        &["cannot create the data folder"],
    );
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    refused(
        &program(path, &[]),
        path,
        &["is damaged", "choose another folder"],
    );
    std::fs::write(&file, "something else").unwrap();
    refused(
        &program(path, &[]),
        path,
        &["is damaged", "is not a store of this program"],
    );

    // The rejected folder is unchanged: once the file is restored, it can be used.
    std::fs::write(&file, &whole).unwrap();
    let config = Config::default().account(DEVELOPMENT_ACCOUNT).data(path);
    let (_emulator, client) = start(config).await;
    client.job().get("j").await.unwrap();
}
