//! What the client costs beside code written by hand for one call: a request and its answer over a
//! kept connection on this machine, and a page of 1,000 tasks.
//!
//! `cargo bench -p batch-client`; compare the two rows of a group in one run, the machine is noisy.

mod by_hand;

use std::hint::black_box;
use std::io;

use batch_client::Client;
use batch_client::batch_auth::SharedKey;
use batch_client::models::CloudTaskListResult;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

const ACCOUNT: &str = "bench";
const KEY: &str = "YmVuY2gta2V5";

fn one_call(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let endpoint = runtime.block_on(server()).expect("a server");
    let key = SharedKey::new(ACCOUNT, KEY).expect("a key");
    let client = Client::new(&endpoint, key.clone()).expect("a client");
    let http = Client::http_builder().expect("TLS");
    let http = http.build().expect("an HTTP client");

    let mut group = criterion.benchmark_group("get a pool");
    group.bench_function("client", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let pool = client.pool().get("render").select("id,state").await;
            black_box(pool.expect("a pool").current_dedicated_nodes)
        });
    });
    group.bench_function("by hand", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let pool = by_hand::pool(&http, &key, &endpoint, "render", "id%2Cstate").await;
            black_box(pool.expect("a pool").current_dedicated_nodes)
        });
    });
    group.finish();
}

fn a_page_of_tasks(criterion: &mut Criterion) {
    let task = r#"{"id":"task-0001","url":"https://bench.region.batch.azure.com/jobs/j/tasks/task-0001",
        "eTag":"0x8DC5FDDC7FFC487","creationTime":"2024-04-18T19:28:52.7606893Z","state":"completed",
        "commandLine":"/bin/sh -c 'echo hello'","constraints":{"maxWallClockTime":"P10675199DT2H48M5.4775807S",
        "retentionTime":"P7D","maxTaskRetryCount":0},"executionInfo":{"exitCode":0,"retryCount":0,"requeueCount":0}}"#;
    let tasks = vec![task; 1000].join(",");
    let page = format!(r#"{{"odata.metadata":"x","value":[{tasks}]}}"#);
    let mut group = criterion.benchmark_group("read 1,000 tasks");
    group.bench_function("models", |bencher| {
        bencher
            .iter(|| serde_json::from_str::<CloudTaskListResult>(black_box(&page)).expect("tasks"));
    });
    group.bench_function("untyped JSON", |bencher| {
        bencher.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&page)).expect("JSON"));
    });
    group.finish();
}

/// Answers every request on a kept connection with the same pool.
async fn server() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    Ok(endpoint)
}

async fn serve(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
        by_hand::POOL.len(),
        by_hand::POOL
    );
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            stream.get_mut().write_all(answer.as_bytes()).await?;
        }
    }
}

criterion_group!(benches, one_call, a_page_of_tasks);
criterion_main!(benches);
