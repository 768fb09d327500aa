//! Tests of behaviour over time, through the client and over sockets: autoscaling pools and job
//! schedules.
//!
//! The service's clock runs at 600 times real time: its shortest interval, five minutes, takes half
//! a second.

use std::time::{Duration, Instant};

use batch_client::models::{
    CloudJob, CloudPool, EnvironmentSetting, ImageReference, JobAddParameter, JobManagerTask,
    JobScheduleAddParameter, JobScheduleState, JobSpecification, JobState, PoolAddParameter,
    PoolEnableAutoScaleParameter, PoolEvaluateAutoScaleParameter, PoolInformation, Schedule,
    TaskAddParameter, TaskState, VirtualMachineConfiguration,
};
use batch_client::{Client, Error, SharedKey, TimeSpan, codes};
use batch_emulator::{Config, Emulator, start};

type Outcome = Result<(), Error>;

/// Far longer than anything takes; a test that reaches this limit fails.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// Starts a service with a fast clock, and creates a client.
async fn service() -> (Emulator, Client) {
    let config = Config::default().clock_speed(600.0);
    let emulator = start(config).await.expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let client = Client::new(emulator.endpoint(), key).expect("a client");
    (emulator, client)
}

/// Polls until the condition returns a value, and returns it.
async fn until<T>(
    what: &str,
    condition: impl AsyncFn() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition().await? {
            return Ok(found);
        }
        assert!(begun.elapsed() < PATIENCE, "after {PATIENCE:?}: no {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

fn pool(id: &str) -> PoolAddParameter {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    let machine = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
    PoolAddParameter::new(id, "standard_d2s_v3").with_virtual_machine_configuration(machine)
}

fn on(pool: &str) -> PoolInformation {
    PoolInformation::default().with_pool_id(pool)
}

/// One node per task, up to four.
const FORMULA: &str = "tasks = $PendingTasks.GetSample(1);
$TargetDedicatedNodes = min(4, max(0, tasks)); // none at first
$NodeDeallocationOption = taskcompletion;";

async fn sized(client: &Client, nodes: i32) -> Result<CloudPool, Error> {
    until("the size that the formula requests", async || {
        let pool = client.pool().get("elastic").await?.into_inner();
        Ok((pool.current_dedicated_nodes == Some(nodes)).then_some(pool))
    })
    .await
}

#[tokio::test]
async fn a_pool_grows_with_its_tasks_and_shrinks_after() -> Outcome {
    let (_service, client) = service().await;
    let elastic = pool("elastic")
        .with_enable_auto_scale(true)
        .with_auto_scale_formula(FORMULA)
        .with_auto_scale_evaluation_interval(TimeSpan::from_mins(5));
    client.pool().add(elastic).await?;
    assert_eq!(sized(&client, 0).await?.target_dedicated_nodes, Some(0));

    let job = JobAddParameter::new("work", on("elastic"));
    client.job().add(job).await?;
    for id in ["a", "b", "c"] {
        let endless = EnvironmentSetting::new("EMULATOR_SECONDS", "10000000");
        let task = TaskAddParameter::new(id, "work").with_environment_settings([endless]);
        client.task().add("work", task).await?;
    }
    let grown = sized(&client, 3).await?;
    let run = grown.auto_scale_run.expect("a run of the formula");
    assert_eq!(run.error, None);
    let results = run.results.unwrap_or_default();
    assert_eq!(
        results,
        "$TargetDedicatedNodes=3;$TargetLowPriorityNodes=0;$NodeDeallocationOption=taskcompletion;tasks=[3]"
    );
    for id in ["a", "b", "c"] {
        until("a running task", async || {
            let task = client.task().get("work", id).await?;
            Ok((task.state == Some(TaskState::Running)).then_some(()))
        })
        .await?;
    }
    refusals(&client).await?;

    client.job().terminate("work").await?;
    let shrunk = sized(&client, 0).await?;
    assert_eq!(shrunk.target_dedicated_nodes, Some(0));
    Ok(())
}

/// Checks the errors for formulas that cannot be evaluated or parsed.
async fn refusals(client: &Client) -> Outcome {
    let formula = PoolEvaluateAutoScaleParameter::new("a = $RunningTasks.Count() > 0; b = nothing");
    let run = client
        .pool()
        .evaluate_auto_scale("elastic", formula)
        .await?;
    let error = run.error.as_ref().expect("an error of the formula");
    let code = Some(codes::AUTO_SCALING_FORMULA_EVALUATION_ERROR);
    assert_eq!(error.code.as_deref(), code);
    let values = error.values.as_deref().unwrap_or_default();
    assert_eq!(
        values[0].value.as_deref(),
        Some("Line 1, Col 36: Undefined symbol: nothing")
    );
    let bad = PoolEnableAutoScaleParameter::default().with_auto_scale_formula("a = ");
    let refused = client.pool().enable_auto_scale("elastic", bad).await;
    let error = refused.expect_err("a formula that cannot be parsed");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
    assert_eq!(error.code(), Some(codes::AUTO_SCALING_FORMULA_SYNTAX_ERROR));
    Ok(())
}

/// Returns the jobs of the schedule, of which only the last may be active.
async fn jobs(client: &Client) -> Result<Vec<CloudJob>, Error> {
    let jobs = client.job().list_from_job_schedule("nightly").stream();
    let mut jobs = jobs.try_collect().await?;
    jobs.sort_by_key(|job| job.creation_time);
    for ended in jobs.iter().rev().skip(1) {
        assert_eq!(ended.state, Some(JobState::Completed), "{ended:?}");
    }
    Ok(jobs)
}

#[tokio::test]
async fn a_schedule_runs_its_jobs_in_sequence() -> Outcome {
    let (_service, client) = service().await;
    let workers = pool("workers").with_target_dedicated_nodes(1);
    client.pool().add(workers).await?;
    let manager = JobManagerTask::new("manager", "do-it");
    let specification = JobSpecification::new(on("workers")).with_job_manager_task(manager);
    let often = Schedule::default().with_recurrence_interval(TimeSpan::from_mins(5));
    let plan = JobScheduleAddParameter::new("nightly", often, specification);
    client.job_schedule().add(plan).await?;
    let made = until("three jobs", async || {
        let jobs = jobs(&client).await?;
        Ok((jobs.len() >= 3).then_some(jobs))
    })
    .await?;
    for (job, number) in made.iter().zip(1..) {
        let id = format!("nightly:job-{number}");
        assert_eq!(job.id.as_deref(), Some(&*id));
        // Its id is also used in a path.
        let job = client.job().get(&id).await?;
        assert_eq!(job.id.as_deref(), Some(&*id));
        let task = client.task().get(&id, "manager").await?;
        assert!(task.state.is_some());
    }
    ends(&client).await
}

/// A disabled schedule creates no jobs; terminating it ends its last job, and deleting it deletes
/// all of them.
async fn ends(client: &Client) -> Outcome {
    client.job_schedule().disable("nightly").await?;
    let plan = client.job_schedule().get("nightly").await?.into_inner();
    let recent = plan.execution_info.and_then(|info| info.recent_job);
    let recent = recent.and_then(|job| job.id);
    let last = jobs(client).await?.pop().and_then(|job| job.id);
    assert!(last.is_some() && recent == last, "{recent:?} {last:?}");
    client.job_schedule().enable("nightly").await?;
    client.job_schedule().terminate("nightly").await?;
    until("a completed schedule", async || {
        let plan = client.job_schedule().get("nightly").await?;
        Ok((plan.state == Some(JobScheduleState::Completed)).then_some(()))
    })
    .await?;
    let ended = jobs(client).await?;
    let completed = |job: &CloudJob| job.state == Some(JobState::Completed);
    assert!(ended.iter().all(completed), "{ended:?}");
    client.job_schedule().delete("nightly").await?;
    until("no schedule", async || {
        match client.job_schedule().get("nightly").await {
            Ok(_) => Ok(None),
            Err(error) if error.code() == Some(codes::JOB_SCHEDULE_NOT_FOUND) => Ok(Some(())),
            Err(error) => Err(error),
        }
    })
    .await?;
    let left = client.job().list().stream().try_collect().await?;
    assert_eq!(left, []);
    Ok(())
}
