//! A job whose tasks depend on each other, with preparation and release tasks that set up and clean
//! the node.
//!
//! `cargo run -p batch-client --example dependencies`
//!
//! ```text
//! 1 2 3 4   checks
//!    └──┬──┘          checks fails, with an exit code that satisfies its dependents
//!     merge
//!       │
//!    publish          fails, which ends the job
//!       │
//!    announce         never runs
//! ```
//!
//! On the emulator, tasks are executed as local processes, which needs Unix.

mod account;

use anyhow::{Context as _, Result, ensure};
use batch_client::Client;
use batch_client::models::{
    DependencyAction, ExitCodeMapping, ExitConditions, ExitOptions, JobAction, JobAddParameter,
    JobPreparationTask, JobReleaseTask, OnTaskFailure, TaskAddParameter, TaskDependencies,
    TaskExecutionResult, TaskIdRange, TaskState,
};
use batch_client::wait::{JobOutcome, TasksEnd};
use batch_emulator::Config;

use account::{Account, PATIENCE, on, ubuntu};

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::default().clock_speed(10.0).execute(true);
    let account = account::connect("dependencies", config).await?;
    let worked = work(&account).await;
    account.clean_up(worked).await
}

async fn work(account: &Account) -> Result<()> {
    let Account {
        client, pool, job, ..
    } = account;
    // All tasks use the folder created by the preparation task, so there is only one node.
    let machines = ubuntu(pool).with_task_slots_per_node(4);
    account.add_pool(machines, 1).await?;

    let prepare = shell("mkdir -p $AZ_BATCH_NODE_SHARED_DIR/parts && echo prepared");
    let release =
        shell("ls $AZ_BATCH_NODE_SHARED_DIR/parts && rm -r $AZ_BATCH_NODE_SHARED_DIR/parts");
    let plan = JobAddParameter::new(job, on(pool))
        .with_uses_task_dependencies(true)
        .with_on_task_failure(OnTaskFailure::PerformExitOptionsJobAction)
        .with_job_preparation_task(JobPreparationTask::new(prepare))
        .with_job_release_task(JobReleaseTask::new(release));
    client.job().add(plan).await?;
    let report = client.task().add_all(job, tasks()).await?;
    println!("{report}");

    // Not all tasks will complete; the wait ends when the job does.
    let done = client
        .job()
        .wait(job)
        .tasks_completed()
        .timeout(PATIENCE)
        .await?;
    for failure in &done.failures {
        println!("  {failure}");
    }
    let TasksEnd::JobEnded { reason } = &done.end else {
        anyhow::bail!("the job should end because of the failure: {:?}", done.end);
    };
    println!("the job has ended: {}", reason.as_deref().unwrap_or("?"));

    states(client, job).await?;
    let completed = client.job().wait(job).completed().timeout(PATIENCE).await?;
    ensure!(
        matches!(completed, JobOutcome::Completed(_)),
        "{completed:?}"
    );
    nodes(client, job).await
}

fn tasks() -> Vec<TaskAddParameter> {
    // A range covers ids that are numbers without leading zeros.
    let mut tasks: Vec<_> = (1..=4)
        .map(|n| {
            let command = format!("sleep 0.3; echo part {n} > $AZ_BATCH_NODE_SHARED_DIR/parts/{n}");
            TaskAddParameter::new(n.to_string(), shell(&command))
        })
        .collect();

    // Exit code 2 is only a warning: dependent tasks run anyway, and the job continues. Without
    // this job action, the failure would end a job that terminates on failures.
    let warning = ExitOptions::default()
        .with_dependency_action(DependencyAction::Satisfy)
        .with_job_action(JobAction::None);
    let warns = ExitConditions::default().with_exit_codes([ExitCodeMapping::new(2, warning)]);
    tasks.push(TaskAddParameter::new("checks", shell("exit 2")).with_exit_conditions(warns));

    let parts_and_checks = TaskDependencies::default()
        .with_task_id_ranges([TaskIdRange::new(1, 4)])
        .with_task_ids(["checks"]);
    let merge = shell("cat $AZ_BATCH_NODE_SHARED_DIR/parts/*");
    tasks.push(TaskAddParameter::new("merge", merge).with_depends_on(parts_and_checks));

    // Any failure here ends the job, and dependent tasks never run.
    let end = ExitOptions::default()
        .with_job_action(JobAction::Terminate)
        .with_dependency_action(DependencyAction::Block);
    tasks.push(
        TaskAddParameter::new("publish", shell("echo disk full >&2; exit 1"))
            .with_depends_on(after("merge"))
            .with_exit_conditions(ExitConditions::default().with_default(end)),
    );
    let announce = TaskAddParameter::new("announce", shell("echo done"));
    tasks.push(announce.with_depends_on(after("publish")));
    tasks
}

fn shell(script: &str) -> String {
    format!("/bin/sh -c '{script}'")
}

fn after(task: &str) -> TaskDependencies {
    TaskDependencies::default().with_task_ids([task])
}

/// Prints what happened to the tasks.
async fn states(client: &Client, job: &str) -> Result<()> {
    let merged = client.task().get(job, "merge").await?.into_inner();
    let merged = merged.execution_info.context("merge did not run")?;
    ensure!(
        merged.result == Some(TaskExecutionResult::Success),
        "{merged:?}"
    );
    let output = client
        .file()
        .get_from_task(job, "merge", "stdout.txt")
        .await?;
    let output = output.into_inner().bytes().await?;
    let output = String::from_utf8_lossy(&output).replace('\n', ", ");
    println!("merge ran although checks failed, and printed: {output}");
    ensure!(output == "part 1, part 2, part 3, part 4, ");

    let announce = client.task().get(job, "announce").await?;
    let ran = announce.execution_info.clone().unwrap_or_default();
    ensure!(ran.start_time.is_none(), "announce has run: {ran:?}");
    let state = announce.state.as_ref().map_or("?", TaskState::as_str);
    println!("announce has not run and is {state}");
    Ok(())
}

/// Prints the results of preparation and release on each node that has run a task of the job.
async fn nodes(client: &Client, job: &str) -> Result<()> {
    let rows = client.job().list_preparation_and_release_task_status(job);
    let rows = rows.stream().try_collect().await?;
    ensure!(rows.len() == 1, "one node has run tasks: {rows:?}");
    for row in rows {
        let prepared = row.job_preparation_task_execution_info;
        let released = row.job_release_task_execution_info;
        let prepared = prepared.and_then(|info| info.exit_code);
        let released = released.and_then(|info| info.exit_code);
        println!(
            "node {}: preparation exited with {prepared:?}, release with {released:?}",
            row.node_id.as_deref().unwrap_or("?")
        );
        ensure!((prepared, released) == (Some(0), Some(0)));
    }
    Ok(())
}
