//! Listings from a server that repeats itself: each item once, and an end.

use std::sync::{Arc, Mutex};

use batch_client::{Client, ContinuationToken};
use batch_tests::server::{Answer, Response, Server};
use serde_json::json;

use super::{client, ok};
use crate::calls::report;

/// For each page, its items and the number of the next one.
type Pages = Vec<(&'static [&'static str], Option<usize>)>;

/// Serves pages by their number in the query; the first has none.
fn serve(server: &Server, pages: Pages) {
    let url = server.url();
    server.rule(move |request| {
        let number = request.target.split("page=").nth(1);
        let number: usize = number
            .and_then(|text| text.parse().ok())
            .unwrap_or_default();
        let (items, next) = pages.get(number)?;
        let items: Vec<_> = items.iter().map(|id| json!({"id": id})).collect();
        let mut page = json!({"value": items});
        if let Some(next) = next {
            page["odata.nextLink"] = format!("{url}/pools?page={next}").into();
        }
        Some(Response::json(200, &page).into())
    });
}

/// Lists until the end: the items, and whether it ended without an error.
async fn list(client: &Client) -> (Vec<String>, bool) {
    let mut stream = client.pool().list().stream();
    let mut items = Vec::new();
    loop {
        match stream.try_next().await {
            Ok(Some(pool)) => items.push(pool.id.unwrap_or_default()),
            Ok(None) => return (items, true),
            Err(error) => {
                assert!(error.is_invalid_response(), "{error}");
                return (items, false);
            }
        }
    }
}

#[tokio::test]
async fn links_in_a_circle_of_any_length_are_an_error_and_repeat_no_item() {
    let cases: Vec<(&str, Pages, bool, usize)> = vec![
        ("one page", vec![(&["a"], None)], true, 1),
        (
            "three pages",
            vec![(&["a"], Some(1)), (&["b"], Some(2)), (&["c"], None)],
            true,
            3,
        ),
        (
            "an empty page between others",
            vec![(&["a"], Some(1)), (&[], Some(2)), (&["c"], None)],
            true,
            3,
        ),
        (
            "a page that is its own next one",
            vec![(&["a"], Some(1)), (&["b"], Some(1))],
            false,
            2,
        ),
        (
            "a circle of two",
            vec![(&["a"], Some(1)), (&["b"], Some(2)), (&["c"], Some(1))],
            false,
            3,
        ),
        (
            "a circle of three",
            vec![
                (&["a"], Some(1)),
                (&["b"], Some(2)),
                (&["c"], Some(3)),
                (&["d"], Some(1)),
            ],
            false,
            4,
        ),
        (
            "a circle of two after three pages",
            vec![
                (&["a"], Some(1)),
                (&["b"], Some(2)),
                (&["c"], Some(3)),
                (&["d"], Some(2)),
            ],
            false,
            4,
        ),
        (
            "empty pages in a circle",
            vec![(&[], Some(1)), (&[], Some(2)), (&[], Some(1))],
            false,
            3,
        ),
        (
            "a circle of fifty",
            (0..50).map(|n| (&[][..], Some(n % 49 + 1))).collect(),
            false,
            50,
        ),
    ];
    let mut problems = Vec::new();
    for (name, pages, ends, requests) in cases {
        let server = Server::start().await;
        serve(&server, pages);
        let (mut items, ended) = list(&client(&server)).await;
        let count = items.len();
        items.dedup();
        let made = server.requests().len();
        if (ended, items.len(), made) != (ends, count, requests) {
            problems.push(format!("{name}: ended {ended}, {items:?}, {made} requests"));
        }
    }
    report(&problems);
}

#[tokio::test]
async fn a_listing_that_is_continued_notices_a_circle_too() {
    let server = Server::start().await;
    serve(&server, vec![(&["a"], Some(1)), (&["b"], Some(1))]);
    let place = format!("{}/pools?page=1", server.url());
    let list = client(&server).pool().list().continue_from(place.as_str());
    let mut pages = list.pages();
    assert_eq!(
        pages.continuation().map(ContinuationToken::as_str),
        Some(&*place)
    );
    let error = pages.try_next().await.expect_err("the same link again");
    assert!(error.is_invalid_response(), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_listing_without_an_end_ends_at_the_limit() {
    let server = Server::start().await;
    let (url, mut number) = (server.url(), 0);
    server.rule(move |_| {
        number += 1;
        let next = format!("{url}/pools?page={number}");
        let page = json!({"value": [{"id": "p"}], "odata.nextLink": next});
        Some(Response::json(200, &page).into())
    });
    let mut stream = client(&server).pool().list().stream().max_pages(20);
    for _ in 0..20 {
        let item = stream.try_next().await.expect("a page below the limit");
        assert!(item.is_some());
    }
    let error = stream.try_next().await.expect_err("the limit").to_string();
    assert!(error.contains("it has more than 20 pages"), "{error}");
    assert!(stream.try_next().await.expect("the end").is_none());
    assert_eq!(server.requests().len(), 20);
}

/// Each odd response in place of the second page: the page is requested again, and no item is lost
/// or repeated.
#[tokio::test]
async fn a_page_that_cannot_be_read_is_requested_again() {
    let odd: [(&str, Answer); 6] = [
        ("HTML", ok("<html>").into()),
        ("nothing", ok("").into()),
        ("half a page", ok("{\"value\":[{\"id\":\"b\"},").into()),
        ("no response", Answer::Bytes(Vec::new())),
        ("503", Response::new(503).into()),
        (
            "a broken body",
            Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"value\":[".to_vec()),
        ),
    ];
    let mut problems = Vec::new();
    for (name, answer) in odd {
        let server = Server::start().await;
        let odd = Arc::new(Mutex::new(Some(answer)));
        let url = server.url();
        server.rule(move |request| {
            if !request.target.contains("page=1") {
                let next = format!("{url}/pools?page=1");
                let page = json!({"value": [{"id": "a"}], "odata.nextLink": next});
                return Some(Response::json(200, &page).into());
            }
            let odd = odd.lock().expect("no panic").take();
            let page = json!({"value": [{"id": "b"}]});
            odd.or_else(|| Some(Response::json(200, &page).into()))
        });
        let (items, ended) = list(&client(&server)).await;
        if (items != ["a", "b"]) || !ended || server.requests().len() != 3 {
            problems.push(format!("{name}: {items:?}, ended {ended}"));
        }
    }
    report(&problems);
}
