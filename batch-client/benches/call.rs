//! Cost of one call beside code written by hand: a request and its response over a kept connection
//! on this machine.
//!
//! `cargo bench -p batch-client --bench call`; compare the rows in one run, the machine is noisy.
//! `cargo xtask bench` prints their ratio.

mod by_hand;

use std::hint::black_box;

use batch_client::Client;
use batch_client::batch_auth::SharedKey;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

use by_hand::{ACCOUNT, KEY};

fn one_call(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let endpoint = runtime.block_on(by_hand::server(by_hand::pool()));
    let endpoint = endpoint.expect("a server");
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
            let nodes = by_hand::get_pool(&http, &key, &endpoint).await;
            black_box(nodes.expect("a pool"))
        });
    });
    group.finish();
}

criterion_group!(benches, one_call);
criterion_main!(benches);
