//! Waits for nodes: busy nodes are ready, and resize errors that are left over from before do not
//! end the waits.

use std::time::Duration;

use batch_client::wait::NodesOutcome;
use batch_tests::server::Server;
use serde_json::{Value, json};

use super::pools::{EARLY, LATER, SHORT, autoscaled, end, pool, responses, steady, with_error};
use super::{client, polling, serve};
use crate::calls::report;

fn nodes(states: &[&str]) -> Value {
    let nodes = states.iter().enumerate();
    let nodes: Vec<_> = nodes
        .map(|(number, state)| json!({"id": format!("n{number}"), "state": state}))
        .collect();
    json!({"value": nodes})
}

/// Pools, nodes, and the ends of `nodes_ready(3)` and `nodes_idle(3)`.
type Case = (
    &'static str,
    Vec<Value>,
    Vec<Value>,
    &'static str,
    &'static str,
);

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let changed = |nodes, target| pool("steady", nodes, target, LATER);
    let busy = ["running", "running", "idle"];
    let starting = ["idle", "starting", "waitingforstarttask"];
    let failed = ["idle", "unusable", "starttaskfailed"];
    vec![
        (
            "idle",
            vec![steady(3, 3)],
            vec![nodes(&["idle"; 3])],
            "3 ready",
            "3 idle",
        ),
        (
            "busy",
            vec![steady(3, 3)],
            vec![nodes(&busy)],
            "3 ready",
            "timeout",
        ),
        (
            "more than enough",
            vec![steady(5, 5)],
            vec![nodes(&["running"; 5])],
            "5 ready",
            "timeout",
        ),
        (
            "starting, then busy",
            vec![steady(3, 3)],
            vec![nodes(&starting), nodes(&busy)],
            "3 ready",
            "timeout",
        ),
        (
            "an old error, and enough nodes",
            vec![with_error(steady(3, 9))],
            vec![nodes(&busy)],
            "3 ready",
            "timeout",
        ),
        (
            "an old error, and nodes that are starting",
            vec![with_error(steady(3, 9))],
            vec![nodes(&starting), nodes(&["idle"; 3])],
            "3 ready",
            "3 idle",
        ),
        (
            "an error, and too few nodes",
            vec![with_error(steady(1, 3))],
            vec![nodes(&["running"])],
            "resize failed",
            "resize failed",
        ),
        (
            "a formula's old error, and nodes later",
            vec![
                autoscaled(with_error(steady(1, 3))),
                autoscaled(changed(3, 3)),
            ],
            vec![nodes(&["idle"]), nodes(&["idle"; 3])],
            "3 ready",
            "3 idle",
        ),
        (
            "a formula's old error",
            vec![autoscaled(with_error(steady(1, 3)))],
            vec![nodes(&["idle"])],
            "timeout",
            "timeout",
        ),
        (
            "a formula's new error",
            vec![
                autoscaled(steady(1, 1)),
                autoscaled(with_error(changed(1, 3))),
            ],
            vec![nodes(&["idle"])],
            "resize failed",
            "resize failed",
        ),
        (
            "failed nodes",
            vec![steady(3, 3)],
            vec![nodes(&failed)],
            "nodes failed",
            "nodes failed",
        ),
        (
            "failed nodes, while the pool grows",
            vec![pool("resizing", 3, 6, EARLY)],
            vec![nodes(&failed)],
            "timeout",
            "timeout",
        ),
        (
            "too few nodes",
            vec![steady(2, 2)],
            vec![nodes(&["running"; 2])],
            "too few",
            "too few",
        ),
        (
            "nodes that leave",
            vec![steady(2, 2)],
            vec![nodes(&["running", "running", "leavingpool"])],
            "too few",
            "too few",
        ),
    ]
}

#[tokio::test]
async fn nodes_are_ready_if_they_are_idle_or_busy() {
    let cases = cases();
    assert_eq!(cases.len(), 14);
    let mut problems = Vec::new();
    for (name, pools, listed, ready, idle) in cases {
        for (all, expected) in [(true, ready), (false, idle)] {
            let server = Server::start().await;
            serve(
                &server,
                vec![
                    ("/pools/p", responses(&pools)),
                    ("/pools/p/nodes", responses(&listed)),
                ],
            );
            let pool = client(&server).pool().wait("p");
            let wait = if all {
                pool.nodes_ready(3)
            } else {
                pool.nodes_idle(3)
            };
            let limit = if expected == "timeout" {
                SHORT
            } else {
                Duration::from_secs(20)
            };
            let outcome = polling(wait).timeout(limit).await;
            let got = end(outcome.map(|outcome| match outcome {
                NodesOutcome::Ready(nodes) => format!("{} ready", nodes.len()),
                NodesOutcome::Idle(nodes) => format!("{} idle", nodes.len()),
                NodesOutcome::NodesFailed(_) => "nodes failed".to_owned(),
                NodesOutcome::ResizeFailed(_) => "resize failed".to_owned(),
                NodesOutcome::TooFew(_) => "too few".to_owned(),
                other => format!("{other:?}"),
            }));
            if got != expected {
                problems.push(format!(
                    "{name}, {}: {got}",
                    if all { "ready" } else { "idle" }
                ));
            }
        }
    }
    report(&problems);
}
