//! Promise: listings return every item once however they are paged, and support every way of
//! reading them.
//!
//! The services here return pages of two items with an empty page in between, as real ones may.

use batch_client::models::{CloudPool, JobState, PoolState, TaskAddCollectionParameter};
use batch_client::{Client, Error, codes};
use batch_emulator::Emulator;
use futures_util::StreamExt as _;

use super::fixtures::{job, pool, ready, task};
use super::waiting::gone;
use super::{Outcome, config, start};

const IDS: [&str; 5] = ["page-0", "page-1", "page-2", "page-3", "page-4"];

/// A service with five pools, and one more whose id does not begin with `page-`.
async fn five_pools() -> Result<(Emulator, Client), Error> {
    let (emulator, client) = start(config().page_size(2).sparse_pages(true)).await;
    for id in IDS.into_iter().chain(["other"]) {
        client.pool().add(pool(id, 0)).await?;
    }
    Ok((emulator, client))
}

fn ids(pools: &[CloudPool]) -> Vec<&str> {
    let ids = pools.iter().map(|pool| pool.id.as_deref());
    ids.map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn items_come_from_all_pages() -> Outcome {
    let (emulator, client) = five_pools().await?;
    let pools = client
        .pool()
        .list()
        .filter("startswith(id,'page-')")
        .stream();
    assert_eq!(ids(&pools.try_collect().await?), IDS);
    // Two pages with two items each, an empty one after each of them, and the last page. Every
    // request was signed, or it would have been rejected.
    assert_eq!(emulator.calls()["Pool_List"], 5);
    let named = |pool: &CloudPool| pool.url == Some(format!("{}/pools/page-0", client.endpoint()));
    let first = client.pool().list().max_results(1).await?;
    assert!(
        first.items.len() == 1 && !named(&first.items[0]),
        "`other` comes first"
    );
    assert_eq!(emulator.calls()["Pool_List"], 6, "one page was requested");
    Ok(())
}

#[tokio::test]
async fn pages_have_headers_and_continuations() -> Outcome {
    let (_emulator, client) = five_pools().await?;
    let list = client.pool().list().filter("startswith(id,'page-')");
    let named = list
        .client_request_id("mine")
        .return_client_request_id(true);
    let mut pages = named.pages();
    let (mut sizes, mut requests) = (Vec::new(), Vec::new());
    while let Some(page) = pages.try_next().await? {
        sizes.push(page.items.len());
        requests.extend(page.request_id().map(str::to_owned));
        assert_eq!(page.client_request_id(), Some("mine"), "on every page");
        assert_eq!(pages.continuation(), page.continuation());
        let place = page.continuation().map(ToString::to_string);
        let is_last = sizes.len() == 5;
        assert_eq!(place.is_none(), is_last, "{place:?}");
        let here = place.is_none_or(|place| place.starts_with(client.endpoint()));
        assert!(here, "the next page is on another host");
    }
    assert_eq!(sizes, [2, 0, 2, 0, 1]);
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), 5, "each page has a separate request id");
    let end = pages.try_next().await?;
    assert!(end.is_none(), "a finished stream stays finished");
    Ok(())
}

#[tokio::test]
async fn a_listing_can_continue_from_any_saved_place() -> Outcome {
    let (_emulator, client) = five_pools().await?;
    let mut pages = client
        .pool()
        .list()
        .filter("startswith(id,'page-')")
        .pages();
    let mut before = Vec::new();
    while let Some(page) = pages.try_next().await? {
        before.extend(ids(&page.items).into_iter().map(str::to_owned));
        let Some(place) = page.continuation() else {
            break;
        };
        // As a string, which is how a program would save it; it includes the filter.
        let rest = client.pool().list().continue_from(place.as_str()).stream();
        let rest = rest.try_collect().await?;
        let all = before.iter().map(String::as_str).chain(ids(&rest));
        assert!(all.eq(IDS), "{before:?} and {:?}", ids(&rest));
    }
    assert_eq!(before, IDS);
    let lost = format!(
        "{}/pools?api-version=2024-02-01.19.0&$skiptoken=lost",
        client.endpoint()
    );
    let error = client
        .pool()
        .list()
        .continue_from(lost)
        .await
        .expect_err("no such place");
    assert_eq!(error.code(), Some(codes::INVALID_QUERY_PARAMETER_VALUE));
    Ok(())
}

#[tokio::test]
async fn items_before_an_error_are_returned() -> Outcome {
    let (_emulator, client) = five_pools().await?;
    client.job().add(job("leaving", "other")).await?;
    let tasks = TaskAddCollectionParameter::new(IDS.map(task));
    client.task().add_collection("leaving", tasks).await?;
    let mut pages = client.task().list("leaving").pages();
    let first = pages.try_next().await?.expect("the first page");
    let place = first.continuation().expect("a next page").clone();
    let mut tasks = pages.items();
    client.job().delete("leaving").await?;
    gone(codes::JOB_NOT_FOUND, async || {
        client.job().get("leaving").await
    })
    .await?;
    let error = tasks.try_next().await.expect_err("the job is gone");
    assert!(error.is_not_found() && error.code() == Some(codes::JOB_NOT_FOUND));
    assert_eq!(error.operation(), Some("Task_List"));
    assert!(
        tasks.try_next().await?.is_none(),
        "an error ends the stream"
    );

    // The failed page can be requested again once the job exists.
    client.job().add(job("leaving", "other")).await?;
    let tasks = TaskAddCollectionParameter::new(IDS.map(task));
    client.task().add_collection("leaving", tasks).await?;
    let rest = client.task().list("leaving").continue_from(place).stream();
    let rest = rest.map(|task| task.map(|task| task.id.unwrap_or_default()));
    let rest: Vec<Result<String, Error>> = rest.collect().await;
    let rest: Vec<String> = rest.into_iter().collect::<Result<_, _>>()?;
    assert_eq!(rest, IDS[2..]);
    Ok(())
}

#[tokio::test]
async fn filters_choose_the_items() -> Outcome {
    let (_emulator, client) = five_pools().await?;
    for (filter, expected) in [
        (
            "id eq 'page-3' or id eq 'PAGE-1'",
            &["page-1", "page-3"][..],
        ),
        ("startswith(id,'page-') and not (id eq 'page-0')", &IDS[1..]),
        ("startswith(id,'page-') and state eq 'deleting'", &[]),
        ("creationTime lt datetime'2020-01-01T00:00:00Z'", &[]),
        (
            "startswith(id,'page-') and creationTime gt datetime'2020-01-01T00:00:00Z'",
            &IDS,
        ),
        (
            "startswith(id,'o') and enableAutoScale eq false",
            &["other"],
        ),
    ] {
        let found = client
            .pool()
            .list()
            .filter(filter)
            .stream()
            .try_collect()
            .await?;
        assert_eq!(ids(&found), expected, "{filter}");
    }
    Ok(())
}

#[tokio::test]
async fn selections_and_expansions_choose_the_properties() -> Outcome {
    let (_emulator, client) = five_pools().await?;
    let selected = client
        .pool()
        .list()
        .select("id,state")
        .max_results(1)
        .stream();
    let selected = selected.try_collect().await?;
    assert_eq!(selected.len(), 6);
    for pool in selected {
        let id = pool.id.clone().expect("what was selected");
        let expected = CloudPool::default()
            .with_id(id)
            .with_state(PoolState::Active);
        assert_eq!(pool, expected);
    }
    ready(&client, "stats").await?;
    client.task().add("stats", task("t")).await?;
    for expand in [false, true] {
        let list = client.job().list();
        let list = if expand { list.expand("stats") } else { list };
        let jobs = list.stream().try_collect().await?;
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].state, Some(JobState::Active));
        assert_eq!(jobs[0].stats.is_some(), expand);
        let list = client.task().list("stats");
        let list = if expand { list.expand("stats") } else { list };
        let tasks = list.stream().try_collect().await?;
        assert_eq!(tasks.iter().all(|task| task.stats.is_some()), expand);
    }
    let both = client
        .pool()
        .list()
        .select("id,stats")
        .expand("stats")
        .stream();
    let both = both.try_collect().await?;
    assert!(
        both.iter()
            .all(|pool| pool.stats.is_some() && pool.state.is_none())
    );
    Ok(())
}

#[tokio::test]
async fn streams_can_move_to_other_tasks() -> Outcome {
    let (_emulator, client) = five_pools().await?;
    let mut pools = client.pool().list().stream();
    let counted = tokio::spawn(async move {
        let mut count = 0;
        while let Some(pool) = pools.next().await {
            count += usize::from(pool?.id.is_some());
        }
        Ok::<_, Error>(count)
    });
    assert_eq!(counted.await.expect("no panic")?, 6);
    Ok(())
}
