//! All files of a task.

use std::time::Duration;

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

/// Starts a server whose task has files with these names, and downloads them.
async fn listing(names: &[&str], folder: &Folder) -> (Server, Result<usize, batch_client::Error>) {
    let server = Server::start().await;
    let files: Vec<Value> = names.iter().map(|name| file(name)).collect();
    server.answer(Response::json(200, &json!({"value": files})).into());
    let client = Client::builder(server.url(), crate::calls::key()).retry(quick());
    let client = client.build().expect("a client");
    for _ in names {
        let head = Response::new(200).header("content-length", "2");
        server.answer(
            head.header("last-modified", "Wed, 19 Mar 2025 19:29:39 GMT")
                .into(),
        );
        server.answer(Response::new(200).body("ok").chunked().into());
    }
    let all = client.file().download_all_from_task("j", "t");
    let done = all.to(folder.join("in")).await;
    (server, done.map(|done| done.files.len()))
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
        let error = done.expect_err(name);
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
    assert_eq!(done.expect("both are inside"), 2);
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
    let error = done.expect_err("wd is a link");
    assert!(error.is_invalid_request(), "{error}");
    assert_eq!(names(&folder.join("elsewhere")), [""; 0]);

    // A link in place of the file itself is replaced.
    std::fs::write(folder.join("secret"), "unchanged").expect("a file");
    for name in ["b", "b.part"] {
        std::os::unix::fs::symlink(folder.join("secret"), folder.join("in").join(name))
            .expect("a link");
    }
    let (_server, done) = listing(&["b"], &folder).await;
    assert_eq!(done.expect("the link is replaced"), 1);
    assert_eq!(
        std::fs::read(folder.join("secret")).expect("a file"),
        b"unchanged"
    );
    assert_eq!(std::fs::read(folder.join("in/b")).expect("a file"), b"ok");
}
