//! Promise: downloading a file of any size takes little memory. Runs in its own process, because
//! memory is measured for the whole process.

#![cfg(target_os = "linux")]

use std::io::Read as _;
use std::time::Duration;

use batch_client::{Client, RetryPolicy, SharedKey};
use batch_tests::file::{FileServer, bytes};

const MIB: u64 = 1024 * 1024;
const LENGTH: u64 = 1024 * MIB;

/// Peak memory of the process, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

/// Downloads 1 GiB while 25 connections are cut off partway.
#[tokio::test]
async fn a_gibibyte_takes_less_than_32_mib() {
    let server = FileServer::start(LENGTH).await;
    server.change(|remote| {
        // After the first cut, the response without a length is read in segments of 4 MiB: every
        // other one is cut.
        remote.cuts.push_back(400 * MIB + 333);
        let cuts = (1..=24).flat_map(|number| [u64::MAX, 150_000 * number + 333]);
        remote.cuts.extend(cuts);
    });
    let key = SharedKey::new("acct", "c2VjcmV0").expect("a key");
    let quick = RetryPolicy::default()
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(4));
    let client = Client::builder(server.url(), key)
        .retry(quick)
        .build()
        .expect("a client");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let (before, begun) = (peak(), std::time::Instant::now());
    client
        .file()
        .download_from_task("j", "t", "file")
        .to(&path)
        .await
        .expect("the file");
    let (after, took) = (peak(), begun.elapsed());
    println!("1 GiB in {took:?}; peak memory {before} KiB before, {after} KiB after");
    assert!(after < 32 * 1024, "{after} KiB");

    let mut file = std::fs::File::open(&path).expect("a file");
    assert_eq!(file.metadata().expect("its length").len(), LENGTH);
    let mut piece = vec![0; 1 << 20];
    for at in 0..1024 {
        file.read_exact(&mut piece).expect("a mebibyte");
        assert!(piece == bytes(1, at * MIB, 1 << 20), "MiB {at}");
    }
}
