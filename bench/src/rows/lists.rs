//! Listings of tasks, with consecutive large pages.

use std::rc::Rc;

use batch_auth::SharedKey;
use batch_client::Client;

use super::calls::http;
use crate::by_hand::{self, ACCOUNT, KEY};
use crate::row::{Kind, Pair, Row, Targets};
use crate::service::{Service, runtime};
use crate::{page, plain};

const FIRST: &str = "/jobs/render/tasks?api-version=2024-02-01.19.0";

pub(super) fn stream(tiny: bool) -> Row {
    let pages = if tiny { 3 } else { 100 };
    row(
        "list-stream",
        format!("list {} tasks as a stream | page by page", tasks(pages)),
        pages,
        |client, tasks| {
            Box::pin(async move {
                let mut stream = client.task().list("render").stream();
                let mut count = 0;
                while let Some(task) = stream.try_next().await.expect("a task") {
                    count += u32::from(task.id.is_some());
                }
                assert_eq!(count, tasks);
            })
        },
    )
}

pub(super) fn pages(tiny: bool) -> Row {
    let pages = if tiny { 3 } else { 100 };
    row(
        "list-pages",
        format!("list {} tasks as pages | page by page", tasks(pages)),
        pages,
        |client, tasks| Box::pin(by_pages(client, tasks)),
    )
}

async fn by_pages(client: &Client, tasks: u32) {
    let mut pages = client.task().list("render").pages();
    let mut count = 0;
    while let Some(page) = pages.try_next().await.expect("a page") {
        count += page.items.len();
    }
    assert_eq!(u32::try_from(count), Ok(tasks));
}

/// Compares ten listings of 100,000 tasks with one of 1,000,000: the time should be linear, and the
/// memory constant.
pub(super) fn million(tiny: bool) -> Row {
    let pages = if tiny { 2 } else { 100 };
    let (few, many) = (Service::pages(pages), Service::pages(10 * pages));
    let of = |service: &Service| {
        let key = SharedKey::new(ACCOUNT, KEY).expect("a key");
        Client::new(&service.endpoint, key).expect("a client")
    };
    let (few_client, many_client) = (of(&few), of(&many));
    let (few_runtime, many_runtime) = (runtime(), runtime());
    Row {
        name: "scale-list",
        what: format!("list {} tasks | ten times a tenth", tasks(10 * pages)),
        kind: Kind::Work(Pair {
            most_runs: 3,
            repeats: 1,
            parts: 10 * tasks(pages),
            part: "task",
            hand: Box::new(move || {
                let _server = &few;
                for _ in 0..10 {
                    few_runtime.block_on(by_pages(&few_client, tasks(pages)));
                }
            }),
            ours: Box::new(move || {
                let _server = &many;
                many_runtime.block_on(by_pages(&many_client, tasks(10 * pages)));
            }),
        }),
        targets: Targets {
            ratio: Some(1.1),
            peak_ratio: Some(1.1),
            ..Targets::default()
        },
    }
}

fn tasks(pages: u32) -> u32 {
    pages * u32::try_from(page::TASKS).expect("a small number")
}

type Listing = for<'a> fn(&'a Client, u32) -> std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;

fn row(name: &'static str, what: String, pages: u32, ours: Listing) -> Row {
    let service = Rc::new(Service::pages(pages));
    let key = SharedKey::new(ACCOUNT, KEY).expect("a key");
    let client = Client::new(&service.endpoint, key.clone()).expect("a client");
    let http = http();
    let (by_hand, by_us) = (runtime(), runtime());
    let server = service.clone();
    Row {
        name,
        what,
        kind: Kind::Work(Pair {
            most_runs: usize::MAX,
            repeats: 1,
            parts: tasks(pages),
            part: "task",
            hand: Box::new(move || {
                by_hand.block_on(async {
                    let endpoint = &*server.endpoint;
                    let mut next = Some(FIRST.to_owned());
                    let mut count = 0;
                    while let Some(target) = next {
                        let page: plain::Page = by_hand::get(&http, &key, endpoint, &target)
                            .await
                            .expect("a page");
                        count += page.tasks.len();
                        let target = page.next.as_deref().map(|next| {
                            let target = next.strip_prefix(endpoint);
                            target.expect("a link to the same server").to_owned()
                        });
                        next = target;
                    }
                    assert_eq!(u32::try_from(count), Ok(tasks(pages)));
                });
            }),
            ours: Box::new(move || {
                // The server has to live as long as this closure.
                let _server = &service;
                by_us.block_on(ours(&client, tasks(pages)));
            }),
        }),
        targets: Targets {
            ratio: Some(1.0),
            peak: Some(5e6),
            ..Targets::default()
        },
    }
}
