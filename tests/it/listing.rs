//! Promise: a listing returns every item once, ends where the service ends it, and never follows a
//! link to another host.
//!
//! Ordinary pages come from the emulator, in `service/paging.rs` and `service/listings.rs`. The
//! responses here are ones that the emulator never sends: other forms of links, links to other
//! hosts and to themselves, redirects, failures between pages, and items with every property.

use std::time::SystemTime;

use batch_client::models::CloudPool;
use batch_client::{Client, Download, Error, ItemStream, Page, PageStream, Response as Typed};
use batch_tests::description::{DESCRIPTION, Operation};
use batch_tests::json::differences;
use batch_tests::sample::{self, Values};
use batch_tests::server::{Response, Server};
use serde_json::{Value, json};

use crate::calls::{Arguments, Output, client, key, report};

/// A next link in the service's form: encoded, with an opaque base64 token.
const NEXT: &str = "/pools?$skiptoken=WATV2%3A%2F1%2B%20x%3D%3D&api-version=2099-01-01.1.0&$filter=id%20eq%20%27a%26b%27";

fn page(ids: &[&str], next: Option<&str>) -> Response {
    let items: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    let mut body = json!({"value": items});
    if let Some(next) = next {
        body["odata.nextLink"] = next.into();
    }
    Response::json(200, &body).header("request-id", ids.first().unwrap_or(&"empty"))
}

/// Three pages: with one item, none, and two.
async fn three_pages() -> Server {
    let server = Server::start().await;
    let next = |number| format!("{}{NEXT}%20{number}", server.url());
    server.answer(page(&["a"], Some(&next(2))).into());
    server.answer(page(&[], Some(&next(3))).into());
    server.answer(page(&["b", "c"], None).into());
    server
}

fn ids(pools: &[CloudPool]) -> Vec<&str> {
    pools
        .iter()
        .map(|pool| pool.id.as_deref().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn items_come_from_all_pages_and_links_are_signed_unchanged() {
    let server = three_pages().await;
    let list = client(&server)
        .pool()
        .list()
        .filter("id eq 'a'")
        .client_request_id("mine");
    let pools = list
        .return_client_request_id(true)
        .stream()
        .try_collect()
        .await
        .expect("pools");
    assert_eq!(ids(&pools), ["a", "b", "c"]);
    let requests = server.requests();
    let targets: Vec<&str> = requests.iter().map(|request| &*request.target).collect();
    assert_eq!(targets[1..], [format!("{NEXT}%202"), format!("{NEXT}%203")]);
    for request in &requests {
        assert_eq!(request.method, "GET");
        for (name, value) in [
            ("accept", Some("application/json")),
            ("client-request-id", Some("mine")),
            ("return-client-request-id", Some("true")),
            ("content-length", None),
            ("content-type", None),
        ] {
            assert_eq!(request.header(name), value, "{name} of {}", request.target);
        }
        let verified = request.verify(&key(), SystemTime::now());
        verified.unwrap_or_else(|why| panic!("{}: {why}", request.target));
    }
}

#[tokio::test]
async fn a_failed_listing_can_be_continued() {
    let server = Server::start().await;
    let client = client(&server);
    let next = format!("{}{NEXT}", server.url());
    server.answer(page(&["a"], Some(&next)).into());
    server.answer(Response::new(500).into());
    let mut pages = client.pool().list().pages();
    assert!(pages.try_next().await.expect("the first page").is_some());
    let error = pages.try_next().await.expect_err("the second page");
    assert!(error.is_server_error(), "{error}");
    assert_eq!(error.operation(), Some("Pool_List"));
    assert!(
        pages.try_next().await.expect("the end").is_none(),
        "an error ends the stream"
    );
    let place = pages.continuation().expect("the failed page").clone();
    assert_eq!(place.as_str(), next);
    server.answer(page(&["b"], None).into());
    let rest = client
        .pool()
        .list()
        .continue_from(place)
        .await
        .expect("the second page");
    assert_eq!(ids(&rest.items), ["b"]);
}

#[tokio::test]
async fn a_link_to_another_origin_is_not_followed() {
    let elsewhere = Server::start().await;
    let server = Server::start().await;
    let here = server.url();
    let authority = here.trim_start_matches("http://");
    let port = authority.rsplit(':').next().expect("a port");
    for link in [
        format!("{}{NEXT}", elsewhere.url()),
        format!(
            "{here}@{}{NEXT}",
            elsewhere.url().trim_start_matches("http://")
        ),
        format!("http://localhost:{port}{NEXT}"),
        format!("http://user:pass-word@{authority}{NEXT}"),
        format!("https://{authority}{NEXT}"),
        format!("//{authority}{NEXT}"),
        NEXT.to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        server.answer(page(&["a"], Some(&link)).into());
        let mut pools = client(&server).pool().list().stream();
        assert!(
            pools.try_next().await.expect("the first page").is_some(),
            "{link}"
        );
        let error = pools.try_next().await.expect_err(&link);
        assert!(
            error.is_invalid_request() || error.is_invalid_response(),
            "{link}: {error}"
        );
        assert!(
            !format!("{error} {error:?}").contains("pass-word"),
            "the password is shown in: {error}"
        );
        assert_eq!(server.requests().len(), 1, "{link} was followed");
        let error = client(&server)
            .pool()
            .list()
            .continue_from(&*link)
            .await
            .expect_err(&link);
        assert!(error.is_invalid_request(), "{link}: {error}");
        assert_eq!(server.requests().len(), 0, "{link} was followed");
    }
    assert_eq!(elsewhere.connections(), 0, "another host was contacted");
}

#[tokio::test]
async fn a_link_to_the_same_page_is_an_error() {
    let server = Server::start().await;
    let next = format!("{}{NEXT}", server.url());
    for id in ["a", "b", "c"] {
        server.answer(page(&[id], Some(&next)).into());
    }
    let mut pages = client(&server).pool().list().pages();
    assert!(pages.try_next().await.expect("the first page").is_some());
    let error = pages.try_next().await.expect_err("the same link again");
    assert!(error.is_invalid_response(), "{error}");
    assert!(pages.try_next().await.expect("the end").is_none());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start().await;
    let server = Server::start().await;
    let client = client(&server);
    for status in [301, 302, 307, 308] {
        for target in [format!("{}/pools", elsewhere.url()), "/jobs".to_owned()] {
            server.answer(Response::new(status).header("location", &target).into());
            let error = client.pool().list().await.expect_err("no page");
            assert_eq!(error.status().map(|s| s.as_u16()), Some(status), "{error}");
            assert_eq!(
                server.requests().len(),
                1,
                "{status} to {target} was followed"
            );
        }
    }
    assert_eq!(elsewhere.connections(), 0, "another host was contacted");
}

#[tokio::test]
async fn every_listing_follows_its_pages() {
    let server = Server::start().await;
    let client = client(&server);
    let mut problems = Vec::new();
    let mut listings = 0;
    for operation in DESCRIPTION
        .operations
        .iter()
        .filter(|operation| operation.pageable)
    {
        listings += 1;
        let found = follow(&server, &client, operation).await;
        problems.extend(
            found
                .iter()
                .map(|problem| format!("{}: {problem}", operation.id)),
        );
    }
    report(&problems);
    assert!(listings > 0, "the description has no listings");
}

/// Follows a listing of three pages, the second one empty, whose items have every property.
async fn follow(server: &Server, client: &Client, operation: &Operation) -> Vec<String> {
    let schema = operation.answer.as_ref().expect("a listing has an answer");
    let item = |values| sample::json(schema, values)["value"].clone();
    let first = item(Values::Hard);
    let next = |number| format!("{}{NEXT}{number}", server.url());
    for body in [
        json!({"value": first, "odata.nextLink": next(2)}),
        json!({"value": item(Values::Least), "odata.nextLink": next(3)}),
        json!({"value": first}),
    ] {
        server.answer(Response::json(200, &body).into());
    }
    let arguments = Arguments {
        parameters: sample::parameters(operation, false),
        body: None,
    };
    let listed = arguments.list(client, &operation.id).await;
    let Ok(Output::Json { value, .. }) = listed else {
        return vec![format!("{listed:?}")];
    };
    let mut problems = differences(&json!([first[0], first[0]]), &value);
    let requests = server.requests();
    let targets: Vec<&str> = requests.iter().map(|request| &*request.target).collect();
    if targets.get(1..) != Some(&[&*format!("{NEXT}2"), &*format!("{NEXT}3")]) {
        problems.push(format!("the links were not followed: {targets:?}"));
    }
    problems
}

/// Checks at compile time that these types can cross threads and be polled in place.
#[test]
fn clients_streams_and_errors_are_send_and_unpin() {
    fn client<T: Clone + Send + Sync + Unpin + 'static>() {}
    fn stream<T: Send + Unpin + 'static>() {}
    fn value<T: Send + Sync + 'static>() {}
    client::<Client>();
    client::<Error>();
    stream::<ItemStream<CloudPool>>();
    stream::<PageStream<CloudPool>>();
    stream::<Download>();
    value::<Typed<CloudPool>>();
    value::<Typed<Page<CloudPool>>>();
    value::<batch_client::SharedKey>();
    value::<batch_client::Credential>();
}
