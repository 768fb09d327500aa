//! Tests of autoscaling pools.

use super::*;
use crate::state::events::Event;

fn scaled(formula: &str) -> Value {
    json!({"enableAutoScale": true, "autoScaleFormula": formula, "autoScaleEvaluationInterval": "PT5M"})
}

impl Bench {
    fn with_formula(formula: &str) -> Self {
        let mut bench = Self::new();
        bench.done("Pool_Add", &[], pool("p", scaled(formula)));
        bench
    }

    /// Evaluates a formula and returns the variables beside the pool's targets, or the error.
    fn evaluate(&mut self, formula: &str) -> String {
        let body = json!({"autoScaleFormula": formula});
        let run = self.done("Pool_EvaluateAutoScale", &["p"], body);
        assert_fits(&run, "AutoScaleRun");
        if let Some(error) = run["error"]["values"][0]["value"].as_str() {
            return format!("{}: {error}", text(&run["error"]["code"]));
        }
        let shown = text(&run["results"]).splitn(4, ';');
        shown.skip(3).collect()
    }

    /// Returns the target and current number of nodes.
    fn sizes(&mut self) -> (Value, Value) {
        let shown = self.get("Pool_Get", &["p"]);
        assert_fits(&shown, "CloudPool");
        (
            shown["targetDedicatedNodes"].clone(),
            shown["currentDedicatedNodes"].clone(),
        )
    }

    fn enable(&mut self, body: Value) {
        self.done("Pool_EnableAutoScale", &["p"], body);
    }

    fn last_run(&mut self) -> String {
        text(&self.get("Pool_Get", &["p"])["autoScaleRun"]["timestamp"]).to_owned()
    }
}

/// A typical formula: as many nodes as there are tasks, without data at first.
const BY_TASKS: &str = "share = $PendingTasks.GetSamplePercent(2 * TimeInterval_Minute);
    tasks = share < 50 ? 1 : avg($PendingTasks.GetSample(2 * TimeInterval_Minute));
    $TargetDedicatedNodes = min(4, ceil(tasks)); $NodeDeallocationOption = taskcompletion;";

#[test]
fn a_pool_grows_with_its_tasks_and_shrinks_after() {
    let mut bench = Bench::with_formula(BY_TASKS);
    assert_eq!(bench.sizes(), (json!(1), json!(0)));
    bench.at(30);
    assert_eq!(bench.sizes(), (json!(1), json!(1)));
    bench.add_job("j", json!({}));
    for id in 0..30 {
        let seconds = environment(&[("EMULATOR_SECONDS", "100")]);
        bench.add_task("j", &format!("t{id:02}"), seconds);
    }
    bench.at(299);
    assert_eq!(bench.sizes(), (json!(1), json!(1)));
    bench.at(330);
    assert_eq!(bench.sizes(), (json!(4), json!(4)));
    let run = bench.get("Pool_Get", &["p"])["autoScaleRun"].clone();
    assert_eq!(
        run["results"],
        "$TargetDedicatedNodes=4;$TargetLowPriorityNodes=0;$NodeDeallocationOption=taskcompletion;share=75;tasks=28.333333333333332"
    );
    bench.at(1600);
    assert_eq!(
        bench.get("Job_GetTaskCounts", &["j"])["taskCounts"]["succeeded"],
        30
    );
    assert_eq!(bench.sizes(), (json!(0), json!(0)));
}

#[test]
fn nodes_wait_for_their_tasks_if_the_formula_says_so() {
    for (option, nodes) in [("taskcompletion", 2), ("requeue", 0)] {
        let mut bench = Bench::with_formula("$TargetDedicatedNodes = 2");
        bench.at(30);
        bench.add_job("j", json!({}));
        for id in ["a", "b"] {
            bench.add_task("j", id, environment(&[("EMULATOR_SECONDS", "200")]));
        }
        let formula = format!("$TargetDedicatedNodes = 0; $NodeDeallocationOption = {option}");
        bench.enable(json!({"autoScaleFormula": formula}));
        bench.at(100);
        assert_eq!(bench.sizes(), (json!(0), json!(nodes)), "{option}");
        bench.at(260);
        assert_eq!(bench.sizes(), (json!(0), json!(0)), "{option}");
    }
}

#[test]
fn formulas_are_evaluated_at_their_interval() {
    let mut bench = Bench::with_formula("a = time(); $TargetDedicatedNodes = a.minute");
    let first = bench.last_run();
    assert_eq!(first, "2024-04-18T19:28:52.7606919Z");
    assert_eq!(bench.sizes().0, 28);
    bench.at(299);
    assert_eq!(bench.last_run(), first);
    bench.at(300);
    assert_eq!(bench.last_run(), "2024-04-18T19:33:52.7606919Z");
    assert_eq!(bench.sizes().0, 33);
    // A formula alone is evaluated at once and then on the previous schedule.
    bench.at(400);
    bench.enable(json!({"autoScaleFormula": "$TargetDedicatedNodes = 1 + $TargetDedicatedNodes"}));
    assert_eq!(
        (bench.last_run().as_str(), bench.sizes().0),
        ("2024-04-18T19:35:32.7606919Z", json!(34))
    );
    bench.at(600);
    assert_eq!(
        (bench.last_run().as_str(), bench.sizes().0),
        ("2024-04-18T19:38:52.7606919Z", json!(35))
    );
    // A new interval restarts the schedule.
    bench.at(660);
    bench.enable(json!({"autoScaleEvaluationInterval": "PT10M"}));
    bench.at(1259);
    assert_eq!(
        (bench.last_run().as_str(), bench.sizes().0),
        ("2024-04-18T19:39:52.7606919Z", json!(36))
    );
    bench.at(1260);
    assert_eq!(
        (bench.last_run().as_str(), bench.sizes().0),
        ("2024-04-18T19:49:52.7606919Z", json!(37))
    );
    bench.at(1300);
    bench.done("Pool_DisableAutoScale", &["p"], Value::Null);
    bench.at(9000);
    let shown = bench.get("Pool_Get", &["p"]);
    assert_eq!(
        (shown.get("autoScaleRun"), &shown["targetDedicatedNodes"]),
        (None, &json!(37))
    );
    bench.done("Pool_Resize", &["p"], json!({"targetDedicatedNodes": 0}));
    bench.at(9100);
    assert_eq!(bench.sizes(), (json!(0), json!(0)));
}

#[test]
fn formula_errors_are_reported() {
    let mut bench = Bench::with_formula("$TargetDedicatedNodes = 2");
    bench.at(30);
    assert_eq!(
        bench.evaluate("$something_useless"),
        "AutoScalingFormulaEvaluationError: Line 1, Col 1: Undefined symbol: $something_useless"
    );
    assert_eq!(
        bench.evaluate("a = $CPUPercent.GetSample(5 * TimeInterval_Minute, 70)"),
        "InsufficientSampleData: Line 1, Col 26: Insufficient data from data set: $CPUPercent wanted 70%, received 10%"
    );
    let long = " ".repeat(8193);
    for (operation, ids) in [
        ("Pool_EnableAutoScale", &["p"]),
        ("Pool_EvaluateAutoScale", &["p"]),
    ] {
        for (formula, code) in [
            ("a = (", "AutoScalingFormulaSyntaxError"),
            (&long, "AutoScalingFormulaTooLong"),
        ] {
            let body = json!({"autoScaleFormula": formula});
            assert_eq!(bench.refused(operation, ids, body), (400, code));
        }
    }
    let refused = bench.refused("Pool_Add", &[], pool("q", scaled("a = 1 2")));
    assert_eq!(refused, (400, "AutoScalingFormulaSyntaxError"));
    let refusal = bench
        .call(
            "Pool_EnableAutoScale",
            &["p"],
            &[],
            json!({"autoScaleFormula": "\n a = 1 2"}),
        )
        .expect_err("a formula that cannot be parsed");
    assert_eq!(
        refusal.values,
        [("Message", "Line 2, Col 8: ; expected, found 2".to_owned())]
    );
    // A rejected formula changes nothing; a later failure is reported by the pool, which keeps its
    // size.
    assert_eq!(
        bench.get("Pool_Get", &["p"])["autoScaleFormula"],
        "$TargetDedicatedNodes = 2"
    );
    bench.enable(json!({"autoScaleFormula": "$TargetDedicatedNodes = 9; a = b"}));
    let shown = bench.get("Pool_Get", &["p"]);
    assert_fits(&shown, "CloudPool");
    assert_eq!(
        shown["autoScaleRun"]["error"]["code"],
        "AutoScalingFormulaEvaluationError"
    );
    assert!(text(&shown["autoScaleRun"]["results"]).starts_with("$TargetDedicatedNodes=9;"));
    bench.at(1000);
    assert_eq!(bench.sizes(), (json!(2), json!(2)));
}

#[test]
fn pool_metrics_are_sampled() {
    let mut bench = Bench::with_formula("$TargetDedicatedNodes = 2; $TargetLowPriorityNodes = 1");
    assert_eq!(
        bench.evaluate("a = $CPUPercent.Count(); b = len($CPUPercent.GetSample(9))"),
        "a=0;b=0"
    );
    bench.at(35);
    bench.add_job("j", json!({}));
    for id in ["a", "b", "c", "d", "e"] {
        bench.add_task("j", id, environment(&[("EMULATOR_SECONDS", "40")]));
    }
    let fails = environment(&[("EMULATOR_EXIT_CODE", "1"), ("EMULATOR_SECONDS", "1")]);
    bench.add_task("j", "f", fails);
    bench.add_job("other", json!({"poolInfo": {"poolId": "elsewhere"}}));
    bench.add_task("other", "t", json!({}));
    bench.at(181);
    let tasks = "a = $ActiveTasks.GetSample(5); f = $FailedTasks.GetSample(1); p = $PendingTasks.GetSample(5);
        r = $RunningTasks.GetSample(5); s = $SucceededTasks.GetSample(5)";
    assert_eq!(
        bench.evaluate(tasks),
        "a=[3,0,0,0,0];f=[1];p=[6,2,0,0,0];r=[3,2,0,0,0];s=[0,3,5,5,5]"
    );
    let nodes = "a = $CurrentDedicatedNodes.GetSample(6); b = $CurrentLowPriorityNodes; c = $UsableNodeCount.GetSample(6);
        d = $SampleNodeCount; e = $PreemptedNodeCount; f = $CPUPercent.GetSample(6); g = $TaskSlotsPerNode";
    assert_eq!(
        bench.evaluate(nodes),
        "a=[2,2,2,2,2,2];b=1;c=[0,3,3,3,3,3];d=3;e=0;f=[0,1,0.6666666666666666,0,0,0];g=1"
    );
    assert_eq!(
        bench.evaluate("t = $CPUPercent.HistoryBeginTime()"),
        "t=2024-04-18T19:29:22.760Z"
    );
}

#[test]
fn the_same_inputs_give_the_same_results() {
    let run = |tries: usize| {
        let mut bench = Bench::with_formula("$TargetDedicatedNodes = rand() * 10");
        let mut seen = Vec::new();
        for seconds in (0..6000).step_by(100) {
            bench.at(seconds);
            seen.push(bench.sizes().0.to_string());
            for _ in 0..tries {
                bench.evaluate("a = rand()");
            }
        }
        seen
    };
    // Evaluating a formula is not an input and changes nothing.
    let (mut sizes, other) = (run(0), run(3));
    assert_eq!(sizes, other);
    sizes.sort_unstable();
    sizes.dedup();
    assert!(sizes.len() > 4, "{sizes:?}");
}

#[test]
fn a_pool_without_a_formula_costs_nothing() {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"targetDedicatedNodes": 2})),
    );
    bench.at(100);
    let far = bench.start.plus(Span::days(1));
    assert_eq!(bench.account.state.events.due(far), None);
    // A pool that no longer scales, or is deleted, soon costs nothing either.
    bench.enable(json!({"autoScaleFormula": "$TargetDedicatedNodes = 2"}));
    bench.at(200);
    bench.done("Pool_DisableAutoScale", &["p"], Value::Null);
    bench.done(
        "Pool_Add",
        &[],
        pool("q", scaled("$TargetDedicatedNodes = 1")),
    );
    bench.done("Pool_Delete", &["q"], Value::Null);
    bench.at(1200);
    let left: Option<(Time, Event)> = bench.account.state.events.due(far);
    assert_eq!(left, None);
}
