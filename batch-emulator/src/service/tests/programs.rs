//! Tests of executed programs: the orders of the state, and its reaction to reports. No process is
//! started.

use super::*;
use crate::state::numbers::{JobNumber, Number as _, TaskNumber};
use crate::state::orders::{Launch, Order};
use crate::state::report::{End, Program, Report};

/// Creates a pool of idle nodes and a job on it, with execution enabled.
fn executing(nodes: u32, job: Value) -> Bench {
    let mut bench = Bench::with(|config| config.execute = true);
    let body = pool("p", json!({"targetDedicatedNodes": nodes}));
    bench.done("Pool_Add", &[], body);
    bench.at(30);
    bench.add_job("j", job);
    bench
}

impl Bench {
    fn orders(&mut self) -> Vec<Order> {
        self.account.state.take_orders()
    }

    fn launches(&mut self) -> Vec<Launch> {
        let launched = |order| match order {
            Order::Run(launch) => Some(*launch),
            _ => None,
        };
        self.orders().into_iter().filter_map(launched).collect()
    }

    fn report(&mut self, program: Program, end: End) {
        self.account.state.report(&Report::Ended { program, end });
    }

    fn exit(&mut self, program: Program, code: i32) {
        self.report(program, End::exit(code));
    }
}

#[test]
fn a_task_ends_when_the_end_of_its_program_is_reported() {
    let mut bench = executing(1, json!({}));
    bench.add_task("j", "t", json!({"constraints": {"maxTaskRetryCount": 1}}));
    let first = bench.launches().remove(0);
    assert_eq!(
        (first.command_line.as_str(), first.directory.as_str()),
        ("run", "workitems/j/job-1/t")
    );
    assert!(first.tried_again);
    bench.at(10_000);
    assert_eq!(bench.states("j"), "t:running");
    bench.exit(first.program, 1);
    assert!(bench.launches().is_empty());
    bench.at(10_001);
    let second = bench.launches().remove(0);
    assert!(!second.tried_again);
    // The end of an earlier run does not end this one.
    bench.exit(first.program, 0);
    assert_eq!(bench.states("j"), "t:running");
    bench.exit(second.program, 0);
    assert_eq!(bench.states("j"), "t:completed");
    let shown = bench.task("j", "t");
    assert_fits(&shown, "CloudTask");
    assert_eq!(shown["executionInfo"]["retryCount"], 1);
    bench.exit(second.program, 5);
    assert_eq!(bench.task("j", "t")["executionInfo"]["exitCode"], 0);
}

#[test]
fn programs_of_deleted_resources_are_stopped() {
    let mut bench = executing(1, json!({}));
    bench.add_task("j", "t", json!({}));
    let launch = bench.launches().remove(0);
    let node = launch.node.clone();
    bench.done("Task_Delete", &["j", "t"], Value::Null);
    let orders = bench.orders();
    let [Order::Stop { program }, Order::Remove { node: of, path }] = orders.as_slice() else {
        panic!("{orders:?}");
    };
    assert_eq!(
        (*program, of, path.as_str()),
        (launch.program, &node, "workitems/j/job-1/t")
    );
    bench.exit(launch.program, 0);
    assert_eq!(bench.states("j"), "");
}

#[test]
fn after_a_restart_nodes_start_again_and_tasks_are_requeued() {
    let job =
        json!({"jobPreparationTask": {"commandLine": "a", "rerunOnNodeRebootAfterSuccess": false}});
    let mut bench = executing(1, job);
    bench.add_task("j", "t", json!({}));
    let preparation = bench.launches().remove(0);
    bench.exit(preparation.program, 0);
    let first = bench.launches().remove(0);
    bench.account.state.report(&Report::Restarted);
    assert_eq!(bench.states("j"), "t:active");
    bench.exit(first.program, 0);
    bench.at(60);
    // The preparation is complete and need not run again.
    let again = bench.launches().remove(0);
    assert_eq!(bench.states("j"), "t:running");
    bench.exit(again.program, 0);
    let info = bench.task("j", "t")["executionInfo"].clone();
    assert_eq!(
        (&info["requeueCount"], &info["exitCode"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn failures_other_than_exit_codes_are_reported() {
    use crate::state::report::Failure;
    let mut bench = executing(1, json!({}));
    let failure = Failure {
        server: false,
        code: "BlobNotFound".to_owned(),
        message: "m".to_owned(),
        details: vec![("FilePath".to_owned(), "f".to_owned())],
    };
    for (id, exit_code) in [("start_failure", None), ("kept", Some(0))] {
        bench.add_task("j", id, json!({"constraints": {"maxTaskRetryCount": 3}}));
        let launch = bench.launches().remove(0);
        let failure = Some(failure.clone());
        bench.report(launch.program, End { exit_code, failure });
        let shown = bench.task("j", id);
        assert_fits(&shown, "CloudTask");
        let info = &shown["executionInfo"];
        assert_eq!(info.get("exitCode"), exit_code.map(Value::from).as_ref());
        assert_eq!(
            (&info["result"], &info["failureInfo"]["code"]),
            (&json!("failure"), &json!("BlobNotFound"))
        );
        assert_eq!(
            info["failureInfo"]["details"],
            json!([{"name": "FilePath", "value": "f"}])
        );
    }
}

/// Does what a restarted service would do: applies the same inputs in order, without anything in
/// between.
#[test]
fn the_same_inputs_yield_the_same_state_however_often_time_advances() {
    let course = |ticking: bool| {
        let job = json!({"jobPreparationTask": {"commandLine": "a"}, "jobReleaseTask": {"commandLine": "b"}});
        let mut bench = executing(2, job);
        let mut ran = Vec::new();
        for second in 31..120 {
            if ticking || second % 9 == 0 {
                bench.at(second);
            }
            if second % 9 != 0 {
                continue;
            }
            if second < 80 {
                let limits =
                    json!({"constraints": {"maxTaskRetryCount": 1, "maxWallClockTime": "PT20S"}});
                bench.add_task("j", &format!("t{second}"), limits);
            }
            if second == 90 {
                bench.done("Job_Terminate", &["j"], Value::Null);
            }
            ran.extend(bench.launches().into_iter().map(|launch| launch.program));
            if second % 18 == 0 {
                for program in std::mem::take(&mut ran) {
                    bench.exit(program, i32::from(second % 4 != 0));
                }
            }
        }
        let state = [
            bench.get("Task_List", &["j"]),
            bench.get("Job_Get", &["j"]),
            bench.get("Job_ListPreparationAndReleaseTaskStatus", &["j"]),
            bench.get("ComputeNode_List", &["p"]),
        ];
        (state, ran)
    };
    let seldom = course(false);
    assert_eq!(seldom, course(true));
    assert!(
        seldom.0[0]["value"]
            .as_array()
            .is_some_and(|tasks| tasks.len() == 5)
    );
}

#[test]
fn reports_are_persisted_as_json() {
    let report = Report::Ended {
        program: Program::Instance {
            job: JobNumber::from_index(1),
            task: TaskNumber::from_index(2),
            attempt: 3,
            instance: 4,
        },
        end: End::exit(-1),
    };
    let text = serde_json::to_string(&report).expect("JSON");
    // The journal's format, which an earlier build may have written.
    let program = r#"{"Instance":{"job":1,"task":2,"attempt":3,"instance":4}}"#;
    let end = r#"{"exit_code":-1,"failure":null}"#;
    let form = format!(r#"{{"Ended":{{"program":{program},"end":{end}}}}}"#);
    assert_eq!(text, form);
    let read: Report = serde_json::from_str(&text).expect("a report");
    assert_eq!(read, report);
}

#[test]
fn orders_do_not_show_urls() {
    let mut bench = executing(1, json!({}));
    let url = "http://h/c?sig=s3cret";
    let files = json!({
        "resourceFiles": [{"httpUrl": url, "filePath": "f"}],
        "outputFiles": [{"filePattern": "*", "destination": {"container": {"containerUrl": url}},
            "uploadOptions": {"uploadCondition": "taskcompletion"}}],
    });
    bench.add_task("j", "t", files);
    let node = bench.node_ids("p").remove(0);
    let logs = json!({"containerUrl": url, "startTime": "2024-01-01T00:00:00Z"});
    bench.done("ComputeNode_UploadBatchServiceLogs", &["p", &node], logs);
    let orders = bench.orders();
    assert_eq!(orders.len(), 2);
    assert!(!format!("{orders:?}").contains("s3cret"));
}
