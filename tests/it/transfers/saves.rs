//! Downloads to files.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use batch_client::models::TaskAddParameter;
use batch_client::{Client, RetryPolicy, codes};
use batch_emulator::Config;
use batch_tests::file::{FileServer, bytes};
use batch_tests::proxy::{Fault, Proxy};

use super::{Folder, Outcome, client, quick};
use crate::waits::ready;

const MIB: u64 = 1024 * 1024;

fn whole(content: u8, length: u64) -> Vec<u8> {
    bytes(
        content,
        0,
        usize::try_from(length).expect("it fits into memory"),
    )
}

/// Range of the first request for contents.
fn first_range(server: &FileServer) -> String {
    let requests = server.requests();
    let mut ranges = requests
        .iter()
        .filter_map(|request| request.header("ocp-range"));
    ranges.next().expect("a range").to_owned()
}

/// Against the emulator, with 25 connections reset partway through the contents.
#[tokio::test]
async fn a_download_survives_25_resets() -> Outcome {
    let config = Config::default().clock_speed(50.0);
    let emulator = batch_emulator::start(config).await.expect("a service");
    let proxy = Proxy::start(emulator.endpoint()).await;
    let client = crate::waits::client(&emulator, &proxy.url());
    ready(&client, "j", 1).await?;
    let numbers: Vec<String> = (0..120_000).map(|number| format!("{number:x}")).collect();
    let command = numbers.join(" ä");
    let task = TaskAddParameter::new("t", &command);
    client.task().add("j", task).await?;
    let wait = client.job().wait("j").tasks_completed();
    wait.max_interval(Duration::from_millis(20)).await?;

    let mut resets = 0;
    let mut state = 1_u32;
    proxy.rule(move |request| {
        if request.method != "GET" || resets == 25 {
            return None;
        }
        resets += 1;
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // From 0 bytes to 60 KiB.
        Some(Fault::Cut(
            usize::try_from(state >> 16).expect("small") % 61_440,
        ))
    });
    let folder = Folder::new();
    let target = folder.join("out.txt");
    let download = client.file().download_from_task("j", "t", "stdout.txt");
    let done = download.to(&target).await?;
    let expected = format!("simulated: {command}\n");
    assert_eq!((done.bytes, done.resumed), (expected.len() as u64, 0));
    assert!(std::fs::read(&target).expect("the file") == expected.as_bytes());
    assert_eq!(folder.names(), ["out.txt"]);
    let contents = proxy.requests();
    let contents = contents
        .iter()
        .filter(|request| request.method == "GET" && request.target.contains("/files/"));
    assert_eq!(contents.count(), 26);
    Ok(())
}

/// The outage lasts longer than a single call retries.
#[tokio::test]
async fn a_download_survives_an_outage() -> Outcome {
    let length = 2 * MIB;
    let server = FileServer::start(length).await;
    let proxy = Proxy::start(server.url()).await;
    let (cuts, whole_again) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let (count, passes) = (cuts.clone(), whole_again.clone());
    proxy.rule(move |request| {
        let cut = request.method == "GET" && !passes.load(Ordering::SeqCst);
        cut.then(|| {
            count.fetch_add(1, Ordering::SeqCst);
            Fault::Cut(1_000)
        })
    });
    let folder = Folder::new();
    let client = Client::builder(proxy.url(), crate::calls::key());
    let client = client.build().expect("a client");
    let download = client.file().download_from_task("j", "t", "a");
    let patient = quick().with_attempts(10_000);
    let download = download.to(folder.join("a")).retry(patient);
    let download = tokio::spawn(download.into_future());
    while cuts.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    proxy.down().await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(folder.names(), [".a.HASH.batchinfo", ".a.HASH.batchpart"]);
    whole_again.store(true, Ordering::SeqCst);
    proxy.up().await;
    assert_eq!(download.await.expect("no panic")?.bytes, length);
    assert!(std::fs::read(folder.join("a")).expect("the file") == whole(1, length));
    Ok(())
}

#[tokio::test]
async fn progress_is_reported_until_the_end() -> Outcome {
    let length = 3 * MIB + 17;
    let server = FileServer::start(length).await;
    server.change(|remote| remote.cuts.extend([100_000]));
    let folder = Folder::new();
    let progress = Arc::new(Mutex::new(Vec::new()));
    let recorder = progress.clone();
    let download = client(&server).file().download_from_task("j", "t", "a");
    let done = download
        .to(folder.join("a"))
        .progress(move |so_far| recorder.lock().expect("no panic").push(so_far))
        .await?;
    assert_eq!(done.path, folder.join("a"));
    assert!(std::fs::read(done.path).expect("the file") == whole(1, length));
    let progress = progress.lock().expect("no panic");
    assert!(progress.is_sorted_by_key(|so_far| so_far.bytes));
    assert!(
        progress
            .iter()
            .all(|so_far| so_far.total == length && so_far.resumed == 0)
    );
    assert_eq!(
        (progress[0].bytes, progress[progress.len() - 1].bytes),
        (0, length)
    );
    Ok(())
}

#[tokio::test]
async fn an_empty_file_is_downloaded() -> Outcome {
    let server = FileServer::start(0).await;
    let folder = Folder::new();
    let download = client(&server)
        .file()
        .download_from_compute_node("p", "n", "a");
    let done = download.to(folder.join("a")).await?;
    assert_eq!((done.bytes, folder.names()), (0, vec!["a".to_owned()]));
    Ok(())
}

/// Simulates a restart of the program: the first download fails, and another one follows later.
#[tokio::test]
async fn a_later_download_resumes_the_partial_file() -> Outcome {
    let length = 4 * MIB;
    let server = FileServer::start(length).await;
    server.change(|remote| remote.cuts.extend([MIB, 0, 0]));
    let folder = Folder::new();
    let target = folder.join("a.bin");
    std::fs::write(&target, "the old one").expect("a file");
    let client = client(&server);
    let download = || client.file().download_from_task("j", "t", "a").to(&target);
    let error = download().retry(quick().with_attempts(3)).await;
    let error = error.expect_err("three connections broke without any progress");
    assert!(error.status().is_none() && error.attempts() == 3, "{error}");
    assert_eq!(
        folder.names(),
        [".a.bin.HASH.batchinfo", ".a.bin.HASH.batchpart", "a.bin"]
    );
    assert_eq!(std::fs::read(&target).expect("a file"), b"the old one");
    let there = std::fs::metadata(folder.incomplete("a.bin", "batchpart"))
        .expect("a part")
        .len();
    assert!(there > 0 && there <= MIB, "{there}");

    server.requests();
    let done = download().await?;
    assert_eq!((done.bytes, done.resumed), (length, there));
    assert_eq!(
        first_range(&server),
        format!("bytes={there}-{}", length - 1)
    );
    assert!(std::fs::read(&target).expect("a file") == whole(1, length));
    assert_eq!(folder.names(), ["a.bin"]);
    Ok(())
}

/// A partial file is not resumed if it belongs to another version or another file, or if its origin
/// is unknown.
#[tokio::test]
async fn a_partial_file_that_does_not_match_is_discarded() -> Outcome {
    let length = 2 * MIB;
    let server = FileServer::start(length).await;
    let folder = Folder::new();
    let target = folder.join("a");
    let client = client(&server);
    let fail = async || {
        server.change(|remote| remote.cuts.extend([MIB / 2]));
        let download = client.file().download_from_task("j", "t", "a").to(&target);
        download
            .retry(RetryPolicy::none())
            .await
            .expect_err("the connection broke");
        server.requests();
        let part = folder.incomplete("a", "batchpart");
        let info = folder.incomplete("a", "batchinfo");
        assert!(part.exists() && info.exists());
        (part, info)
    };
    let get = async |path: &str| {
        let download = client.file().download_from_task("j", "t", path).to(&target);
        let done = download.await.expect("nothing breaks");
        assert_eq!(done.resumed, 0);
        assert_eq!(first_range(&server), format!("bytes=0-{}", length - 1));
        std::fs::read(&target).expect("a file")
    };
    fail().await;
    server.change(|remote| (remote.modified, remote.content) = (1, 2));
    assert!(get("a").await == whole(2, length));
    assert_eq!(folder.names(), ["a"]);
    fail().await;
    // Another file has another part.
    assert!(get("b").await == whole(2, length));
    assert_eq!(
        folder.names(),
        [".a.HASH.batchinfo", ".a.HASH.batchpart", "a"]
    );
    let (part, info) = fail().await;
    std::fs::remove_file(&info).expect("there was one");
    assert!(get("a").await == whole(2, length));
    std::fs::write(&part, "of an unknown file").expect("a file");
    assert!(get("a").await == whole(2, length));
    assert_eq!(folder.names(), ["a"]);

    fail().await;
    let download = client.file().download_from_task("j", "t", "a").to(&target);
    assert_eq!(download.resume(false).await?.resumed, 0);
    Ok(())
}

#[tokio::test]
async fn a_partial_file_is_removed_if_resuming_is_turned_off() {
    let server = FileServer::start(MIB).await;
    server.change(|remote| remote.cuts.extend([MIB / 2]));
    let folder = Folder::new();
    let download = client(&server).file().download_from_task("j", "t", "a");
    let download = download.to(folder.join("a")).keep_partial(false);
    let error = download.retry(RetryPolicy::none()).await;
    error.expect_err("the connection broke");
    assert_eq!(folder.names(), [""; 0]);
}

#[tokio::test]
async fn a_file_that_changes_during_a_download_is_restarted_or_an_error() -> Outcome {
    let length = 4 * MIB;
    let server = Arc::new(FileServer::start(length).await);
    let folder = Folder::new();
    let client = client(&server);
    let change = |to: u8| {
        let server = server.clone();
        server.change(|remote| remote.cuts.extend([MIB]));
        let mut changed = false;
        move |so_far: batch_client::transfer::DownloadProgress| {
            if so_far.bytes > 0 && !changed {
                changed = true;
                server.change(|remote| (remote.modified, remote.content) = (to, to));
            }
        }
    };
    let download = || {
        client
            .file()
            .download_from_task("j", "t", "a")
            .to(folder.join("a"))
    };
    download().progress(change(7)).await?;
    assert!(std::fs::read(folder.join("a")).expect("a file") == whole(7, length));
    assert_eq!(folder.names(), ["a"]);

    let error = download()
        .progress(change(8))
        .restart_on_change(false)
        .await;
    let error = error.expect_err("it has changed");
    assert!(error.is_precondition_failed(), "{error}");
    assert_eq!(error.code(), Some(codes::CONDITION_NOT_MET));
    // The outdated part is removed, and the earlier file is left alone.
    assert_eq!(folder.names(), ["a"]);
    assert!(std::fs::read(folder.join("a")).expect("a file") == whole(7, length));
    Ok(())
}

#[tokio::test]
async fn a_dropped_download_leaves_only_the_partial_file() -> Outcome {
    let length = 64 * MIB;
    let server = FileServer::start(length).await;
    let folder = Folder::new();
    let target = folder.join("a");
    let download = client(&server).file().download_from_task("j", "t", "a");
    let (send, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let running = download.clone().to(&target).progress(move |so_far| {
        if so_far.bytes > MIB {
            let _ = send.send(());
        }
    });
    let running = tokio::spawn(running.into_future());
    begun.recv().await.expect("it began");
    running.abort();
    assert!(running.await.expect_err("aborted").is_cancelled());
    assert_eq!(folder.names(), [".a.HASH.batchinfo", ".a.HASH.batchpart"]);
    let done = download.to(&target).await?;
    assert!(done.resumed > 0 && done.resumed < length, "{done:?}");
    assert!(std::fs::read(&target).expect("a file") == whole(1, length));
    assert_eq!(folder.names(), ["a"]);
    Ok(())
}

#[tokio::test]
async fn a_failed_download_says_why() {
    let server = FileServer::start(MIB).await;
    let folder = Folder::new();
    let client = client(&server);
    let download = || client.file().download_from_task("j", "t", "a");
    let error = download()
        .to(folder.join("no/such/a"))
        .await
        .expect_err("no directory");
    assert!(
        error.is_io() && error.to_string().contains("no/such/.a."),
        "{error}"
    );
    let error = download().to("..").await.expect_err("not a file name");
    assert!(error.is_invalid_request(), "{error}");
    server.change(|remote| remote.length = None);
    let error = download().to(folder.join("a")).await.expect_err("no file");
    // A HEAD response has no code, so the client requests it.
    assert_eq!(error.code(), Some(codes::FILE_NOT_FOUND));
    assert_eq!(folder.names(), [""; 0]);
}
