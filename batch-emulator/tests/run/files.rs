//! Tests of operations on real files, and that no path or link escapes their folder.

use serde_json::{Value, json};

use super::*;
use crate::raw::Call;

async fn listed(bench: &Bench, recursive: bool) -> Vec<(String, bool)> {
    let files = bench
        .client
        .file()
        .list_from_task("j", "t")
        .recursive(recursive)
        .stream();
    let files = files.try_collect().await.unwrap();
    let files = files
        .into_iter()
        .map(|file| serde_json::to_value(file).unwrap());
    files
        .map(|file| {
            let name = file["name"].as_str().unwrap().to_owned();
            (name, file["isDirectory"].as_bool().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn files_are_listed() {
    let bench = Bench::ready(1, json!({})).await;
    bench
        .output(
            "t",
            "mkdir -p a/b; echo 12 > a/b/c.txt; echo > d; ln -s d e; ln -s /etc f",
            json!({}),
        )
        .await;
    let file = |name: &str| (name.to_owned(), false);
    let folder = |name: &str| (name.to_owned(), true);
    let top = [file("stderr.txt"), file("stdout.txt"), folder("wd")];
    assert_eq!(listed(&bench, false).await, top);
    let mut all = top.to_vec();
    all.extend([
        folder("wd/a"),
        folder("wd/a/b"),
        file("wd/a/b/c.txt"),
        file("wd/d"),
        file("wd/e"),
    ]);
    assert_eq!(listed(&bench, true).await, all);
    let node = bench.nodes().await[0]["id"].as_str().unwrap().to_owned();
    let files = bench
        .client
        .file()
        .list_from_compute_node("p", node)
        .recursive(true);
    let files = files.stream().try_collect().await.unwrap();
    let found = files.iter().filter_map(|file| file.name.as_deref());
    let found: Vec<&str> = found
        .filter(|name| name.ends_with("c.txt") || *name == "shared")
        .collect();
    assert_eq!(found, ["shared", "workitems/j/job-1/t/wd/a/b/c.txt"]);
}

#[tokio::test]
async fn files_are_read_whole_and_in_part_and_described() {
    let bench = Bench::ready(1, json!({})).await;
    bench
        .output(
            "t",
            "printf 0123456789 > f.txt; chmod 640 f.txt; head -c 3000000 /dev/zero > big",
            json!({}),
        )
        .await;
    let file = bench.client.file();
    assert_eq!(
        bench.read("t", "wd/f.txt").await.as_deref(),
        Ok("0123456789")
    );
    for (range, expected) in [
        ("bytes=2-4", "234"),
        ("bytes=7-", "789"),
        ("bytes=8-99", "89"),
    ] {
        let part = file
            .get_from_task("j", "t", "wd/f.txt")
            .ocp_range(range)
            .await
            .unwrap();
        assert_eq!(
            part.into_inner().bytes().await.unwrap(),
            expected,
            "{range}"
        );
    }
    let error = file
        .get_from_task("j", "t", "wd/f.txt")
        .ocp_range("bytes=10-11")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("InvalidRange"));
    let big = file.get_from_task("j", "t", "wd/big").await.unwrap();
    assert_eq!(big.into_inner().bytes().await.unwrap().len(), 3_000_000);
    let about = file
        .get_properties_from_task("j", "t", "wd/f.txt")
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (about.content_length, about.is_directory),
        (Some(10), Some(false))
    );
    assert_eq!(about.mode.as_deref(), Some("0o100640"));
    assert_eq!(about.content_type.as_deref(), Some("text/plain"));
    let url = format!(
        "{}/jobs/j/tasks/t/files/wd/f.txt",
        bench.emulator.endpoint()
    );
    assert_eq!(about.url, Some(url));
    let age = about.last_modified.unwrap() - chrono::Utc::now();
    assert!(age.num_minutes().abs() < 5, "{age}");
    let about = file
        .get_properties_from_task("j", "t", "wd")
        .await
        .unwrap()
        .into_inner();
    assert_eq!(about.is_directory, Some(true));
    // Reading a pipe would never end.
    bench.client.task().delete("j", "t").await.unwrap();
    bench.output("t", "mkfifo pipe", json!({})).await;
    assert!(bench.read("t", "wd/pipe").await.is_err());
    assert_eq!(
        bench.read("t", "wd").await,
        Err("OperationInvalidForCurrentState".to_owned())
    );
}

#[tokio::test]
async fn output_of_a_running_task_is_readable() {
    let bench = Bench::ready(1, json!({})).await;
    bench
        .shell("t", "echo begun; exec sleep 1000", json!({}))
        .await;
    eventually("the first line", || async {
        (bench.read("t", "stdout.txt").await.ok()? == "begun\n").then_some(())
    })
    .await;
    assert_eq!(bench.task("t").await["state"], "running");
}

#[tokio::test]
async fn files_are_deleted() {
    let bench = Bench::ready(1, json!({})).await;
    let root = "mkdir -p a/b c; echo > a/b/f; echo > g; ln -s ../stdout.txt link";
    bench.output("t", root, json!({})).await;
    let wd = bench.output_dir("t").await.join("workitems/j/job-1/t/wd");
    let file = bench.client.file();
    file.delete_from_task("j", "t", "wd/g").await.unwrap();
    assert!(!wd.join("g").exists());
    let error = file.delete_from_task("j", "t", "wd/a").await.unwrap_err();
    assert_eq!(error.code(), Some("OperationInvalidForCurrentState"));
    file.delete_from_task("j", "t", "wd/c").await.unwrap();
    let node = bench.nodes().await[0]["id"].as_str().unwrap().to_owned();
    let path = "workitems/j/job-1/t/wd/a";
    file.delete_from_compute_node("p", node, path)
        .recursive(true)
        .await
        .unwrap();
    file.delete_from_task("j", "t", "wd/link").await.unwrap();
    let error = file.delete_from_task("j", "t", "wd/a").await.unwrap_err();
    assert_eq!(error.code(), Some("FileNotFound"));
    assert_eq!(std::fs::read_dir(&wd).unwrap().count(), 0);
    assert!(wd.join("../stdout.txt").exists());
}

/// Paths that would escape a task's or a node's folder if any path could.
const TRICKS: [&str; 34] = [
    "..",
    "%2e%2e",
    "..%2F..%2Fsecret.txt",
    "%2e%2e%2Fother%2Fstdout.txt",
    "wd%2F..%2F..%2Fother%2Fstdout.txt",
    "wd%2F%2e%2e%2F..%2Fother%2Fstdout.txt",
    "..%5C..%5Csecret.txt",
    "..%5Cother%5Cstdout.txt",
    "wd%5C..%5C..%5Cother%5Cstdout.txt",
    "%252e%252e%252Fsecret.txt",
    "wd%2Flink",
    "wd%2Fup",
    "wd%2Fout%2Fsecret.txt",
    "wd%2Fchain%2Fsecret.txt",
    "wd%2Floop%2Fout%2Fsecret.txt",
    "wd%2F.%2Flink",
    "wd%00%2F..%2F..",
    "%00",
    "wd%2Fin.txt%00",
    "C%3A%5Csecret.txt",
    "~%2Fsecret.txt",
    "..%2F..%2F..%2F..%2F..%2Fsecret.txt",
    "..%2F..%2F..%2F..%2F..%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd",
    "%2Fetc%2Fpasswd",
    "%2F%2Fetc%2Fpasswd",
    "..%c0%af..%c0%afsecret.txt",
    "wd%2F..%2F..%2F..%2F..%2F..%2F..%2Fsecret.txt",
    ".",
    "%2F",
    "wd%2F%2F..%2F..",
    "../other/stdout.txt",
    "wd/../../other/stdout.txt",
    "wd/out/secret.txt",
    "wd\\..\\..\\other\\stdout.txt",
];

/// A file outside the folder can be neither read nor changed by any request.
#[tokio::test]
async fn no_path_escapes() {
    let bench = Bench::ready(1, json!({})).await;
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.txt");
    std::fs::write(&secret, "the secret").unwrap();
    let work = bench.emulator.work_dir().unwrap();
    std::fs::write(work.join("secret.txt"), "the secret").unwrap();
    let secret = secret.to_str().unwrap();
    let folder = outside.path().to_str().unwrap();
    let script = format!(
        "ln -s {secret} link; ln -s {folder} out; ln -s ../../../../../../secret.txt up; ln -s out chain; ln -s . loop; echo in > in.txt"
    );
    bench.output("t", &script, json!({})).await;
    bench.output("other", "echo the secret", json!({})).await;
    let node = bench.nodes().await[0]["id"].as_str().unwrap().to_owned();
    let absolute = secret.replace('/', "%2F");
    let mut paths = TRICKS.map(str::to_owned).to_vec();
    paths.extend([
        absolute.clone(),
        format!("wd%2F{absolute}"),
        format!("%2F{absolute}"),
    ]);
    let roots = [
        "/jobs/j/tasks/t/files".to_owned(),
        format!("/pools/p/nodes/{node}/files"),
    ];
    let mut seen = 0;
    for root in &roots {
        for (path, method) in paths
            .iter()
            .flat_map(|path| ["GET", "HEAD", "DELETE"].map(|method| (path, method)))
        {
            let target = format!("{root}/{path}?api-version=2024-02-01.19.0&recursive=true");
            // A link itself may be deleted, but not its target.
            if method == "DELETE" && (path.ends_with("link") || path.ends_with("up")) {
                continue;
            }
            let call = Call::new(method, &target);
            let answer = call.send(&bench.emulator).await;
            let refused = [400, 404, 405, 409].contains(&answer.status);
            assert!(refused, "{method} {target}: {}", answer.status);
            assert!(
                !answer.text().contains("the secret") && !answer.text().contains("root:"),
                "{target}"
            );
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
    let deleted = bench
        .client
        .file()
        .delete_from_task("j", "t", "wd/out")
        .recursive(true)
        .await;
    deleted.unwrap();
    // Everything is unchanged, inside too.
    assert_eq!(std::fs::read_to_string(secret).unwrap(), "the secret");
    assert_eq!(
        std::fs::read_to_string(work.join("secret.txt")).unwrap(),
        "the secret"
    );
    assert_eq!(
        bench.read("other", "stdout.txt").await.as_deref(),
        Ok("the secret\n")
    );
    assert_eq!(bench.read("t", "wd/in.txt").await.as_deref(), Ok("in\n"));
    assert_eq!(
        bench.read("t", "wd/loop/in.txt").await.as_deref(),
        Ok("in\n")
    );
    let _: Value = bench.task("t").await;
}

/// A page in a browser could resolve its own name to this address, and the key is public.
#[tokio::test]
async fn the_published_key_requires_a_name_of_this_machine() {
    let bench = Bench::new().await;
    let own_key = batch_emulator::Config::default().key("b3du");
    let own = Bench::with(own_key).await;
    let target = "/pools?api-version=2024-02-01.19.0";
    for (host, status) in [
        ("127.0.0.1:1", 200),
        ("localhost", 200),
        ("evil.example:80", 400),
        ("127.0.0.1.evil.example", 400),
    ] {
        let call = Call::get(target).sent_header("host", host);
        assert_eq!(call.send(&bench.emulator).await.status, status, "{host}");
        let account = own.emulator.account();
        let call = Call::get(target)
            .signed_as(account, "b3du")
            .sent_header("host", host);
        assert_eq!(call.send(&own.emulator).await.status, 200, "{host}");
    }
}
