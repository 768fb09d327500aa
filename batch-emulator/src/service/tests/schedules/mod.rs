//! Tests of job schedules: when they create jobs, and what happens to these.

mod effects;

use super::*;

fn schedule(id: &str, schedule: Value) -> Value {
    json!({"id": id, "schedule": schedule, "jobSpecification": {"poolInfo": {"poolId": "p"}}})
}

#[test]
fn a_schedule_is_returned_as_it_was_added() {
    let mut bench = Bench::new();
    bench.done(
        "JobSchedule_Add",
        &[],
        schedule(
            "S",
            json!({"recurrenceInterval": "PT10H00M00S", "startWindow": "PT01H"}),
        ),
    );
    assert_eq!(
        bench.refused("JobSchedule_Add", &[], schedule("s", json!({}))),
        (409, "JobScheduleExists")
    );
    let job = json!({"id": "s", "poolInfo": {"poolId": "p"}});
    assert_eq!(
        bench.refused("Job_Add", &[], job),
        (409, "JobScheduleWithSameIdExists")
    );
    bench.add_job("j", json!({}));
    assert_eq!(
        bench.refused("JobSchedule_Add", &[], schedule("J", json!({}))),
        (409, "JobWithSameIdExists")
    );
    let shown = bench.get("JobSchedule_Get", &["s"]);
    assert_fits(&shown, "CloudJobSchedule");
    assert_eq!(
        shown["schedule"],
        json!({"recurrenceInterval": "PT10H", "startWindow": "PT1H"})
    );
    assert_eq!(shown["jobSpecification"]["onAllTasksComplete"], "noaction");
    assert_eq!(
        shown["executionInfo"],
        json!({
            "nextRunTime": "2024-04-19T05:28:52.760692Z",
            "recentJob": {"id": "S:job-1", "url": "http://127.0.0.1:4321/jobs/S:job-1"},
        })
    );
    let jobs = bench.get("Job_ListFromJobSchedule", &["s"]);
    assert_eq!(jobs["value"][0], bench.get("Job_Get", &["S:job-1"]));
    bench.done(
        "JobSchedule_Patch",
        &["s"],
        json!({"metadata": [{"name": "a", "value": "b"}]}),
    );
    assert_eq!(
        bench.get("JobSchedule_Get", &["s"])["metadata"][0]["name"],
        "a"
    );
    let body = json!({"schedule": {"doNotRunUntil": "2030-01-01T00:00:00Z"}, "jobSpecification": {"poolInfo": {"poolId": "q"}}});
    bench.done("JobSchedule_Update", &["s"], body);
    let shown = bench.get("JobSchedule_Get", &["s"]);
    assert_eq!(
        (
            shown.get("metadata"),
            &shown["executionInfo"]["nextRunTime"]
        ),
        (None, &json!("2030-01-01T00:00:00Z"))
    );
    // The running job is not affected by the update.
    let job = bench.get("Job_Get", &["S:job-1"]);
    assert_eq!(job["executionInfo"]["poolId"], "p");
    let stats = bench.read(
        "JobSchedule_Get",
        &["s"],
        &[("$expand", "stats")],
        Value::Null,
    );
    assert_fits(&stats, "CloudJobSchedule");
}

#[test]
fn a_schedule_changes_its_state() {
    let mut bench = Bench::new();
    bench.done(
        "JobSchedule_Add",
        &[],
        schedule(
            "s",
            json!({"doNotRunUntil": "2030-01-01T00:00:00Z", "recurrenceInterval": "P1D"}),
        ),
    );
    assert_eq!(
        bench.get("JobSchedule_Get", &["s"])["executionInfo"],
        json!({"nextRunTime": "2030-01-01T00:00:00Z"})
    );
    for (operation, state) in [
        ("JobSchedule_Disable", "disabled"),
        ("JobSchedule_Enable", "active"),
        ("JobSchedule_Terminate", "terminating"),
    ] {
        let reply = bench
            .call(operation, &["s"], &[], Value::Null)
            .expect(operation);
        let shown = bench.get("JobSchedule_Get", &["s"]);
        assert_eq!(
            (text(&shown["state"]), text(&shown["eTag"])),
            (state, reply.etag.as_deref().unwrap_or_default())
        );
    }
    assert_eq!(
        bench.refused("JobSchedule_Enable", &["s"], Value::Null),
        (409, "JobScheduleBeingTerminated")
    );
    bench.at(1);
    let shown = bench.get("JobSchedule_Get", &["s"]);
    assert_fits(&shown, "CloudJobSchedule");
    assert_eq!(
        (
            &shown["state"],
            shown["executionInfo"]["endTime"].is_string()
        ),
        (&json!("completed"), true)
    );
    assert_eq!(
        bench.refused("JobSchedule_Disable", &["s"], Value::Null),
        (409, "JobScheduleCompleted")
    );
    bench.get("JobSchedule_Exists", &["s"]);
    bench.done("JobSchedule_Delete", &["s"], Value::Null);
    assert_eq!(
        bench.refused("JobSchedule_Delete", &["s"], Value::Null),
        (409, "JobScheduleBeingDeleted")
    );
    bench.at(2);
    assert_eq!(
        bench.refused("JobSchedule_Exists", &["s"], Value::Null),
        (404, "JobScheduleNotFound")
    );
}

impl Bench {
    /// Adds a schedule whose jobs end after 2 s if nothing is added to them.
    fn add_schedule(&mut self, schedule: Value, job: Value) {
        let pool = json!({"poolInfo": {"poolId": "p"}});
        let body = json!({"id": "s", "schedule": schedule, "jobSpecification": merged(pool, job)});
        self.done("JobSchedule_Add", &[], body);
    }

    /// Returns the states of the schedule's jobs by number, such as `1:completed 2:active`.
    fn runs(&mut self) -> String {
        let jobs = self.get("Job_ListFromJobSchedule", &["s"]);
        let jobs = jobs["value"].as_array().expect("jobs").iter();
        let shown = jobs.map(|job| {
            let id = text(&job["id"])
                .strip_prefix("s:job-")
                .expect("a job of it");
            format!("{id}:{}", text(&job["state"]))
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    fn schedule(&mut self) -> Value {
        let shown = self.get("JobSchedule_Get", &["s"]);
        assert_fits(&shown, "CloudJobSchedule");
        shown
    }

    fn schedule_state(&mut self) -> String {
        text(&self.schedule()["state"]).to_owned()
    }

    fn end_run(&mut self, run: u32) {
        let id = format!("s:job-{run}");
        self.done("Job_Terminate", &[&id], Value::Null);
    }
}

fn ends_alone() -> Value {
    json!({"onAllTasksComplete": "terminatejob"})
}

/// Formats the time this number of seconds after the start as the service does.
fn moment(seconds: i64) -> String {
    Bench::new().start.plus(Span::seconds(seconds)).to_string()
}

#[test]
fn jobs_are_created_on_time() {
    let mut bench = Bench::new();
    bench.add_schedule(json!({"recurrenceInterval": "PT10M"}), ends_alone());
    assert_eq!(bench.runs(), "1:active");
    bench.at(3);
    assert_eq!(bench.runs(), "1:completed");
    bench.at(600);
    assert_eq!(bench.runs(), "1:completed");
    bench.at(601);
    assert_eq!(bench.runs(), "1:completed 2:active");
    let job = bench.get("Job_Get", &["s:job-2"]);
    assert_fits(&job, "CloudJob");
    assert_eq!(job["onAllTasksComplete"], "terminatejob");
    // Both at once, although no request came in between.
    bench.at(1801);
    assert_eq!(bench.runs(), "1:completed 2:completed 3:completed 4:active");
    let info = bench.schedule()["executionInfo"].clone();
    assert_eq!(info["recentJob"]["id"], "s:job-4");
    assert_eq!(info["nextRunTime"], "2024-04-18T20:08:52.760692Z");
    let page = bench.read(
        "Job_ListFromJobSchedule",
        &["s"],
        &[("maxresults", "3")],
        Value::Null,
    );
    assert_eq!(page["value"].as_array().map(Vec::len), Some(3));
    let token = text(&page["odata.nextLink"])
        .split("skiptoken=")
        .nth(1)
        .expect("a token")
        .to_owned();
    let rest = bench.read(
        "Job_ListFromJobSchedule",
        &["s"],
        &[("$skiptoken", &token)],
        Value::Null,
    );
    assert_eq!(rest["value"][0]["id"], "s:job-4");
}

#[test]
fn a_job_waits_for_the_end_of_the_previous_one() {
    let mut bench = Bench::new();
    bench.add_schedule(json!({"recurrenceInterval": "PT10M"}), json!({}));
    bench.at(1500);
    assert_eq!(bench.runs(), "1:active");
    bench.end_run(1);
    bench.at(1501);
    // Two were due in the meantime; the earlier one is skipped.
    assert_eq!(bench.runs(), "1:completed 2:active");
    bench.end_run(2);
    bench.at(1800);
    assert_eq!(bench.runs(), "1:completed 2:completed");
    bench.at(1801);
    assert_eq!(bench.runs(), "1:completed 2:completed 3:active");
}

#[test]
fn a_job_is_created_within_the_start_window_or_not_at_all() {
    for (ended, runs) in [(650, "1:completed 2:active"), (680, "1:completed")] {
        let mut bench = Bench::new();
        let schedule = json!({"recurrenceInterval": "PT10M", "startWindow": "PT1M"});
        bench.add_schedule(schedule, json!({}));
        bench.at(ended);
        bench.end_run(1);
        bench.at(1199);
        assert_eq!(bench.runs(), runs, "{ended}");
        bench.at(1201);
        let again = if ended == 650 {
            runs
        } else {
            "1:completed 2:active"
        };
        assert_eq!(bench.runs(), again, "{ended}");
    }
}

#[test]
fn a_schedule_has_a_start_and_an_end() {
    let mut bench = Bench::new();
    let schedule = json!({"doNotRunUntil": moment(3600), "doNotRunAfter": moment(9000), "recurrenceInterval": "PT1H"});
    bench.add_schedule(schedule, ends_alone());
    bench.at(3599);
    assert_eq!(bench.runs(), "");
    assert_eq!(
        bench.schedule()["executionInfo"],
        json!({"nextRunTime": moment(3600)})
    );
    bench.at(3600);
    assert_eq!(bench.runs(), "1:active");
    bench.at(7200);
    assert_eq!(bench.runs(), "1:completed 2:active");
    assert_eq!(bench.schedule()["executionInfo"].get("nextRunTime"), None);
    bench.at(9000);
    assert_eq!(bench.schedule_state(), "active");
    bench.at(9001);
    assert_eq!(bench.schedule_state(), "terminating");
    bench.at(9002);
    let shown = bench.schedule();
    assert_eq!(
        (&shown["state"], &shown["previousState"]),
        (&json!("completed"), &json!("active"))
    );
    assert!(shown["executionInfo"]["endTime"].is_string());
    bench.at(20_000);
    assert_eq!(bench.runs(), "1:completed 2:completed");
}

#[test]
fn a_schedule_ends_with_its_last_job() {
    // A schedule that does not recur has one job.
    let mut bench = Bench::new();
    bench.add_schedule(json!({}), json!({}));
    bench.at(100_000);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("1:active", "active")
    );
    bench.end_run(1);
    bench.at(100_001);
    assert_eq!(bench.schedule_state(), "terminating");
    bench.at(100_002);
    assert_eq!(bench.schedule_state(), "completed");
    // A job that is active at the end is allowed to finish.
    let mut bench = Bench::new();
    bench.add_schedule(
        json!({"doNotRunAfter": moment(90), "recurrenceInterval": "PT1M"}),
        json!({}),
    );
    bench.at(200);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("1:active", "active")
    );
    bench.end_run(1);
    bench.at(202);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("1:completed", "completed")
    );
    // A schedule that was disabled at its only run has none left.
    let mut bench = Bench::new();
    bench.add_schedule(
        json!({"doNotRunUntil": moment(60), "startWindow": "PT1M"}),
        json!({}),
    );
    bench.done("JobSchedule_Disable", &["s"], Value::Null);
    bench.at(200);
    bench.done("JobSchedule_Enable", &["s"], Value::Null);
    bench.at(202);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("", "completed")
    );
}

#[test]
fn a_fast_clock_does_not_create_jobs_without_end() {
    let mut bench = Bench::new();
    let minute = json!({"recurrenceInterval": "PT1M"});
    bench.add_schedule(minute, json!({"onAllTasksComplete": "terminatejob"}));
    bench.at(60 * 50_100);
    assert_eq!(bench.account.state.jobs.len(), 50_000);
    let recent = bench.schedule()["executionInfo"]["recentJob"].clone();
    assert_eq!(recent["id"], "s:job-50000");
    bench.done("Job_Delete", &["s:job-1"], Value::Null);
    bench.at(60 * 50_103);
    let recent = bench.schedule()["executionInfo"]["recentJob"].clone();
    assert_eq!(recent["id"], "s:job-50001");
}
