//! Tests of the simulation through its operations, with a manual clock: no test sleeps.

#![allow(clippy::needless_pass_by_value, reason = "bodies are written in place")]

mod autoscale;
mod jobs;
mod nodes;
mod others;
mod persistence;
mod pools;
mod programs;
mod runs;
mod scale;
mod scenario;
mod schedules;
mod scheduling;
mod special;

use std::time::Duration;

use serde_json::{Value, json};

use super::Account;
use crate::config::Config;
use crate::refusal::Refusal;
use crate::request::{Conditions, Content, Reply, Request};
use crate::state::{Settings, State};
use crate::table;
use crate::time::{Span, Time};
use crate::version::Version;

/// An account whose time the test controls: each task and each step of a node takes 10 s.
struct Bench {
    account: Account,
    start: Time,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            task_duration: Duration::from_secs(10),
            node_start: Duration::from_secs(10),
            ..Config::default()
        };
        change(&mut config);
        let start = Time::parse("2024-04-18T19:28:52.7606919Z").expect("a time");
        let state = State::new(Settings::new(&config), start);
        Self {
            account: Account::new(&config, state),
            start,
        }
    }

    /// Advances the time to this number of seconds after the start.
    fn at(&mut self, seconds: i64) {
        self.account
            .state
            .advance(self.start.plus(Span::seconds(seconds)));
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Refusal> {
        self.account.operate(request)
    }

    /// Calls an operation on ids, in the order in which its path names them.
    fn call(
        &mut self,
        operation: &str,
        ids: &[&str],
        query: &[(&str, &str)],
        body: Value,
    ) -> Result<Reply, Refusal> {
        self.ask(&request(operation, ids, query, body))
    }

    /// Calls an operation that must succeed.
    fn done(&mut self, operation: &str, ids: &[&str], body: Value) -> Value {
        self.read(operation, ids, &[], body)
    }

    fn read(
        &mut self,
        operation: &str,
        ids: &[&str],
        query: &[(&str, &str)],
        body: Value,
    ) -> Value {
        match self.call(operation, ids, query, body) {
            Ok(reply) => content(reply),
            Err(refusal) => panic!("{operation} {ids:?}: {refusal:?}"),
        }
    }

    /// Calls an operation that must be rejected.
    fn refused(&mut self, operation: &str, ids: &[&str], body: Value) -> (u16, &'static str) {
        match self.call(operation, ids, &[], body) {
            Ok(reply) => panic!("{operation} {ids:?}: {reply:?}"),
            Err(refusal) => (refusal.status, refusal.code),
        }
    }

    /// Reimages a node of virtual machines, which only later versions can.
    fn reimage(&mut self, pool: &str, node: &str, body: Value) {
        let mut request = request("ComputeNode_Reimage", &[pool, node], &[], body);
        request.version = Version::find("2024-07-01.20.0").expect("a version");
        self.ask(&request).expect("reimaged");
    }

    fn get(&mut self, operation: &str, ids: &[&str]) -> Value {
        self.done(operation, ids, Value::Null)
    }

    /// Creates a pool whose nodes are idle, which takes 30 s, and a job on it.
    fn with_job(nodes: u32, slots: u32, job: Value) -> Self {
        let mut bench = Self::new();
        bench.done(
            "Pool_Add",
            &[],
            pool(
                "p",
                json!({"targetDedicatedNodes": nodes, "taskSlotsPerNode": slots}),
            ),
        );
        bench.at(30);
        bench.add_job("j", job);
        bench
    }

    fn add_job(&mut self, id: &str, more: Value) {
        let body = merged(json!({"id": id, "poolInfo": {"poolId": "p"}}), more);
        self.done("Job_Add", &[], body);
    }

    fn add_task(&mut self, job: &str, id: &str, more: Value) {
        self.done(
            "Task_Add",
            &[job],
            merged(json!({"id": id, "commandLine": "run"}), more),
        );
    }

    fn task(&mut self, job: &str, id: &str) -> Value {
        self.get("Task_Get", &[job, id])
    }

    /// Returns the states of all tasks of a job by id, such as `a:running b:active`.
    fn states(&mut self, job: &str) -> String {
        let tasks = self.get("Task_List", &[job]);
        let tasks = tasks["value"].as_array().expect("tasks").iter();
        let states: Vec<String> = tasks
            .map(|task| format!("{}:{}", text(&task["id"]), text(&task["state"])))
            .collect();
        states.join(" ")
    }

    fn node_states(&mut self, pool: &str) -> Vec<String> {
        let nodes = self.get("ComputeNode_List", &[pool]);
        nodes["value"]
            .as_array()
            .expect("nodes")
            .iter()
            .map(|node| text(&node["state"]).to_owned())
            .collect()
    }

    fn node_ids(&mut self, pool: &str) -> Vec<String> {
        let nodes = self.get("ComputeNode_List", &[pool]);
        nodes["value"]
            .as_array()
            .expect("nodes")
            .iter()
            .map(|node| text(&node["id"]).to_owned())
            .collect()
    }

    /// Returns a property of a resource.
    fn property(&mut self, operation: &str, id: &str, property: &str) -> String {
        text(&self.get(operation, &[id])[property]).to_owned()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn merged(mut base: Value, more: Value) -> Value {
    if let (Some(base), Value::Object(more)) = (base.as_object_mut(), more) {
        base.extend(more);
    }
    base
}

fn pool(id: &str, more: Value) -> Value {
    let base = json!({
        "id": id, "vmSize": "standard_d2s_v3",
        "virtualMachineConfiguration": {
            "imageReference": {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"},
            "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        },
    });
    merged(base, more)
}

fn environment(settings: &[(&str, &str)]) -> Value {
    let settings = settings
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}));
    json!({"environmentSettings": settings.collect::<Vec<_>>()})
}

fn request(operation: &str, ids: &[&str], query: &[(&str, &str)], body: Value) -> Request {
    let operation = table::operation(operation).expect("an operation");
    let names = operation.path.iter().flat_map(|segment| segment.parameters);
    Request {
        operation,
        version: Version::default(),
        path: names
            .zip(ids)
            .map(|(name, id)| (*name, (*id).to_owned()))
            .collect(),
        query: query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        conditions: Conditions::default(),
        range: None,
        body: body.as_object().cloned(),
        base: "http://127.0.0.1:4321".to_owned(),
    }
}

fn content(reply: Reply) -> Value {
    match reply.content {
        Content::Nothing => Value::Null,
        Content::Object(object) => object.into(),
        Content::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        Content::File(..) => panic!("a real file"),
    }
}

/// Asserts that the value has all required properties of a definition and no unknown ones.
fn assert_fits(value: &Value, model: &str) {
    fn fits(value: &Value, kind: &table::Kind, path: &str) {
        match (kind, value) {
            (table::Kind::Model(model), Value::Object(object)) => {
                let model = table::model(model).expect("a definition");
                for (name, value) in object {
                    let property = model
                        .properties
                        .iter()
                        .find(|property| property.name == name);
                    let property =
                        property.unwrap_or_else(|| panic!("{path}: {} has no {name}", model.name));
                    fits(value, &property.kind, &format!("{path}.{name}"));
                }
            }
            (table::Kind::Array(kind), Value::Array(items)) => {
                for item in items {
                    fits(item, kind, path);
                }
            }
            (table::Kind::Enum(words), Value::String(word)) => {
                assert!(
                    words.iter().any(|known| known.eq_ignore_ascii_case(word)),
                    "{path}: {word}"
                );
            }
            (table::Kind::I32 | table::Kind::I64, Value::Number(number)) => {
                assert!(number.is_i64(), "{path}");
            }
            (table::Kind::F64, Value::Number(_))
            | (table::Kind::Bool, Value::Bool(_))
            | (table::Kind::Text, Value::String(_))
            | (table::Kind::Map | table::Kind::Json, _) => {}
            (table::Kind::DateTime, Value::String(time)) => {
                assert!(Time::parse(time).is_some(), "{path}: {time}");
            }
            (table::Kind::Duration, Value::String(span)) => {
                assert!(Span::parse(span).is_some(), "{path}: {span}");
            }
            (kind, value) => panic!("{path}: {kind:?} is not {value}"),
        }
    }
    let kind = table::Kind::Model(table::model(model).expect("a definition").name);
    fits(value, &kind, model);
}

/// The compiler checks that each operation has a function; this test checks that each has a
/// distinct id.
#[test]
fn every_operation_has_an_action() {
    let mut seen = std::collections::HashSet::new();
    for operation in crate::generated::OPERATIONS {
        let id = operation.action.expect(operation.id);
        assert_eq!(format!("{id:?}"), operation.id.replace('_', ""));
        assert!(seen.insert(id), "{id:?}");
    }
}

#[test]
fn no_operation_panics_on_missing_resources() {
    let mut bench = Bench::new();
    for operation in crate::generated::OPERATIONS {
        for ids in [&["", "", ""], &["x", "y", "z"], &["ä/\u{0}", "..", "%"]] {
            for body in [
                Value::Null,
                json!({}),
                json!({"id": 1, "value": [1, {}], "poolInfo": 3}),
            ] {
                let request = request(operation.id, ids, &[("maxresults", "x")], body);
                let _: Result<Reply, Refusal> = bench.ask(&request);
                bench
                    .account
                    .state
                    .advance(bench.account.state.now.plus(Span::days(1)));
            }
        }
    }
}
