//! One call over an open connection on this machine, and many concurrent ones.

use std::rc::Rc;

use batch_auth::SharedKey;
use batch_client::{Client, reqwest};
use futures_util::future::join_all;

use crate::by_hand::{self, ACCOUNT, KEY};
use crate::row::{Kind, Pair, Row, Targets};
use crate::service::{Service, runtime};

/// Number of concurrent callers.
const CLIENTS: usize = 64;

pub(super) fn one(tiny: bool) -> Row {
    let targets = Targets {
        ratio: Some(1.03),
        ..Targets::default()
    };
    let what = "one call, CPU of the client | reqwest, batch-auth, serde_json";
    row("call", what, Crowd::new(1, 1, tiny), targets)
}

pub(super) fn many_of_one_client(tiny: bool) -> Row {
    let what = "64 at once, one client | one reqwest client";
    row(
        "scale-one-client",
        what,
        Crowd::new(CLIENTS, 1, tiny),
        at_most_a_tenth_more(),
    )
}

pub(super) fn many_clients(tiny: bool) -> Row {
    let what = "64 at once, each with its client | each with a reqwest client";
    row(
        "scale-64-clients",
        what,
        Crowd::new(CLIENTS, CLIENTS, tiny),
        at_most_a_tenth_more(),
    )
}

fn at_most_a_tenth_more() -> Targets {
    Targets {
        ratio: Some(1.1),
        ..Targets::default()
    }
}

/// Concurrent callers, which share clients if there are fewer of those.
#[derive(Clone, Copy)]
struct Crowd {
    callers: usize,
    clients: usize,
    /// Calls by each caller.
    calls: usize,
}

impl Crowd {
    fn new(callers: usize, clients: usize, tiny: bool) -> Self {
        let calls = if tiny { 2 } else { 1920 / callers };
        Self {
            callers,
            clients,
            calls,
        }
    }
}

fn row(name: &'static str, what: &str, crowd: Crowd, targets: Targets) -> Row {
    let Crowd {
        callers,
        clients,
        calls,
    } = crowd;
    let service = Rc::new(Service::pool());
    let key = SharedKey::new(ACCOUNT, KEY).expect("a key");
    let https: Vec<reqwest::Client> = (0..clients).map(|_| http()).collect();
    let ours: Vec<Client> = (0..clients)
        .map(|_| Client::new(&service.endpoint, key.clone()).expect("a client"))
        .collect();
    let (by_hand, by_us) = (runtime(), runtime());
    let server = service.clone();
    Row {
        name,
        what: what.to_owned(),
        kind: Kind::Work(Pair {
            most_runs: usize::MAX,
            repeats: 1,
            parts: u32::try_from(callers * calls).expect("a small number"),
            part: "call",
            hand: Box::new(move || {
                by_hand.block_on(join_all((0..callers).map(async |caller| {
                    let http = &https[caller % clients];
                    for _ in 0..calls {
                        let nodes = by_hand::get_pool(http, &key, &server.endpoint).await;
                        assert_eq!(nodes.expect("a pool"), 3);
                    }
                })));
            }),
            ours: Box::new(move || {
                // The server has to live as long as this closure.
                let _server = &service;
                by_us.block_on(join_all((0..callers).map(async |caller| {
                    let client = &ours[caller % clients];
                    for _ in 0..calls {
                        let pool = client.pool().get("render").select("id,state").await;
                        assert_eq!(pool.expect("a pool").current_dedicated_nodes, Some(3));
                    }
                })));
            }),
        }),
        targets,
    }
}

/// Creates an HTTP client with the TLS and timeouts of `batch_client::Client`.
pub(super) fn http() -> reqwest::Client {
    let builder = Client::http_builder().expect("TLS");
    builder.build().expect("an HTTP client")
}
