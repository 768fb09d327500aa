//! Promise: a call allocates less often than the same call written by hand.

use std::cell::RefCell;

use allocation_counter::measure;
use batch_client::batch_auth::SharedKey;
use batch_client::{Client, reqwest};
use tokio::runtime::{Builder, Runtime};

use crate::by_hand;
use crate::server::serve;

/// Calls whose median is taken: now and then a buffer of the HTTP library or the runtime grows.
const CALLS: usize = 101;

struct Bench {
    runtime: Runtime,
    client: Client,
    http: reqwest::Client,
    key: SharedKey,
    endpoint: String,
}

fn bench() -> Bench {
    let endpoint = serve(|_, _| by_hand::POOL.to_owned());
    let key = SharedKey::new("bench", "YmVuY2gta2V5").expect("a key");
    let http = Client::http_builder().expect("TLS").build();
    Bench {
        runtime: Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime"),
        client: Client::new(&endpoint, key.clone()).expect("a client"),
        http: http.expect("an HTTP client"),
        key,
        endpoint,
    }
}

fn median(mut call: impl FnMut()) -> u64 {
    let mut counts: Vec<u64> = (0..CALLS).map(|_| measure(&mut call).count_total).collect();
    counts.sort_unstable();
    counts[CALLS / 2]
}

/// Allocations beyond the hand-written call: the future that the call is (boxed, so that its
/// type has a name), the pool's id and the selection, which it keeps for further attempts, the
/// request's id, by which the service's logs can be searched, and the pool, which is not copied on
/// its way out of the call. It saves more than that: the address
/// is written into one buffer, header names are constants, the map of headers has room for all from
/// the start, and the body is not joined from a list of its pieces.
#[test]
fn a_call_has_three_allocations_fewer_than_by_hand() {
    let bench = bench();
    let last = RefCell::new(None);
    let by_hand = median(|| {
        let nodes = by_hand::get_pool(&bench.http, &bench.key, &bench.endpoint);
        *last.borrow_mut() = Some(bench.runtime.block_on(nodes).expect("a pool"));
    });
    assert_eq!(last.take(), Some(3));
    let ours = median(|| {
        let call = bench.client.pool().get("render").select("id,state");
        let pool = bench
            .runtime
            .block_on(async { call.await })
            .expect("a pool");
        *last.borrow_mut() = pool.current_dedicated_nodes;
    });
    assert_eq!(last.take(), Some(3));
    println!("by hand {by_hand}, ours {ours}");
    // With the feature, an attempt is counted and timed, with labels.
    let metrics = if cfg!(feature = "metrics") { 3 } else { 0 };
    assert_eq!(ours + 3, by_hand + metrics);
}
