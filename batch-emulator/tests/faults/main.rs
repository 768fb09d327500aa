//! Tests of injected faults over real sockets: what arrives for each kind of fault, and if the
//! operation is applied.

mod answers;
mod arrival;
// Other tests use the rest.
#[allow(dead_code)]
#[path = "../raw/mod.rs"]
mod raw;
mod within;

use batch_emulator::{AnswerFault, Config, Emulator, Fault, FaultKind, FaultPlan, start};
use serde_json::json;

use raw::Call;

const V: &str = "api-version=2024-02-01.19.0";

async fn emulator(faults: impl Into<FaultPlan>) -> Emulator {
    start(Config::default().faults(faults)).await.unwrap()
}

/// Creates a request that adds a job; its pool need not exist.
fn add_job(id: &str) -> Call {
    let body = json!({"id": id, "poolInfo": {"poolId": "pool"}}).to_string();
    Call::new("POST", &format!("/jobs?{V}")).body("application/json", body.as_bytes())
}

async fn add_pool(emulator: &Emulator) {
    let image = json!({"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"});
    let machine = json!({"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"});
    let body =
        json!({"id": "pool", "vmSize": "standard_d2s_v3", "virtualMachineConfiguration": machine})
            .to_string();
    let call = Call::new("POST", &format!("/pools?{V}")).body("application/json", body.as_bytes());
    let answer = call.send(emulator).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Starts a service with a pool, and then sets these faults.
async fn with_pool(faults: impl Into<FaultPlan>) -> Emulator {
    let emulator = emulator([]).await;
    add_pool(&emulator).await;
    emulator.set_faults(faults).unwrap();
    emulator
}

/// Returns true if the job exists; no fault applies to this request.
async fn has_job(emulator: &Emulator, id: &str) -> bool {
    let answer = Call::get(&format!("/jobs/{id}?{V}")).send(emulator).await;
    assert!([200, 404].contains(&answer.status), "{}", answer.text());
    answer.status == 200
}

fn counts(emulator: &Emulator) -> Vec<(u64, u64)> {
    emulator
        .faults()
        .iter()
        .map(|rule| (rule.seen, rule.hits))
        .collect()
}

#[tokio::test]
async fn the_seed_decides_which_requests_are_disturbed_over_sockets() {
    let hits = async |seed: u64| {
        let rule = Fault::new(FaultKind::Answer(AnswerFault::new(503)))
            .operation("Pool_List")
            .probability(0.5);
        let emulator = emulator(FaultPlan::new(seed, [rule])).await;
        let mut hits = Vec::new();
        for number in 0..40 {
            let call = Call::get(&format!("/pools?{V}"));
            if call.send(&emulator).await.status == 503 {
                hits.push(number);
            }
        }
        assert_eq!(counts(&emulator), [(40, hits.len() as u64)]);
        hits
    };
    let first = hits(1).await;
    assert!((5..35).contains(&first.len()), "{first:?}");
    assert_eq!(hits(1).await, first);
    assert_ne!(hits(2).await, first);
}

#[tokio::test]
async fn a_rule_can_be_for_one_account() {
    let key = "c2Vjb25k";
    let rule = Fault::new(FaultKind::Answer(AnswerFault::new(503))).account("second");
    let config = Config::default().also_account("second", key).faults([rule]);
    let emulator = start(config).await.unwrap();
    let call = || Call::get(&format!("/pools?{V}"));
    assert_eq!(call().send(&emulator).await.status, 200);
    assert_eq!(
        call().signed_as("second", key).send(&emulator).await.status,
        503
    );
    assert_eq!(counts(&emulator), [(1, 1)]);
}

#[tokio::test]
async fn invalid_faults_are_rejected_at_the_start_and_later() {
    let wrong = || [Fault::new(FaultKind::Answer(AnswerFault::new(200)))];
    let error = start(Config::default().faults(wrong())).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("rules[0].fault.answer.status: 200"),
        "{error}"
    );
    let emulator = emulator([]).await;
    assert!(emulator.set_faults(wrong()).is_err());
    assert_eq!(emulator.faults(), []);
}
