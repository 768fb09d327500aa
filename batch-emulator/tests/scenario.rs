//! Tests of scenarios over a socket: the control endpoint, and what clients see.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use std::time::{Duration, Instant};

use batch_emulator::{
    AnswerFault, Config, Emulator, Fault, FaultKind, NodeFault, NodeRule, Scenario, start,
};
use serde_json::{Value, json};

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
/// Time limit for a state, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

async fn control(emulator: &Emulator, method: &str, body: &str) -> Answer {
    let call = Call::new(method, "/_control/scenario").authorization(None);
    let call = call.body("application/json", body.as_bytes());
    call.send(emulator).await
}

async fn post(emulator: &Emulator, path: &str, body: &Value) -> Answer {
    let call = Call::new("POST", &format!("{path}?{V}"));
    let body = body.to_string();
    let call = call.body("application/json", body.as_bytes());
    call.send(emulator).await
}

async fn get(emulator: &Emulator, path: &str) -> Value {
    let call = Call::get(&format!("{path}?{V}"));
    call.send(emulator).await.json()
}

async fn until(emulator: &Emulator, path: &str, reached: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let found = get(emulator, path).await;
        if reached(&found) {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{path}: {found}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn pool(nodes: u32) -> Value {
    let image = json!({"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"});
    json!({
        "id": "p", "vmSize": "standard_d2s_v3", "targetDedicatedNodes": nodes,
        "virtualMachineConfiguration": {"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"},
    })
}

fn all(state: &'static str, count: usize) -> impl Fn(&Value) -> bool {
    move |found| {
        let nodes = found["value"].as_array().unwrap();
        nodes.len() == count && nodes.iter().all(|node| node["state"] == state)
    }
}

#[tokio::test]
async fn the_control_endpoint_shows_sets_and_clears() {
    let emulator = start(Config::default().clock_speed(50.0)).await.unwrap();
    let empty = control(&emulator, "GET", "").await.json();
    assert_eq!(empty["scenario"], json!({"seed": 0}));
    post(&emulator, "/pools", &pool(2)).await;
    until(&emulator, "/pools/p/nodes", all("idle", 2)).await;
    let rules =
        json!({"nodes": [{"becomes": "unknown", "afterSeconds": 1, "recoversAfterSeconds": 100}]});
    let set = control(&emulator, "PUT", &rules.to_string()).await;
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(set.json()["lost"], json!([0]));
    until(&emulator, "/pools/p/nodes", all("unknown", 2)).await;
    let shown = control(&emulator, "GET", "").await.json();
    assert_eq!(shown["lost"], json!([2]));
    until(&emulator, "/pools/p/nodes", all("idle", 2)).await;
    let wrong = control(&emulator, "PUT", r#"{"nodes":[{"becomes":"unknown"}]}"#).await;
    let error = wrong.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(wrong.status, 400);
    assert!(error.starts_with("nodes[0].perMinute: "), "{error}");
    let cleared = control(&emulator, "DELETE", "").await.json();
    assert_eq!(cleared["scenario"], json!({"seed": 0}));
    assert_eq!(control(&emulator, "PATCH", "").await.status, 405);
}

#[tokio::test]
async fn a_handle_replaces_the_scenario() {
    let emulator = start(Config::default().clock_speed(50.0)).await.unwrap();
    post(&emulator, "/pools", &pool(3)).await;
    until(&emulator, "/pools/p/nodes", all("idle", 3)).await;
    let rule = NodeRule::after(NodeFault::Unusable, 0.0).most(1);
    emulator.set_scenario(&Scenario::new(1).node(rule)).unwrap();
    let counts = get(&emulator, "/nodecounts").await;
    assert_eq!(counts["value"][0]["dedicated"]["unusable"], 1, "{counts}");
    let never = Scenario::new(1).node(NodeRule::per_minute(NodeFault::Unusable, 2.0));
    let error = emulator.set_scenario(&never).unwrap_err().to_string();
    assert!(error.contains("2 is not between 0 and 1"), "{error}");
}

#[tokio::test]
async fn a_fault_has_any_code() {
    let answer = AnswerFault::new(409)
        .code("ActiveJobAndScheduleQuotaReached")
        .value("Limit", "300");
    let rule = Fault::new(FaultKind::Answer(answer))
        .operation("Job_Add")
        .most(1);
    let emulator = start(Config::default().faults([rule])).await.unwrap();
    let job = json!({"id": "j", "poolInfo": {"poolId": "p"}});
    let refused = post(&emulator, "/jobs", &job).await;
    refused.is_refusal();
    assert_eq!(refused.status, 409);
    let json = refused.json();
    assert_eq!(json["code"], "ActiveJobAndScheduleQuotaReached");
    assert_eq!(json["values"], json!([{"key": "Limit", "value": "300"}]));
    assert_eq!(
        emulator.requests()[0].code,
        Some("ActiveJobAndScheduleQuotaReached")
    );
    assert_eq!(post(&emulator, "/jobs", &job).await.status, 201);
}

#[tokio::test]
async fn a_scenario_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let config = || {
        let rule = NodeRule::per_minute(NodeFault::Unusable, 0.3).recovers_after(60.0);
        let config = Config::default().clock_speed(200.0).data(folder.path());
        config.scenario(Scenario::new(3).node(rule))
    };
    let emulator = start(config()).await.unwrap();
    post(&emulator, "/pools", &pool(10)).await;
    let lost = |answer: &Answer| answer.json()["lost"][0].as_u64().unwrap();
    let begin = Instant::now();
    let before = loop {
        let lost = lost(&control(&emulator, "GET", "").await);
        if lost > 10 {
            break lost;
        }
        assert!(begin.elapsed() < PATIENCE, "{lost}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    emulator.stop().await;
    let emulator = start(config()).await.unwrap();
    let after = lost(&control(&emulator, "GET", "").await);
    assert!(after >= before, "{before} -> {after}");
    assert_eq!(
        get(&emulator, "/pools/p").await["currentDedicatedNodes"],
        10
    );
}
