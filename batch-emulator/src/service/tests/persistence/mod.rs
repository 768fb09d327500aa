//! Tests that the state follows from its inputs alone: replayed, or restored from a snapshot, it is
//! identical to the last byte.

mod folder;
mod requests;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::route;
use crate::service::persistence::{replay, request_of, work};
use crate::store::{Call, Entry};
use requests::{
    new_certificate, new_job, new_pool, new_task, on_jobs, on_others, on_pools_and_nodes,
};

const VERSION: &str = "api-version=2024-02-01.19.0";
const NEWER: &str = "api-version=2024-07-01.20.0";

/// One step of a history: an operation, its targets, and the time before it.
type Step = (u8, u8, u8, u8, u16);

/// The result of a history.
struct History {
    bench: Bench,
    entries: Vec<Entry>,
    /// Snapshots, each with the number of entries before it.
    snapshots: Vec<(usize, Vec<u8>)>,
    /// The operations that succeeded.
    done: BTreeSet<&'static str>,
}

fn config(config: &mut Config) {
    config.applications = vec![crate::config::Application {
        id: "calc".to_owned(),
        display_name: None,
        versions: vec!["1".to_owned()],
    }];
}

impl History {
    fn of(steps: &[Step]) -> Self {
        let mut history = Self {
            bench: Bench::with(config),
            entries: Vec::new(),
            snapshots: Vec::new(),
            done: BTreeSet::new(),
        };
        // Resources for the steps to work on.
        for (pool, job) in [(0, 5), (1, 2)] {
            history.send("POST", "/certificates", &new_certificate(pool), 0);
            let used = json!([{"thumbprint": format!("ab{pool}"), "thumbprintAlgorithm": "sha1"}]);
            let nodes = json!({"targetDedicatedNodes": 3, "certificateReferences": used});
            let pool_body = merged(new_pool(pool, 3, 3), nodes);
            history.send("POST", "/pools", &pool_body, 0);
            history.send("POST", "/jobs", &new_job(pool, pool, job), 0);
        }
        for step in steps {
            history.step(*step);
        }
        history
    }

    fn step(&mut self, (kind, a, b, c, wait): Step) {
        let state = &mut self.bench.account.state;
        // Split, since requests that only read advance the time too.
        for _ in 0..=(wait % 3) {
            let span = Span(i64::from(wait).pow(2) * 20_001);
            state.advance(state.now.plus(span));
        }
        if c % 16 == 15 {
            let bytes = self.bench.account.state.to_snapshot().expect("a snapshot");
            self.snapshots.push((self.entries.len(), bytes));
        }
        let (method, path, body) = self.request_for(kind % 44, a % 3, b % 5, c);
        self.send(method, &path, &body, b);
    }

    fn send(&mut self, method: &str, path: &str, body: &Value, etag: u8) {
        // Virtual machines can do this since the next version.
        let newer = ["/deallocate", "/start", "/reimage"];
        let is_newer = newer.iter().any(|end| path.ends_with(end));
        let version = if is_newer { NEWER } else { VERSION };
        let target = if path.contains('?') {
            format!("{path}&{version}")
        } else {
            format!("{path}?{version}")
        };
        let mut headers = HeaderMap::new();
        let json = HeaderValue::from_static("application/json; odata=minimalmetadata");
        headers.insert(HeaderName::from_static("content-type"), json);
        if etag >= 250 {
            headers.insert("if-match", HeaderValue::from_static("0x1"));
        }
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (path, _) = target.split_once('?').expect("a query");
        let operation = route::find(method, path).expect("a route").operation;
        let call = Call::new(
            operation,
            method,
            &target,
            &headers,
            body.as_bytes(),
            "http://h",
        );
        let call = call.expect("a request that can change something");
        match request_of(&call) {
            Ok(request) => {
                let (outcome, entry) = work(&mut self.bench.account, &request, Some(call));
                if outcome.expect("no panic").is_ok() {
                    self.done.insert(request.operation.id);
                }
                self.entries.extend(entry);
            }
            Err(refusal) => panic!("{method} {target} {body}: {refusal:?}"),
        }
    }

    fn node(&self, pool: u8, index: u8) -> String {
        let pools = &self.bench.account.state.pools;
        let pool = pools.number(&format!("p{pool}")).and_then(|n| pools.get(n));
        let nodes = pool.into_iter().flat_map(|pool| pool.nodes.iter());
        let ids: Vec<&str> = nodes.map(|(_, node)| node.id()).collect();
        let found = ids.get(usize::from(index) % ids.len().max(1));
        (*found.unwrap_or(&"none")).to_owned()
    }

    /// Returns the request of a step, over all operations that change something.
    fn request_for(&self, kind: u8, a: u8, b: u8, c: u8) -> (&'static str, String, Value) {
        let (pool, job, task) = (
            format!("/pools/p{a}"),
            format!("/jobs/j{a}"),
            format!("/jobs/j{a}/tasks/t{b}"),
        );
        let node = || format!("{pool}/nodes/{}", self.node(a, b));
        let schedule = format!("/jobschedules/s{a}");
        match kind {
            0 | 1 => ("POST", "/pools".into(), new_pool(a, b, c)),
            2..=4 => ("POST", "/jobs".into(), new_job(a, b, c)),
            5..=8 => ("POST", format!("{job}/tasks"), new_task(b, c)),
            9..=11 => {
                let tasks: Vec<Value> = (0..5)
                    .map(|n| new_task(n, c.rotate_left(n.into())))
                    .collect();
                let path = format!("{job}/addtaskcollection");
                ("POST", path, json!({"value": tasks}))
            }
            12..=29 => on_pools_and_nodes(kind, &pool, node, b, c),
            30..=38 => on_jobs(kind, &job, &task, b),
            _ => on_others(kind, &schedule, a, b),
        }
    }
}

/// Returns everything that can be listed.
fn listings(bench: &mut Bench) -> Vec<Value> {
    let mut found = Vec::new();
    for list in [
        "Pool_List",
        "Job_List",
        "JobSchedule_List",
        "Certificate_List",
        "Account_ListPoolNodeCounts",
    ] {
        found.push(bench.get(list, &[]));
    }
    let ids = |value: &Value| -> Vec<String> {
        let items = value["value"].as_array().expect("items").iter();
        items.map(|item| text(&item["id"]).to_owned()).collect()
    };
    for pool in ids(&found[0]) {
        for node in bench.node_ids(&pool) {
            found.push(bench.read(
                "File_ListFromComputeNode",
                &[&pool, &node],
                &[("recursive", "true")],
                Value::Null,
            ));
        }
        found.push(bench.get("ComputeNode_List", &[&pool]));
    }
    for job in ids(&found[1]) {
        for operation in ["Task_List", "Job_GetTaskCounts"] {
            found.push(bench.get(operation, &[&job]));
        }
    }
    found
}

/// Returns a bench with the state of a snapshot, or a new state, and the entries since.
fn replayed(snapshot: Option<&[u8]>, entries: &[Entry]) -> Bench {
    let mut bench = Bench::with(config);
    if let Some(bytes) = snapshot {
        bench.account.state = State::from_snapshot(bytes).expect("a snapshot");
    }
    for entry in entries {
        // As written to disk.
        let bytes = serde_json::to_vec(entry).expect("bytes");
        let entry = serde_json::from_slice(&bytes).expect("an entry");
        if let Err(error) = replay(&mut bench.account, &entry) {
            panic!("{error}");
        }
    }
    bench
}

/// Asserts that a replayed history yields the same state; returns the operations that it contained.
fn check(steps: &[Step]) -> BTreeSet<&'static str> {
    let mut history = History::of(steps);
    // Once immediately, and once after everything that was due has happened.
    for seconds in [0, 100_000] {
        let now = history.bench.account.state.now.plus(Span::seconds(seconds));
        history.bench.account.state.advance(now);
        let whole = history
            .bench
            .account
            .state
            .to_snapshot()
            .expect("a snapshot");
        let lists = listings(&mut history.bench);
        let starts = history
            .snapshots
            .iter()
            .map(|(before, bytes)| (*before, Some(bytes.as_slice())));
        for (before, snapshot) in starts.chain([(0, None)]) {
            let mut again = replayed(snapshot, &history.entries[before..]);
            again.account.state.advance(now);
            assert_eq!(listings(&mut again), lists);
            let bytes = again.account.state.to_snapshot().expect("a snapshot");
            assert!(
                bytes == whole,
                "the states differ in a way that no listing shows"
            );
        }
    }
    let bytes = history.snapshots.iter().map(|(_, bytes)| bytes.as_slice());
    assert!(
        !bytes
            .into_iter()
            .any(|bytes| bytes.windows(7).any(|part| part == b"hunter2"))
    );
    history.done
}

fn histories() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        0_u16..200,
    );
    vec(step, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_state_follows_from_its_inputs(steps in histories()) {
        check(&steps);
    }
}

#[test]
fn every_operation_occurs_in_the_histories() {
    let mut runner = TestRunner::deterministic();
    let mut done = BTreeSet::new();
    for _ in 0..96 {
        let steps = histories().new_tree(&mut runner).expect("a history");
        done.extend(check(&steps.current()));
    }
    let changing = crate::generated::OPERATIONS
        .iter()
        .filter(|operation| !matches!(operation.method, "GET" | "HEAD"))
        // A random history rarely has a deallocated node; `service/tests/nodes.rs` starts one.
        .filter(|operation| operation.id != "ComputeNode_Start");
    let missing: Vec<&str> = changing
        .map(|operation| operation.id)
        .filter(|id| !done.contains(id))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn a_snapshot_accepts_bodies_as_deep_as_requests_may_be() {
    let mut bench = Bench::new();
    // The parser's limit is 128 levels.
    let deep = (0..100).fold(json!(1), |inner, _| json!({"a": inner}));
    let extension = json!({"name": "n", "publisher": "p", "type": "t", "settings": deep});
    let machine = json!({
        "imageReference": {"publisher": "p", "offer": "o", "sku": "s"}, "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        "extensions": [extension],
    });
    let body = json!({"id": "p", "vmSize": "s", "virtualMachineConfiguration": machine});
    bench.done("Pool_Add", &[], body);
    let bytes = bench.account.state.to_snapshot().expect("a snapshot");
    let again = State::from_snapshot(&bytes).expect("the state");
    assert!(again.to_snapshot().expect("a snapshot") == bytes);
}

#[test]
fn a_snapshot_preserves_what_tasks_share() {
    let mut bench = Bench::with_job(1, 2, json!({}));
    for id in ["a", "b", "c"] {
        bench.add_task("j", id, environment(&[("X", "1")]));
    }
    bench.at(60);
    let bytes = bench.account.state.to_snapshot().expect("a snapshot");
    bench.account.state = State::from_snapshot(&bytes).expect("the state");
    let (_, job) = bench.account.state.find_job("j").expect("the job");
    let tasks: Vec<_> = job.tasks.iter().map(|(_, task)| task).collect();
    let (_, pool) = bench.account.state.find_pool("p").expect("the pool");
    let (_, node) = pool.nodes.iter().next().expect("a node");
    for task in tasks {
        let given = task.given.as_ref().expect("settings");
        assert!(Arc::ptr_eq(given, job.shared.as_ref().expect("settings")));
        assert!(Arc::ptr_eq(task.seat().expect("a seat"), &node.seat));
    }
}

/// Simulates a journal that another version of the program would replay differently.
#[test]
fn a_replay_with_a_different_result_is_reported() {
    let history = History::of(&[]);
    let mut bench = replayed(None, &history.entries);
    let error = replay(&mut bench.account, &history.entries[0]).unwrap_err();
    assert!(error.contains("POST /certificates"), "{error}");
    assert!(error.contains("rejected now: CertificateExists"), "{error}");
}
