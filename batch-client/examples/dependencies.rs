//! A job whose tasks depend on each other, with preparation and release tasks that set up and clean
//! the node.
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
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads. In this repository, `cargo xtask examples
//! dependencies` runs it on the emulator, which executes tasks as local processes; that needs
//! Unix.

use std::io::{self, Write as _, stdout};
use std::time::Duration;

use anyhow::{Error, Result, bail};
use batch_client::Client;
use batch_client::chrono::Utc;
use batch_client::models::{
    DependencyAction, ExitCodeMapping, ExitConditions, ExitOptions, ImageReference, JobAction,
    JobAddParameter, JobPreparationTask, JobReleaseTask, OnTaskFailure, PoolAddParameter,
    TaskAddParameter, TaskDependencies, TaskIdRange, TaskState, VirtualMachineConfiguration,
};
use batch_client::wait::NodesOutcome;

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("dependencies-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, because nodes cost money while they exist.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `dependencies | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, id: &str) -> Result<()> {
    // All tasks use the folder created by the preparation task, so there is only one node.
    let machines = ubuntu(id).with_task_slots_per_node(4);
    let machines = machines.with_target_dedicated_nodes(1);
    client.pool().add(machines).await?;
    wait_for_nodes(client, id, 1).await?;

    let prepare = shell("mkdir -p $AZ_BATCH_NODE_SHARED_DIR/parts && echo prepared");
    let release =
        shell("ls $AZ_BATCH_NODE_SHARED_DIR/parts && rm -r $AZ_BATCH_NODE_SHARED_DIR/parts");
    let plan = JobAddParameter::new(id, id)
        .with_uses_task_dependencies(true)
        .with_on_task_failure(OnTaskFailure::PerformExitOptionsJobAction)
        .with_job_preparation_task(JobPreparationTask::new(prepare))
        .with_job_release_task(JobReleaseTask::new(release));
    client.job().add(plan).await?;
    writeln!(stdout(), "{}", client.task().add_all(id, tasks()).await?)?;

    // Not all tasks will complete; the wait ends when the job does.
    let done = client.job().wait(id).tasks_completed();
    let done = done.timeout(PATIENCE).await?;
    for failure in &done.failures {
        writeln!(stdout(), "  {failure}")?;
    }
    writeln!(stdout(), "{done}")?;
    states(client, id).await?;

    client.job().wait(id).completed().timeout(PATIENCE).await?;
    nodes(client, id).await
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
            .with_depends_on(TaskDependencies::on_id("merge"))
            .with_exit_conditions(ExitConditions::default().with_default(end)),
    );
    tasks.push(
        TaskAddParameter::new("announce", shell("echo done"))
            .with_depends_on(TaskDependencies::on_id("publish")),
    );
    tasks
}

fn shell(script: &str) -> String {
    format!("/bin/sh -c '{script}'")
}

/// Prints what happened to two of the tasks.
async fn states(client: &Client, job: &str) -> Result<()> {
    let output = client.file().get_from_task(job, "merge", "stdout.txt");
    let output = output.await?.into_inner().bytes().await?;
    let output = String::from_utf8_lossy(&output);
    let output = output.trim().replace('\n', ", ");
    writeln!(
        stdout(),
        "merge ran although checks failed, and printed: {output}"
    )?;
    let announce = client.task().get(job, "announce").await?;
    let state = announce.state.as_ref().map_or("?", TaskState::as_str);
    writeln!(stdout(), "announce is {state}")?;
    Ok(())
}

/// Prints the results of preparation and release on each node that has run a task of the job.
async fn nodes(client: &Client, job: &str) -> Result<()> {
    let rows = client.job().list_preparation_and_release_task_status(job);
    for row in rows.stream().try_collect().await? {
        let prepared = row.job_preparation_task_execution_info;
        let released = row.job_release_task_execution_info;
        let code = |code: Option<i32>| code.map_or("?".to_owned(), |code| code.to_string());
        writeln!(
            stdout(),
            "node {}: exit code of the preparation {}, of the release {}",
            row.node_id.as_deref().unwrap_or("?"),
            code(prepared.and_then(|info| info.exit_code)),
            code(released.and_then(|info| info.exit_code)),
        )?;
    }
    Ok(())
}

/// A pool of small Ubuntu machines; the caller sets the number of nodes.
fn ubuntu(id: &str) -> PoolAddParameter {
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(id, "standard_d2s_v3").with_virtual_machine_configuration(machines)
}

/// Waits until this many nodes of the pool are idle.
async fn wait_for_nodes(client: &Client, pool: &str, nodes: usize) -> Result<()> {
    let idle = client.pool().wait(pool).nodes_idle(nodes);
    match idle.timeout(PATIENCE).await? {
        NodesOutcome::Idle(_) => Ok(()),
        other => bail!("the pool did not get its nodes: {other:?}"),
    }
}

/// Deletes the job and the pool, if they were added.
async fn clean_up(client: &Client, id: &str) -> Result<()> {
    let job = client.job().delete(id).await.map(drop);
    let pool = client.pool().delete(id).await.map(drop);
    for deleted in [job, pool] {
        match deleted {
            Err(error) if error.is_not_found() => {}
            deleted => deleted?,
        }
    }
    Ok(())
}

fn is_closed_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
