//! Tests of operations on a schedule, and their effects on its jobs and pools.

use super::*;

#[test]
fn a_disabled_schedule_makes_no_jobs() {
    let mut bench = Bench::new();
    bench.add_schedule(
        json!({"recurrenceInterval": "PT10M", "startWindow": "PT2M"}),
        json!({}),
    );
    bench.done("JobSchedule_Disable", &["s"], Value::Null);
    bench.at(300);
    // Its active job continues.
    assert_eq!(bench.runs(), "1:active");
    bench.end_run(1);
    bench.at(650);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("1:completed", "disabled")
    );
    // In time for the next job.
    bench.done("JobSchedule_Enable", &["s"], Value::Null);
    assert_eq!(bench.runs(), "1:completed 2:active");
    bench.end_run(2);
    bench.done("JobSchedule_Disable", &["s"], Value::Null);
    bench.at(1400);
    bench.done("JobSchedule_Enable", &["s"], Value::Null);
    bench.at(1799);
    assert_eq!(bench.runs(), "1:completed 2:completed");
    bench.at(1801);
    assert_eq!(bench.runs(), "1:completed 2:completed 3:active");
}

#[test]
fn a_terminated_schedule_ends_its_job() {
    let mut bench = Bench::new();
    bench.add_schedule(json!({"recurrenceInterval": "PT10M"}), json!({}));
    bench.at(10);
    bench.done("JobSchedule_Terminate", &["s"], Value::Null);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("1:terminating", "terminating")
    );
    bench.at(11);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("1:completed", "completed")
    );
    let job = bench.get("Job_Get", &["s:job-1"]);
    assert_eq!(job["executionInfo"]["terminateReason"], "TerminateWorkitem");
    bench.at(5000);
    assert_eq!(bench.runs(), "1:completed");
}

#[test]
fn a_deleted_schedule_deletes_its_jobs() {
    let mut bench = Bench::new();
    bench.add_job("s-job", json!({}));
    bench.add_schedule(json!({"recurrenceInterval": "PT10M"}), ends_alone());
    bench.at(601);
    assert_eq!(bench.runs(), "1:completed 2:active");
    bench.done("JobSchedule_Delete", &["s"], Value::Null);
    assert_eq!(
        (bench.runs().as_str(), bench.schedule_state().as_str()),
        ("1:deleting 2:deleting", "deleting")
    );
    bench.at(603);
    assert_eq!(
        bench.refused("JobSchedule_Get", &["s"], Value::Null),
        (404, "JobScheduleNotFound")
    );
    let jobs = bench.get("Job_List", &[]);
    assert_eq!(jobs["value"].as_array().map(Vec::len), Some(1));
    bench.add_schedule(json!({}), json!({}));
    assert_eq!(bench.runs(), "1:active");
}

#[test]
fn a_deleted_job_makes_room_for_the_next() {
    let mut bench = Bench::new();
    bench.add_schedule(json!({"recurrenceInterval": "PT10M"}), json!({}));
    bench.at(700);
    bench.done("Job_Delete", &["s:job-1"], Value::Null);
    bench.at(702);
    assert_eq!(bench.runs(), "2:active");
}

#[test]
fn changes_apply_to_later_jobs() {
    let mut bench = Bench::new();
    bench.add_schedule(json!({"recurrenceInterval": "P7D"}), ends_alone());
    bench.at(5000);
    let specification = merged(
        ends_alone(),
        json!({"poolInfo": {"poolId": "p"}, "priority": 9}),
    );
    let body =
        json!({"schedule": {"recurrenceInterval": "PT1H"}, "jobSpecification": specification});
    bench.done("JobSchedule_Patch", &["s"], body);
    // Runs that the new interval would have had in the past are not made up for.
    assert_eq!(bench.runs(), "1:completed");
    assert_eq!(
        bench.schedule()["executionInfo"]["nextRunTime"],
        "2024-04-18T21:28:52.760692Z"
    );
    bench.at(7201);
    assert_eq!(bench.runs(), "1:completed 2:active");
    let priority = |bench: &mut Bench, job| bench.get("Job_Get", &[job])["priority"].clone();
    assert_eq!(
        (
            priority(&mut bench, "s:job-1"),
            priority(&mut bench, "s:job-2")
        ),
        (json!(0), json!(9))
    );
    // A new start time in the future also applies to a schedule that has already run.
    bench.done(
        "JobSchedule_Patch",
        &["s"],
        json!({"schedule": {"doNotRunUntil": moment(9000)}}),
    );
    bench.at(9000);
    assert_eq!(bench.runs(), "1:completed 2:completed 3:active");
    bench.at(9010);
    assert_eq!(bench.schedule_state(), "completed");
}

#[test]
fn jobs_of_a_schedule_run_their_managers() {
    let mut bench = Bench::new();
    bench.done(
        "Pool_Add",
        &[],
        pool("p", json!({"targetDedicatedNodes": 1})),
    );
    bench.at(30);
    let manager = json!({"jobManagerTask": {"id": "boss", "commandLine": "c"}});
    bench.add_schedule(json!({"recurrenceInterval": "PT1M"}), manager);
    bench.at(30 + 3 * 60 - 1);
    assert_eq!(bench.runs(), "1:completed 2:completed 3:completed");
    assert_eq!(bench.states("s:job-2"), "boss:completed");
    let stats = bench.read(
        "JobSchedule_Get",
        &["s"],
        &[("$expand", "stats")],
        Value::Null,
    );
    assert_fits(&stats, "CloudJobSchedule");
    assert_eq!(
        (
            &stats["stats"]["numSucceededTasks"],
            &stats["stats"]["wallClockTime"]
        ),
        (&json!(3), &json!("PT30S"))
    );
}

/// Returns a job with an auto pool.
fn auto_pool(lifetime: &str, keep: bool, more: Value) -> Value {
    let mut specification = pool("x", more);
    specification.as_object_mut().expect("a pool").remove("id");
    let auto = json!({"poolLifetimeOption": lifetime, "keepAlive": keep, "pool": specification});
    json!({"poolInfo": {"autoPoolSpecification": auto}})
}

#[test]
fn auto_pools_belong_to_jobs_or_to_the_schedule() {
    for (lifetime, keep, pools) in [
        ("job", false, [1, 1, 0]),
        ("job", true, [1, 2, 2]),
        ("jobschedule", false, [1, 1, 0]),
        ("jobSchedule", true, [1, 1, 1]),
    ] {
        let mut bench = Bench::new();
        let job = merged(
            ends_alone(),
            auto_pool(lifetime, keep, json!({"targetDedicatedNodes": 1})),
        );
        let mut body = json!({"id": "s", "schedule": {"recurrenceInterval": "PT10M"}});
        body["jobSpecification"] = job;
        bench.done("JobSchedule_Add", &[], body);
        let count = |bench: &mut Bench| {
            bench.get("Pool_List", &[])["value"]
                .as_array()
                .map_or(0, Vec::len)
        };
        let pool_of = |bench: &mut Bench, job: &str| {
            bench.get("Job_Get", &[job])["executionInfo"]["poolId"].clone()
        };
        let mut found = vec![count(&mut bench)];
        bench.at(601);
        found.push(count(&mut bench));
        let same = pool_of(&mut bench, "s:job-1") == pool_of(&mut bench, "s:job-2");
        assert_eq!(same, lifetime != "job", "{lifetime}");
        bench.done("JobSchedule_Terminate", &["s"], Value::Null);
        bench.at(660);
        found.push(count(&mut bench));
        assert_eq!(found, pools, "{lifetime} {keep}");
    }
    let mut bench = Bench::new();
    let job = merged(
        json!({"id": "j"}),
        auto_pool("jobschedule", false, json!({})),
    );
    assert_eq!(
        bench.refused("Job_Add", &[], job),
        (400, "InvalidPropertyValue")
    );
}

#[test]
fn an_auto_pool_can_autoscale() {
    let mut bench = Bench::new();
    let formula = |text: &str| json!({"enableAutoScale": true, "autoScaleFormula": text});
    let job = |more: Value| merged(json!({"id": "j"}), auto_pool("job", false, more));
    let bad = job(formula("$TargetDedicatedNodes ="));
    assert_eq!(
        bench.refused("Job_Add", &[], bad),
        (400, "AutoScalingFormulaSyntaxError")
    );
    let both = job(merged(formula("1"), json!({"targetDedicatedNodes": 1})));
    assert_eq!(
        bench.refused("Job_Add", &[], both),
        (400, "InvalidPropertyValue")
    );
    bench.done("Job_Add", &[], job(formula("$TargetDedicatedNodes = 2")));
    bench.at(30);
    let pools = bench.get("Pool_List", &[]);
    assert_eq!(pools["value"][0]["currentDedicatedNodes"], 2);
}
