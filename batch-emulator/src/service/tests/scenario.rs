//! Nodes that are lost, resizes that fail and quotas.

use super::*;
use crate::scenario::{NodeFault, NodeKind, NodeRule, Quotas, ResizeRule, Scenario};

/// Creates an account with a scenario, a pool of 3 idle nodes and a job on it; that takes 30 s.
fn with(scenario: Scenario, more: Value) -> Bench {
    let mut bench = Bench::with(|config| config.scenario = scenario);
    let more = merged(json!({"targetDedicatedNodes": 3}), more);
    bench.done("Pool_Add", &[], pool("p", more));
    bench.at(30);
    bench.add_job("j", json!({}));
    bench
}

fn counts(bench: &mut Bench, kind: &str, state: &str) -> i64 {
    let counts = bench.get("Account_ListPoolNodeCounts", &[]);
    counts["value"][0][kind][state].as_i64().expect("a count")
}

/// Returns the states of the nodes of a pool, in the order of their allocation.
fn states(bench: &Bench) -> Vec<&'static str> {
    let (_, pool) = bench.account.state.find_pool("p").expect("the pool");
    let mut nodes: Vec<_> = pool.nodes.iter().map(|(_, node)| node).collect();
    nodes.sort_by_key(|node| node.index());
    nodes.iter().map(|node| node.phase.state.into()).collect()
}

#[test]
fn a_node_becomes_unusable_and_its_task_runs_elsewhere() {
    let rule = NodeRule::after(NodeFault::Unusable, 25.0);
    let rule = rule
        .pool("P")
        .index(0)
        .code("DiskFull")
        .recovers_after(60.0);
    let mut bench = with(Scenario::new(0).node(rule), json!({}));
    for id in ["a", "b", "c"] {
        bench.add_task("j", id, environment(&[("EMULATOR_SECONDS", "100")]));
    }
    // The nodes are allocated after 10 s.
    bench.at(34);
    assert_eq!(states(&bench), ["running"; 3]);
    bench.at(35);
    assert_eq!(states(&bench), ["unusable", "running", "running"]);
    assert_eq!(counts(&mut bench, "dedicated", "unusable"), 1);
    let tasks = bench.states("j");
    assert_eq!(tasks.matches("active").count(), 1, "{tasks}");
    let lost = ["a", "b", "c"]
        .into_iter()
        .find(|id| tasks.contains(&format!("{id}:active")));
    let lost = lost.expect("a task");
    let info = bench.task("j", lost)["executionInfo"].clone();
    assert_eq!(
        (&info["requeueCount"], info.get("startTime")),
        (&json!(1), None)
    );
    let ids = bench.node_ids("p");
    let broken = ids
        .iter()
        .map(|id| bench.get("ComputeNode_Get", &["p", id]));
    let broken: Vec<Value> = broken.filter(|node| node["state"] == "unusable").collect();
    assert_fits(&broken[0], "ComputeNode");
    assert_eq!(broken[0]["errors"][0]["code"], "DiskFull");
    let id = text(&broken[0]["id"]).to_owned();
    let user = json!({"name": "u"});
    let refused = bench.refused("ComputeNode_AddUser", &["p", &id], user);
    assert_eq!(refused, (409, "NodeStateUnusable"));
    bench.at(95);
    assert_eq!(states(&bench)[0], "starting");
    bench.at(105);
    assert_eq!(states(&bench)[0], "running", "the task that waited");
    assert_eq!(
        bench.get("ComputeNode_Get", &["p", &id]).get("errors"),
        None
    );
}

#[test]
fn spot_nodes_are_preempted_by_seed() {
    let lost = |seed: u64| {
        let rule = NodeRule::per_minute(NodeFault::Preempted, 0.2);
        let nodes = json!({"targetDedicatedNodes": 5, "targetLowPriorityNodes": 20});
        let mut bench = with(Scenario::new(seed).node(rule), nodes);
        bench.at(10 + 60 * 3);
        let lost = counts(&mut bench, "lowPriority", "preempted");
        assert!((4..=17).contains(&lost), "{lost} of 20 in three minutes");
        assert_eq!(counts(&mut bench, "dedicated", "preempted"), 0);
        let states = states(&bench);
        let preempted = states.iter().filter(|state| **state == "preempted").count();
        assert_eq!(i64::try_from(preempted), Ok(lost));
        states
    };
    assert_eq!(lost(1), lost(1));
    assert_ne!(lost(1), lost(2));
}

#[test]
fn a_preempted_node_loses_its_files_and_formulas_count_it() {
    let rule = NodeRule::after(NodeFault::Preempted, 60.0).most(1);
    let nodes = json!({"targetDedicatedNodes": 0, "targetLowPriorityNodes": 1});
    let mut bench = with(Scenario::new(0).node(rule), nodes);
    bench.add_task("j", "t", json!({}));
    bench.at(69);
    assert!(bench.get("File_ListFromTask", &["j", "t"])["value"].is_array());
    bench.at(70);
    assert_eq!(states(&bench), ["preempted"]);
    let node = bench.node_ids("p").remove(0);
    let files = bench.get("File_ListFromComputeNode", &["p", &node]);
    let names = files["value"].as_array().expect("files").len();
    let recursive = bench.read(
        "File_ListFromComputeNode",
        &["p", &node],
        &[("recursive", "true")],
        Value::Null,
    );
    assert_eq!(recursive["value"].as_array().map(Vec::len), Some(names));
    // There are no samples at first.
    let formula = "$TargetLowPriorityNodes=max(1,val($PreemptedNodeCount.GetSample(1),0)*3);";
    let scale = json!({"autoScaleFormula": formula, "autoScaleEvaluationInterval": "PT5M"});
    bench.done("Pool_EnableAutoScale", &["p"], scale);
    bench.at(70 + 310);
    let shown = bench.get("Pool_Get", &["p"]);
    assert_eq!(shown["targetLowPriorityNodes"], 3);
    bench.at(500);
    assert_eq!(states(&bench), ["preempted", "idle", "idle"]);
}

#[test]
fn a_start_task_fails() {
    let rule = NodeRule::after(NodeFault::StartTaskFailed, 30.0).index(1);
    let start = json!({"startTask": {"commandLine": "setup", "waitForSuccess": true}});
    let mut bench = with(Scenario::new(0).node(rule), start);
    bench.at(40);
    assert_eq!(states(&bench), ["idle", "starttaskfailed", "idle"]);
    let nodes = bench.get("ComputeNode_List", &["p"]);
    let nodes = nodes["value"].as_array().expect("nodes").iter();
    let failed = nodes.filter(|node| node["startTaskInfo"]["result"] == "failure");
    let failed: Vec<_> = failed.collect();
    assert_eq!(
        (failed.len(), &failed[0]["startTaskInfo"]["exitCode"]),
        (1, &json!(1))
    );
    let id = text(&failed[0]["id"]).to_owned();
    bench.done("ComputeNode_Reboot", &["p", &id], Value::Null);
    bench.at(100);
    assert_eq!(states(&bench), ["idle"; 3]);
}

#[test]
fn a_resize_gets_fewer_nodes_than_requested() {
    let rule = ResizeRule::new(4, "AllocationTimedout")
        .pool("p")
        .first(2)
        .most(1);
    let mut bench = with(Scenario::new(0).resize(rule), json!({}));
    let size = |bench: &mut Bench| {
        let pool = bench.get("Pool_Get", &["p"]);
        assert_fits(&pool, "CloudPool");
        (
            pool["currentDedicatedNodes"].clone(),
            pool["resizeErrors"][0]["code"].clone(),
        )
    };
    assert_eq!(size(&mut bench), (json!(3), Value::Null));
    let ten = json!({"targetDedicatedNodes": 10});
    bench.done("Pool_Resize", &["p"], ten.clone());
    bench.at(60);
    assert_eq!(size(&mut bench), (json!(7), json!("AllocationTimedout")));
    bench.at(6000);
    assert_eq!(
        size(&mut bench).1,
        "AllocationTimedout",
        "until the next resize"
    );
    bench.done("Pool_Resize", &["p"], ten);
    bench.at(6060);
    assert_eq!(size(&mut bench), (json!(10), Value::Null));
}

#[test]
fn quotas_are_enforced() {
    let quotas = Quotas::default()
        .dedicated_nodes(2)
        .pools(1)
        .active_jobs_and_schedules(2);
    let mut bench = with(Scenario::new(0).quotas(quotas), json!({}));
    let shown = bench.get("Pool_Get", &["p"]);
    assert_eq!(shown["currentDedicatedNodes"], 2);
    assert_eq!(shown["resizeErrors"][0]["code"], "AccountCoreQuotaReached");
    let refused = bench.refused("Pool_Add", &[], pool("q", json!({})));
    assert_eq!(refused, (409, "PoolQuotaReached"));
    bench.add_job("k", json!({}));
    let job = json!({"id": "l", "poolInfo": {"poolId": "p"}});
    let reached = (409, "ActiveJobAndScheduleQuotaReached");
    assert_eq!(bench.refused("Job_Add", &[], job.clone()), reached);
    let plan =
        json!({"id": "s", "schedule": {}, "jobSpecification": {"poolInfo": {"poolId": "p"}}});
    assert_eq!(bench.refused("JobSchedule_Add", &[], plan), reached);
    bench.done("Job_Terminate", &["k"], Value::Null);
    bench.at(40);
    bench.done("Job_Add", &[], job);
}

#[test]
fn another_scenario_replaces_what_was_to_come() {
    let rule = |kind| NodeRule::after(NodeFault::Unusable, 60.0).kind(kind);
    let mut bench = with(Scenario::new(0).node(rule(NodeKind::Dedicated)), json!({}));
    let settings = |bench: &Bench, scenario| Settings {
        scenario,
        ..bench.account.state.settings.clone()
    };
    let other = settings(&bench, Scenario::new(0).node(rule(NodeKind::Spot)));
    bench.account.state.apply_settings(other);
    bench.at(1000);
    assert_eq!(states(&bench), ["idle"; 3]);
    let again = settings(&bench, Scenario::new(0).node(rule(NodeKind::Dedicated)));
    bench.account.state.apply_settings(again);
    bench.at(1059);
    assert_eq!(states(&bench), ["idle"; 3]);
    bench.at(1060);
    assert_eq!(states(&bench), ["unusable"; 3]);
    bench.done("Pool_Resize", &["p"], json!({"targetDedicatedNodes": 0}));
    bench.at(1100);
    assert_eq!(states(&bench), [""; 0]);
}
