//! Tests of tasks that run when the service ends: their processes end with it, the tasks do not.

use std::path::Path;

use batch_client::Client;
use batch_client::models::{TaskAddParameter, TaskConstraints, TaskState};
use batch_emulator::{Config, Emulator};

use super::{Outcome, client_of, job, pool, until};

async fn start(folder: &Path) -> (Emulator, Client) {
    let config = Config::default()
        .clock_speed(50.0)
        .execute(true)
        .data(folder.join("data"))
        .work_dir(folder.join("nodes"));
    let emulator = batch_emulator::start(config).await.unwrap();
    let client = client_of(emulator.endpoint());
    (emulator, client)
}

async fn in_state(client: &Client, id: &str, state: TaskState) -> Result<i32, batch_client::Error> {
    until(id, async || {
        let task = client.task().get("j", id).await?.into_inner();
        let info = task.execution_info.unwrap_or_default();
        let there = task.state.as_ref() == Some(&state);
        Ok(there.then(|| info.requeue_count.unwrap_or_default()))
    })
    .await
}

#[tokio::test]
async fn a_task_that_was_running_runs_again_and_one_that_ended_does_not() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    // The second run finds the marker and ends at once.
    let waits = format!(
        "/bin/sh -c 'if [ -e {0} ]; then echo again; else touch {0}; sleep 600; fi'",
        mark.display()
    );
    let (emulator, client) = start(folder.path()).await;
    client.pool().add(pool("p", 1)).await?;
    client.job().add(job("j", "p")).await?;
    client
        .task()
        .add(
            "j",
            TaskAddParameter::new("short", "/bin/sh -c 'echo short >&2; exit 3'"),
        )
        .await?;
    in_state(&client, "short", TaskState::Completed).await?;
    let long = TaskAddParameter::new("long", waits).with_constraints(TaskConstraints::default());
    client.task().add("j", long).await?;
    in_state(&client, "long", TaskState::Running).await?;
    until("the mark", async || Ok(mark.exists().then_some(()))).await?;
    emulator.stop().await;

    let (emulator, client) = start(folder.path()).await;
    in_state(&client, "long", TaskState::Completed).await?;
    let short = client.task().get("j", "short").await?.into_inner();
    let ended = short.execution_info.unwrap_or_default();
    assert_eq!((ended.exit_code, ended.requeue_count), (Some(3), Some(0)));
    let output = client
        .file()
        .get_from_task("j", "long", "stdout.txt")
        .await?;
    assert_eq!(output.into_inner().bytes().await?, "again\n");
    let error = client
        .file()
        .get_from_task("j", "short", "stderr.txt")
        .await?;
    assert_eq!(error.into_inner().bytes().await?, "short\n");
    emulator.stop().await;

    // The reported end is persisted: nothing runs a third time.
    let (emulator, client) = start(folder.path()).await;
    assert_eq!(
        client.task().get("j", "long").await?.state,
        Some(TaskState::Completed)
    );
    let counts = client
        .job()
        .get_task_counts("j")
        .await?
        .into_inner()
        .task_counts
        .unwrap_or_default();
    assert_eq!(
        (counts.completed, counts.active, counts.running),
        (Some(2), Some(0), Some(0))
    );
    emulator.stop().await;
    Ok(())
}
