//! All files of a task.

use std::time::Duration;

use batch_client::transfer::DownloadedAll;
use batch_client::{Client, codes};
use batch_emulator::Config;
use batch_tests::server::{Response, Server};
use serde_json::{Value, json};

use super::{Folder, Outcome, names, quick};
use crate::waits::{client as client_of, ready, task};

#[tokio::test]
async fn a_tree_is_listed_and_downloaded() -> Outcome {
    let config = Config::default()
        .clock_speed(50.0)
        .page_size(1)
        .sparse_pages(true);
    let emulator = batch_emulator::start(config).await.expect("a service");
    let client = client_of(&emulator, emulator.endpoint());
    ready(&client, "j", 1).await?;
    client.task().add("j", task("t")).await?;
    let wait = client.job().wait("j").tasks_completed();
    wait.max_interval(Duration::from_millis(20)).await?;

    let tree = client.file().tree_from_task("j", "t").try_collect().await?;
    let shown: Vec<_> = tree
        .iter()
        .map(|entry| (&*entry.path, entry.is_directory, entry.length))
        .collect();
    assert_eq!(
        shown,
        [
            ("stderr.txt", false, 0),
            ("stdout.txt", false, 18),
            ("wd", true, 0)
        ]
    );
    let folder = Folder::new();
    let all = || client.file().download_all_from_task("j", "t");
    let done = all().to(folder.join("deep/all")).await?;
    assert_eq!((done.bytes, done.skipped, done.files.len()), (18, 0, 2));
    assert_eq!(
        names(&folder.join("deep/all")),
        ["stderr.txt", "stdout.txt"]
    );
    let output = std::fs::read(folder.join("deep/all/stdout.txt")).expect("a file");
    assert_eq!(output, b"simulated: echo t\n");
    let done = all()
        .to(folder.join("some"))
        .filter(|file| file.length > 0)
        .await?;
    assert_eq!(
        (done.skipped, done.files),
        (1, vec![folder.join("some/stdout.txt")])
    );

    let node = client.compute_node().list("j").await?.items[0].id.clone();
    let mut tree = client
        .file()
        .tree_from_compute_node("j", node.expect("an id"));
    let mut found = false;
    while let Some(entry) = tree.try_next().await? {
        found |= entry.path == "workitems/j/job-1/t/stdout.txt" && entry.length == 18;
    }
    assert!(found);
    let gone = client.file().tree_from_task("j", "gone").try_next().await;
    assert_eq!(
        gone.expect_err("no task").code(),
        Some(codes::TASK_NOT_FOUND)
    );
    Ok(())
}

fn file(name: &str) -> Value {
    json!({"name": name, "isDirectory": false, "properties": {"contentLength": "2", "lastModified": "2025-03-19T19:29:39Z"}})
}

const MODIFIED: &str = "Wed, 19 Mar 2025 19:29:39 GMT";

/// A server whose task has files of these names, and a download of them.
async fn listing(names: &[&str], folder: &Folder) -> (Server, DownloadedAll) {
    let server = Server::start().await;
    let files: Vec<Value> = names.iter().map(|name| file(name)).collect();
    server.answer(Response::json(200, &json!({"value": files})).into());
    let client = Client::builder(server.url(), crate::calls::key()).retry(quick());
    let client = client.build().expect("a client");
    for _ in names {
        let head = Response::new(200).header("content-length", "2");
        server.answer(head.header("last-modified", MODIFIED).into());
        let content = Response::new(200).header("last-modified", MODIFIED);
        server.answer(content.body("ok").chunked().into());
    }
    let all = client.file().download_all_from_task("j", "t");
    let done = all.to(folder.join("in")).report().await;
    (server, done)
}

#[tokio::test]
async fn names_outside_the_directory_are_refused() {
    for name in [
        "../out",
        "wd/../../out",
        "/etc/out",
        "..\\out",
        "wd//..//..//out",
    ] {
        let folder = Folder::new();
        let (server, done) = listing(&[name], &folder).await;
        let error = &done.failures[0].error;
        assert_eq!((done.failures.len(), done.files.len()), (1, 0), "{done:?}");
        assert!(
            error.is_invalid_request() && error.to_string().contains("out"),
            "{error}"
        );
        assert_eq!(server.requests().len(), 1, "only the listing is requested");
        assert!(
            folder.names().is_empty() || folder.names() == ["in"],
            "{:?}",
            folder.names()
        );
    }
    let folder = Folder::new();
    let (_server, done) = listing(&["wd\\a", "wd/b..c"], &folder).await;
    assert_eq!((done.files.len(), done.is_complete()), (2, true));
    assert_eq!(names(&folder.join("in/wd")), ["a", "b..c"]);
}

#[cfg(unix)]
#[tokio::test]
async fn links_to_outside_the_directory_are_not_followed() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.join("in")).expect("a directory");
    std::fs::create_dir_all(folder.join("elsewhere")).expect("a directory");
    std::os::unix::fs::symlink(folder.join("elsewhere"), folder.join("in/wd")).expect("a link");
    let (_server, done) = listing(&["wd/a"], &folder).await;
    assert!(done.failures[0].error.is_invalid_request(), "{done:?}");
    assert_eq!(names(&folder.join("elsewhere")), [""; 0]);

    // A link in the place of the file itself is replaced.
    std::fs::write(folder.join("secret"), "unchanged").expect("a file");
    std::os::unix::fs::symlink(folder.join("secret"), folder.join("in/b")).expect("a link");
    let (_server, done) = listing(&["b"], &folder).await;
    assert_eq!((done.files.len(), done.is_complete()), (1, true));
    assert_eq!(
        std::fs::read(folder.join("secret")).expect("a file"),
        b"unchanged"
    );
    assert_eq!(std::fs::read(folder.join("in/b")).expect("a file"), b"ok");
}

/// One file that cannot be stored, and one that is gone, do not keep the others.
#[tokio::test]
async fn each_file_of_a_tree_has_its_own_outcome() {
    let folder = Folder::new();
    let long = "n".repeat(300);
    let server = Server::start().await;
    let names = [
        "wd/log-08:00:00.txt",
        "../out",
        "wd/gone",
        &*long,
        "wd/x",
        "wd/x.part",
    ];
    let files: Vec<Value> = names.iter().map(|name| file(name)).collect();
    server.answer(Response::json(200, &json!({"value": files})).into());
    for name in names {
        match name {
            "../out" => {}
            name if name == long => {}
            "wd/gone" => {
                let gone = json!({"code": "FileNotFound", "message": {"value": "gone"}});
                server.answer(Response::new(404).into());
                server.answer(Response::json(404, &gone).into());
            }
            _ => {
                let head = Response::new(200).header("content-length", "2");
                server.answer(head.header("last-modified", MODIFIED).into());
                let content = Response::new(200).header("last-modified", MODIFIED);
                server.answer(content.body("ok").chunked().into());
            }
        }
    }
    let client = Client::builder(server.url(), crate::calls::key()).retry(quick());
    let client = client.build().expect("a client");
    let all = client.file().download_all_from_task("j", "t");
    let error = all
        .to(folder.join("in"))
        .await
        .expect_err("three are not there");
    assert_eq!(
        error.to_string(),
        "cannot download 3 of 6 files; the first is \"../out\""
    );
    let failed: Vec<&str> = error.report().failures.iter().map(|f| &*f.path).collect();
    assert_eq!(failed, ["../out", "wd/gone", &*long]);
    assert_eq!(
        error.report().failures[1].error.code(),
        Some(codes::FILE_NOT_FOUND)
    );
    let too_long = error.report().failures[2].error.to_string();
    assert!(
        too_long.contains("longer than 255 characters"),
        "{too_long}"
    );
    assert!(error.report().error().is_none());
    assert_eq!(
        super::names(&folder.join("in/wd")),
        ["log-08:00:00.txt", "x", "x.part"]
    );
}

/// A file that is not there is its own failure; a task that is not there ends the download.
#[tokio::test]
async fn an_error_of_the_listing_ends_the_download_and_keeps_its_files() {
    let folder = Folder::new();
    let server = Server::start().await;
    let gone = json!({"code": "TaskNotFound", "message": {"value": "gone"}});
    server.answer(Response::json(404, &gone).into());
    let client = Client::builder(server.url(), crate::calls::key()).retry(quick());
    let client = client.build().expect("a client");
    let all = client.file().download_all_from_task("j", "t");
    let report = all.to(folder.join("in")).report().await;
    assert!(!report.is_complete() && report.failures.is_empty());
    let code = report.error().and_then(batch_client::Error::code);
    assert_eq!(code, Some(codes::TASK_NOT_FOUND));
    let error = report.into_result().expect_err("the task is gone");
    let source = std::error::Error::source(&error).expect("a source");
    assert!(source.to_string().contains("TaskNotFound"), "{source}");
}
