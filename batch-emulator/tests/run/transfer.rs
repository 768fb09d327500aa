//! Tests of files that are downloaded before a task runs, and uploaded afterwards.

#![allow(clippy::needless_pass_by_value, reason = "bodies are written in place")]

use batch_emulator::Config;
use serde_json::{Value, json};

use super::*;
use crate::store::Store;

fn resources(files: Value) -> Value {
    json!({"resourceFiles": files})
}

#[tokio::test]
async fn resource_files_are_fetched() {
    let (bench, store) = (Bench::ready(1, json!({})).await, Store::start().await);
    store.put("/any/in.txt", "input\n");
    store.put("/any/run", "#!/bin/sh\necho ran\n");
    let files = json!([
        {"httpUrl": store.url("/any/in.txt"), "filePath": "data/in.txt"},
        {"httpUrl": store.url("/any/run"), "filePath": "run", "fileMode": "0755"},
    ]);
    let script = "cat data/in.txt; ./run; stat -c %a data/in.txt run";
    let output = bench.output("t", script, resources(files)).await;
    assert_eq!(output, "input\nran\n770\n755\n");
}

#[tokio::test]
async fn a_container_is_fetched() {
    let (bench, store) = (Bench::ready(1, json!({})).await, Store::start().await);
    for name in [
        "a.txt",
        "sub/b & c.txt",
        "sub/d.txt",
        "sub/e/f.txt",
        "z.txt",
    ] {
        store.put(&format!("/container/{name}"), name);
    }
    let files = json!([{"storageContainerUrl": store.url("/container"), "filePath": "all"}]);
    let output = bench
        .output("t", "find . -type f | sort", resources(files))
        .await;
    assert_eq!(
        output,
        "./all/a.txt\n./all/sub/b & c.txt\n./all/sub/d.txt\n./all/sub/e/f.txt\n./all/z.txt\n"
    );
    let files = json!([{"storageContainerUrl": store.url("/container"), "blobPrefix": "sub/d"}]);
    let output = bench
        .output("u", "find . -type f; cat sub/d.txt", resources(files))
        .await;
    assert_eq!(output, "./sub/d.txt\nsub/d.txt");
}

#[tokio::test]
async fn resource_files_that_fail_fail_the_task() {
    let (bench, store) = (Bench::ready(1, json!({})).await, Store::start().await);
    store.put("/any/in.txt", "input\n");
    let unsigned = format!("{}/any/in.txt", store.endpoint);
    let file = |url: String, path: &str| json!({"httpUrl": url, "filePath": path});
    let good = store.url("/any/in.txt");
    for (id, file, code) in [
        (
            "absent",
            file(store.url("/any/absent"), "a"),
            "BlobNotFound",
        ),
        ("unsigned", file(unsigned, "a"), "BlobAccessDenied"),
        (
            "nobody",
            file("http://127.0.0.1:1/a?sig=s3cret".to_owned(), "a"),
            "BlobDownloadMiscError",
        ),
        (
            "scheme",
            file("file:///etc/passwd".to_owned(), "a"),
            "BlobDownloadMiscError",
        ),
        (
            "container",
            json!({"storageContainerUrl": store.url("/absent")}),
            "ResourceContainerNotFound",
        ),
        (
            "auto",
            json!({"autoStorageContainerName": "c"}),
            "ResourceContainerNotFound",
        ),
        (
            "up",
            file(good.clone(), "../up.txt"),
            "ResourceFileCreateFailed",
        ),
        (
            "far",
            file(good.clone(), "a/../../../x"),
            "ResourceFileCreateFailed",
        ),
        (
            "root",
            file(good.clone(), "/tmp/emulator-escaped"),
            "ResourceFileCreateFailed",
        ),
    ] {
        bench.shell(id, "true", resources(json!([file]))).await;
        let info = bench.done(id).await["executionInfo"].clone();
        assert_eq!(info["failureInfo"]["code"], code, "{id}: {info:#}");
        assert_eq!(
            (&info["result"], info.get("exitCode")),
            (&json!("failure"), None)
        );
        assert!(!info.to_string().contains("s3cret"), "{info:#}");
    }
    assert!(!std::path::Path::new("/tmp/emulator-escaped").exists());
}

#[tokio::test]
async fn resource_files_do_not_follow_links_outside() {
    let store = Store::start().await;
    let bench = Bench::ready(1, json!({})).await;
    store.put("/any/in.txt", "input\n");
    let before = bench.output("t", "pwd", json!({})).await;
    let wd = std::path::Path::new(before.trim())
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("u/wd");
    std::fs::create_dir_all(&wd).unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), wd.join("out")).unwrap();
    std::fs::write(outside.path().join("there"), "as it was").unwrap();
    std::os::unix::fs::symlink(outside.path().join("there"), wd.join("link")).unwrap();
    let url = store.url("/any/in.txt");
    let files =
        json!([{"httpUrl": url, "filePath": "link"}, {"httpUrl": url, "filePath": "out/new"}]);
    bench.shell("u", "true", resources(files)).await;
    let info = bench.done("u").await["executionInfo"].clone();
    assert_eq!(
        info["failureInfo"]["code"], "ResourceDirectoryCreateFailed",
        "{info:#}"
    );
    let there = std::fs::read_to_string(outside.path().join("there")).unwrap();
    assert_eq!(there, "as it was");
    assert!(!outside.path().join("new").exists());
}

fn output(pattern: &str, container: &Value, condition: &str) -> Value {
    json!({
        "filePattern": pattern, "destination": {"container": container},
        "uploadOptions": {"uploadCondition": condition},
    })
}

#[tokio::test]
async fn output_files_are_uploaded() {
    let (bench, store) = (Bench::ready(1, json!({})).await, Store::start().await);
    let container = |path: &str| json!({"containerUrl": store.url("/container"), "path": path});
    let with_headers = json!({
        "containerUrl": store.url("/container"), "path": "named.txt",
        "uploadHeaders": [{"name": "x-ms-blob-content-type", "value": "text/x-test"}],
    });
    let files = |id: &str| {
        json!({"outputFiles": [
            output("../std*.txt", &container(&format!("{id}/logs")), "taskcompletion"),
            output("out/**/*.dat", &container(&format!("{id}/data")), "tasksuccess"),
            output("out/a.dat", &with_headers, "tasksuccess"),
            output("../stderr.txt", &container(&format!("{id}/why.txt")), "taskfailure"),
        ]})
    };
    let script = "mkdir -p out/sub; echo a > out/a.dat; echo b > out/sub/b.dat; echo done";
    bench.output("good", script, files("good")).await;
    let mut expected = vec![
        "/container/good/data/a.dat",
        "/container/good/data/sub/b.dat",
        "/container/good/logs/stderr.txt",
        "/container/good/logs/stdout.txt",
        "/container/named.txt",
    ];
    assert_eq!(store.paths(), expected);
    let (content, headers) = store.get("/container/named.txt").unwrap();
    assert_eq!(content, "a\n");
    assert_eq!(headers["x-ms-blob-content-type"], "text/x-test");
    assert_eq!(
        store.get("/container/good/logs/stdout.txt").unwrap().0,
        "done\n"
    );
    assert!(
        bench
            .read("good", "fileuploadout.txt")
            .await
            .unwrap()
            .contains("a.dat")
    );

    bench
        .shell("bad", "echo because >&2; exit 4", files("bad"))
        .await;
    let info = bench.done("bad").await["executionInfo"].clone();
    assert_eq!(info["failureInfo"]["code"], "FailureExitCode");
    expected.extend([
        "/container/bad/logs/stderr.txt",
        "/container/bad/logs/stdout.txt",
        "/container/bad/why.txt",
    ]);
    expected.sort_unstable();
    assert_eq!(store.paths(), expected);
    assert_eq!(store.get("/container/bad/why.txt").unwrap().0, "because\n");
}

#[tokio::test]
async fn uploads_that_fail_fail_the_task() {
    let (bench, store) = (Bench::ready(1, json!({})).await, Store::start().await);
    let unsigned = format!("{}/container", store.endpoint);
    for (id, pattern, url, code) in [
        (
            "absent",
            "*.txt",
            store.url("/absent"),
            "FileUploadContainerNotFound",
        ),
        ("unsigned", "*.txt", unsigned, "FileUploadAccessDenied"),
        (
            "nobody",
            "*.txt",
            "http://127.0.0.1:1/c?sig=s3cret".to_owned(),
            "FileUploadMiscError",
        ),
        (
            "up",
            "../../*.txt",
            store.url("/container"),
            "FileUploadMiscError",
        ),
        (
            "root",
            "/etc/passwd",
            store.url("/container"),
            "FileUploadMiscError",
        ),
    ] {
        let files = json!({"outputFiles": [output(pattern, &json!({"containerUrl": url}), "taskcompletion")]});
        bench.shell(id, "echo x > x.txt", files).await;
        let info = bench.done(id).await["executionInfo"].clone();
        assert_eq!(info["failureInfo"]["code"], code, "{id}: {info:#}");
        assert_eq!(
            (&info["result"], &info["exitCode"]),
            (&json!("failure"), &json!(0))
        );
        assert!(!info.to_string().contains("s3cret"), "{info:#}");
    }
    // A link to a file outside does not count as a file of the task.
    let files = json!({"outputFiles": [output("*", &json!({"containerUrl": store.url("/container")}), "taskcompletion")]});
    bench
        .output("link", "ln -s /etc/passwd passwd; echo y > y", files)
        .await;
    assert_eq!(store.paths(), ["/container/y"]);
}

#[tokio::test]
async fn the_logs_of_a_node_are_uploaded() {
    let (bench, store) = (Bench::ready(1, json!({})).await, Store::start().await);
    bench.output("t", "true", json!({})).await;
    let node = bench.nodes().await[0]["id"].as_str().unwrap().to_owned();
    let configuration =
        json!({"containerUrl": store.url("/container"), "startTime": "2024-01-01T00:00:00Z"});
    let configuration = serde_json::from_value(configuration).unwrap();
    let result = bench
        .client
        .compute_node()
        .upload_batch_service_logs("p", node, configuration)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(result.number_of_files_uploaded, Some(1));
    let path = format!(
        "/container/{}/agent-debug.log",
        result.virtual_directory_name.unwrap()
    );
    let log = eventually("the log", || async { store.get(&path) }).await.0;
    assert!(log.contains("workitems/j/job-1/t: exit code 0"), "{log}");
}

#[tokio::test]
async fn resource_files_and_output_are_bounded() {
    let (store, bench) = (
        Store::start().await,
        Bench::with(Config::default().disk_limit(1000)).await,
    );
    bench
        .add_pool("p", json!({"targetDedicatedNodes": 1}))
        .await;
    bench.add_job("j", json!({})).await;
    store.put("/any/half", &"x".repeat(500));
    let half = |path: &str| json!({"httpUrl": store.url("/any/half"), "filePath": path});
    bench
        .shell("two", "true", resources(json!([half("a"), half("b")])))
        .await;
    let files = resources(json!([half("a"), half("b"), half("c")]));
    bench.shell("three", "true", files).await;
    bench.shell("loud", "yes & yes >&2", json!({})).await;
    let failure = async |id| {
        let task = bench.done(id).await;
        task["executionInfo"]["failureInfo"]["code"].clone()
    };
    assert_eq!(failure("two").await, Value::Null);
    assert_eq!(failure("three").await, "ResourceFileWriteFailed");
    assert_eq!(failure("loud").await, "DiskFull");
}
