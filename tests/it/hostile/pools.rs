//! Waits for pools: what is left over from before does not end them, and odd responses do not
//! either.

use std::time::{Duration, Instant};

use batch_client::models::CloudPool;
use batch_client::wait::{PoolOutcome, SizeOutcome};
use batch_client::{Client, Error};
use batch_tests::server::{Response, Server};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{builder, client, ok, polling, quick, serve};
use crate::calls::report;

pub(super) const EARLY: &str = "2026-01-01T00:00:00Z";
pub(super) const LATER: &str = "2026-01-01T00:10:00Z";

/// A pool: its allocation state, its current and target number of nodes, since when.
pub(super) fn pool(state: &str, nodes: i32, target: i32, since: &str) -> Value {
    json!({
        "id": "p", "state": "active", "allocationState": state,
        "allocationStateTransitionTime": since,
        "currentDedicatedNodes": nodes, "targetDedicatedNodes": target,
        "currentLowPriorityNodes": 0, "targetLowPriorityNodes": 0,
    })
}

pub(super) fn steady(nodes: i32, target: i32) -> Value {
    pool("steady", nodes, target, EARLY)
}

pub(super) fn with_error(mut pool: Value) -> Value {
    pool["resizeErrors"] = json!([{"code": "AccountCoreQuotaReached", "message": "No."}]);
    pool
}

pub(super) fn autoscaled(mut pool: Value) -> Value {
    pool["enableAutoScale"] = true.into();
    pool
}

pub(super) fn responses(bodies: &[Value]) -> Vec<Response> {
    bodies
        .iter()
        .map(|body| Response::json(200, body))
        .collect()
}

/// The end of a wait in a word.
pub(super) fn end(result: Result<String, Error>) -> String {
    result.unwrap_or_else(|error| {
        if error.is_timeout() {
            "timeout".to_owned()
        } else {
            error.to_string()
        }
    })
}

/// The polls of a wait that shall not end before its timeout.
pub(super) const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn only_errors_that_concern_the_pool_as_it_is_fail_a_wait_for_it() {
    let changed = |nodes, target| pool("steady", nodes, target, LATER);
    let resizing = |nodes, target| pool("resizing", nodes, target, LATER);
    let cases: Vec<(&str, Vec<Value>, &str)> = vec![
        ("no error", vec![steady(2, 2)], "steady"),
        ("no error, another size", vec![steady(1, 2)], "steady"),
        (
            "an old error, the target size",
            vec![with_error(steady(2, 2))],
            "steady",
        ),
        (
            "an old error, no nodes wanted",
            vec![with_error(steady(0, 0))],
            "steady",
        ),
        (
            "an error, too few nodes",
            vec![with_error(steady(1, 2))],
            "failed",
        ),
        (
            "an error, too many nodes",
            vec![with_error(steady(3, 2))],
            "failed",
        ),
        (
            "an error of the resize that was waited for",
            vec![resizing(0, 2), with_error(changed(1, 2))],
            "failed",
        ),
        (
            "an error that the next resize removes",
            vec![with_error(resizing(1, 2)), changed(2, 2)],
            "steady",
        ),
        (
            "a formula's old error",
            vec![autoscaled(with_error(steady(1, 2)))],
            "steady",
        ),
        (
            "a formula's new error",
            vec![
                autoscaled(resizing(1, 2)),
                autoscaled(with_error(changed(1, 2))),
            ],
            "failed",
        ),
        (
            "a deleted pool",
            vec![resizing(1, 2), json!({"id": "p", "state": "deleting"})],
            "deleted",
        ),
    ];
    let mut problems = Vec::new();
    for (name, pools, expected) in cases {
        let server = Server::start().await;
        serve(&server, vec![("/pools/p", responses(&pools))]);
        let outcome = polling(client(&server).pool().wait("p").steady()).await;
        let got = end(outcome.map(|outcome| match outcome {
            PoolOutcome::Steady(_) => "steady".to_owned(),
            PoolOutcome::ResizeFailed(_) => "failed".to_owned(),
            PoolOutcome::Deleted => "deleted".to_owned(),
            other => format!("{other:?}"),
        }));
        if got != expected {
            problems.push(format!("{name}: {got} instead of {expected}"));
        }
    }
    report(&problems);
}

#[tokio::test]
async fn an_old_error_does_not_end_a_wait_for_a_size() -> Result<(), Error> {
    let server = Server::start().await;
    let pools = vec![
        autoscaled(with_error(steady(1, 3))),
        autoscaled(pool("resizing", 1, 3, LATER)),
        autoscaled(pool("steady", 3, 3, LATER)),
    ];
    serve(&server, vec![("/pools/p", responses(&pools))]);
    let outcome = polling(client(&server).pool().wait("p").size_reached(3)).await?;
    assert!(matches!(outcome, SizeOutcome::Reached(_)), "{outcome:?}");

    serve(
        &server,
        vec![("/pools/p", responses(&[with_error(steady(1, 3))]))],
    );
    let outcome = polling(client(&server).pool().wait("p").size_reached(3)).await?;
    assert!(
        matches!(outcome, SizeOutcome::ResizeFailed(_)),
        "{outcome:?}"
    );
    Ok(())
}

/// Polls until the pool is steady, through these responses.
async fn steady_after(server: &Server, client: &Client, odd: Vec<Response>) -> Box<CloudPool> {
    let mut all = vec![Response::json(200, &pool("resizing", 0, 2, EARLY))];
    all.extend(odd);
    all.push(Response::json(200, &steady(2, 2)));
    serve(server, vec![("/pools/p", all)]);
    match polling(client.pool().wait("p").steady()).await {
        Ok(PoolOutcome::Steady(pool)) => pool,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_response_that_can_be_repeated_ends_a_wait() {
    let odd: Vec<(&str, Response)> = vec![
        ("HTML", ok("<html>Sign in</html>")),
        ("nothing", ok("")),
        ("a list", ok("[]")),
        ("half a pool", ok("{\"id\":\"p\",\"allocationState\":\"ste")),
        // Both ends are right, so that only reading it shows that something is missing.
        (
            "a pool without its middle",
            ok("{\"id\":\"p\",\"metadata\":[{\"name\":\"a\"}"),
        ),
        ("UTF-16", ok(super::utf16("{}"))),
        ("no content", Response::new(204)),
        ("408", Response::new(408)),
        ("429", Response::new(429)),
        ("500", Response::new(500)),
        ("502", Response::new(502).body("<html>")),
        (
            "503, for years",
            Response::new(503).header("retry-after", "99999999"),
        ),
        (
            "429, for ever",
            Response::new(429).header("retry-after", "18446744073709551615"),
        ),
        (
            "503, until 9999",
            Response::new(503).header("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ),
    ];
    assert_eq!(odd.len(), 14);
    let waits = odd.into_iter().map(|(name, response)| async move {
        let server = Server::start().await;
        let limited = quick().with_max_retry_after(Duration::from_millis(10));
        let client = builder(&server).retry(limited).build().expect("a client");
        let begun = Instant::now();
        // More of them than a single call has attempts.
        let pool = steady_after(&server, &client, vec![response; 5]).await;
        assert_eq!(pool.current_dedicated_nodes, Some(2), "{name}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{name}");
    });
    join_all(waits).await;
}

#[tokio::test]
async fn what_cannot_pass_ends_a_wait_at_once() {
    let wrong_type = Response::json(200, &json!({"id": "p", "currentDedicatedNodes": "many"}));
    for response in [
        wrong_type,
        Response::new(400),
        Response::new(403),
        Response::new(501),
    ] {
        let server = Server::start().await;
        serve(&server, vec![("/pools/p", vec![response])]);
        let wait = polling(client(&server).pool().wait("p").steady());
        let error = wait.await.expect_err("it cannot pass");
        assert!(!error.is_timeout(), "{error}");
        assert_eq!(server.requests().len(), 1, "{error}");
    }
}

/// Without a timeout, the limit of the policy is all that ends a pause.
#[tokio::test]
async fn a_wait_without_a_timeout_does_not_sleep_for_years() -> Result<(), Error> {
    let server = Server::start().await;
    let busy = Response::new(503).header("retry-after", "99999999");
    let all = vec![busy.clone(), busy, Response::json(200, &steady(2, 2))];
    serve(&server, vec![("/pools/p", all)]);
    let limited = quick().with_max_retry_after(Duration::from_millis(20));
    let client = builder(&server).retry(limited).build()?;
    let begun = Instant::now();
    client.pool().wait("p").steady().await?;
    assert!(begun.elapsed() < Duration::from_secs(10));
    Ok(())
}

#[tokio::test]
async fn intervals_of_any_length_do_not_panic() {
    let server = Server::start().await;
    serve(
        &server,
        vec![("/pools/p", responses(&[pool("resizing", 0, 2, EARLY)]))],
    );
    let client = client(&server);
    let (zero, max) = (Duration::ZERO, Duration::MAX);
    for (min, most) in [(max, max), (zero, max), (max, zero), (zero, zero)] {
        let wait = client.pool().wait("p").steady();
        let wait = wait.min_interval(min).max_interval(most).timeout(SHORT);
        let error = wait.await.expect_err("it never is");
        assert!(error.is_timeout(), "{error}");
    }
}
