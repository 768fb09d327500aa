//! Waits for tasks: a pool that can run nothing any more ends them, and nothing else that looks
//! like it does.

use std::time::Duration;

use batch_client::wait::{PoolProblem, TasksEnd};
use batch_tests::server::{Response, Server};
use serde_json::{Value, json};

use super::{client, polling, serve};
use crate::calls::report;

const SHORT: Duration = Duration::from_millis(250);

fn counts(active: u32, running: u32, completed: u32) -> Response {
    let counts = json!({
        "active": active, "running": running, "completed": completed,
        "succeeded": completed, "failed": 0,
    });
    Response::json(200, &json!({"taskCounts": counts}))
}

fn pool(allocation: &str, nodes: i32, target: i32) -> Value {
    json!({
        "id": "p", "state": "active", "allocationState": allocation,
        "currentDedicatedNodes": nodes, "targetDedicatedNodes": target,
        "currentLowPriorityNodes": 0, "targetLowPriorityNodes": 0,
    })
}

fn with(mut pool: Value, name: &str, value: Value) -> Response {
    pool[name] = value;
    Response::json(200, &pool)
}

fn found(pool: &Value) -> Response {
    Response::json(200, pool)
}

fn missing() -> Response {
    Response::json(404, &json!({"code": "PoolNotFound"}))
}

fn errors() -> Value {
    json!([{"code": "AllocationFailed", "message": "No."}])
}

fn nodes(states: &[&str]) -> Response {
    let nodes: Vec<_> = states
        .iter()
        .map(|state| json!({"id": "n", "state": state}))
        .collect();
    Response::json(200, &json!({"value": nodes}))
}

struct Case {
    name: &'static str,
    counts: Vec<Response>,
    pools: Vec<Response>,
    nodes: Vec<Response>,
    /// The problem that ends the wait; none if it shall go on.
    ends: Option<PoolProblem>,
}

fn case(
    name: &'static str,
    pools: Vec<Response>,
    listed: &[&str],
    ends: Option<PoolProblem>,
) -> Case {
    Case {
        name,
        counts: vec![counts(2, 0, 1)],
        pools,
        nodes: vec![nodes(listed)],
        ends,
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    use PoolProblem::{AllocationFailed, Deleted, NodesFailed};

    let healthy = || found(&pool("steady", 2, 2));
    let empty = || pool("steady", 0, 2);
    let mut cases = vec![
        case(
            "a pool that is deleted meanwhile",
            vec![healthy(), missing()],
            &["idle"],
            Some(Deleted),
        ),
        case(
            "a pool that is being deleted",
            vec![with(pool("steady", 2, 2), "state", json!("deleting"))],
            &["idle"],
            Some(Deleted),
        ),
        case(
            "a failed allocation",
            vec![with(empty(), "resizeErrors", errors())],
            &[],
            Some(AllocationFailed),
        ),
        case(
            "unusable nodes",
            vec![healthy()],
            &["unusable", "unusable"],
            Some(NodesFailed),
        ),
        case(
            "failed start tasks",
            vec![healthy()],
            &["starttaskfailed"],
            Some(NodesFailed),
        ),
        case(
            "unusable nodes and failed start tasks",
            vec![healthy()],
            &["unusable", "starttaskfailed"],
            Some(NodesFailed),
        ),
        // These can still run tasks, or will.
        case("a pool that does not exist yet", vec![missing()], &[], None),
        case("idle nodes", vec![healthy()], &["idle"], None),
        case(
            "one good node",
            vec![healthy()],
            &["unusable", "starting"],
            None,
        ),
        case(
            "offline nodes",
            vec![healthy()],
            &["offline", "unusable"],
            None,
        ),
        case("preempted nodes", vec![healthy()], &["preempted"], None),
        case(
            "a pool that is resizing",
            vec![found(&pool("resizing", 0, 2))],
            &[],
            None,
        ),
        case(
            "a pool of no nodes",
            vec![found(&pool("steady", 0, 0))],
            &[],
            None,
        ),
        case(
            "failed nodes of a pool that grows",
            vec![found(&pool("resizing", 1, 2))],
            &["unusable"],
            None,
        ),
        case(
            "a formula that tries again",
            vec![with(
                {
                    let mut pool = empty();
                    pool["enableAutoScale"] = true.into();
                    pool
                },
                "resizeErrors",
                errors(),
            )],
            &[],
            None,
        ),
        case(
            "a partial allocation",
            vec![with(pool("steady", 1, 2), "resizeErrors", errors())],
            &["idle"],
            None,
        ),
    ];
    cases.push(Case {
        name: "tasks that are running",
        counts: vec![counts(1, 1, 1)],
        pools: vec![missing()],
        nodes: vec![nodes(&[])],
        ends: None,
    });
    cases.push(Case {
        name: "nodes that recover between two polls",
        counts: vec![counts(2, 0, 1)],
        pools: vec![healthy()],
        nodes: (0..200)
            .map(|n| nodes(&[if n % 2 == 0 { "unusable" } else { "idle" }]))
            .collect(),
        ends: None,
    });
    cases.push(Case {
        name: "tasks that are completed in between",
        counts: (0..400).map(|n| counts(500 - n, 0, n)).collect(),
        pools: vec![healthy()],
        nodes: vec![nodes(&["unusable"])],
        ends: None,
    });
    cases
}

#[tokio::test]
async fn a_pool_that_can_run_nothing_any_more_ends_a_wait_for_tasks() {
    let cases = cases();
    assert_eq!(cases.len(), 19);
    let job = json!({"id": "j", "state": "active", "poolInfo": {"poolId": "p"}});
    let mut problems = Vec::new();
    for case in cases {
        let Case { name, ends, .. } = case;
        let server = Server::start().await;
        let open = json!({"value": [{"id": "t"}]});
        serve(
            &server,
            vec![
                ("/jobs/j/taskcounts", case.counts),
                ("/jobs/j", vec![Response::json(200, &job)]),
                (
                    "/jobs/j/tasks",
                    vec![
                        Response::json(200, &open),
                        Response::json(200, &json!({"value": []})),
                    ],
                ),
                ("/pools/p", case.pools),
                ("/pools/p/nodes", case.nodes),
            ],
        );
        let wait = polling(client(&server).job().wait("j").tasks_completed());
        let limit = if ends.is_some() {
            Duration::from_secs(20)
        } else {
            SHORT
        };
        let got = match wait.timeout(limit).stderr_tail(0).await {
            Ok(outcome) => {
                if outcome.is_success() {
                    problems.push(format!("{name}: a success"));
                }
                match outcome.end {
                    TasksEnd::PoolUnusable { pool, problem } if pool == "p" => Some(problem),
                    other => panic!("{name}: {other:?}"),
                }
            }
            Err(error) if error.is_timeout() => None,
            Err(error) => panic!("{name}: {error}"),
        };
        if got != ends {
            problems.push(format!("{name}: {got:?} instead of {ends:?}"));
        }
    }
    report(&problems);
}

/// The pool of an auto pool is named by the running job.
#[tokio::test]
async fn the_pool_of_a_job_with_its_own_pool_is_found() {
    let job = json!({
        "id": "j", "state": "active", "poolInfo": {"autoPoolSpecification": {"poolLifetimeOption": "job"}},
        "executionInfo": {"poolId": "auto-1"},
    });
    let server = Server::start().await;
    serve(
        &server,
        vec![
            ("/jobs/j/taskcounts", vec![counts(3, 0, 0)]),
            ("/jobs/j", vec![Response::json(200, &job)]),
            (
                "/jobs/j/tasks",
                vec![Response::json(200, &json!({"value": []}))],
            ),
            ("/pools/auto-1", vec![found(&pool("steady", 1, 1))]),
            ("/pools/auto-1/nodes", vec![nodes(&["starttaskfailed"])]),
        ],
    );
    for first_failure in [false, true] {
        let wait = client(&server).job().wait("j");
        let wait = if first_failure {
            wait.first_failure()
        } else {
            wait.tasks_completed()
        };
        let outcome = polling(wait).await.expect("an outcome");
        let expected = "pool `auto-1` cannot run the 3 tasks that are not completed: all its nodes are \
                        unusable or their start task failed";
        assert_eq!(outcome.to_string(), expected);
    }
}

#[tokio::test]
async fn the_timeout_names_a_pool_that_never_existed() {
    let job = json!({"id": "j", "state": "active", "poolInfo": {"poolId": "p"}});
    let server = Server::start().await;
    serve(
        &server,
        vec![
            ("/jobs/j/taskcounts", vec![counts(1, 0, 0)]),
            ("/jobs/j", vec![Response::json(200, &job)]),
            ("/pools/p", vec![missing()]),
        ],
    );
    let wait = polling(client(&server).job().wait("j").tasks_completed());
    let error = wait.timeout(SHORT).await.expect_err("it may come yet");
    assert!(error.is_timeout(), "{error}");
    assert!(
        error.to_string().ends_with("; pool `p` does not exist"),
        "{error}"
    );
}
