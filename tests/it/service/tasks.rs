//! Tasks that run to their end: one, many, together, and one after another.

use std::collections::BTreeSet;

use batch_client::models::{
    JobPatchParameter, JobState, MultiInstanceSettings, OnAllTasksComplete, SubtaskState,
    TaskAddCollectionParameter, TaskAddStatus, TaskDependencies, TaskExecutionResult, TaskIdRange,
    TaskState,
};
use batch_client::{Client, TimeSpan, codes};

use super::fixtures::{job, pool, task};
use super::waiting::{idle, job_in, task_in, until};
use super::{Outcome, refused};

pub(super) async fn part(client: &Client) -> Outcome {
    client
        .pool()
        .add(pool("tasks", 1).with_task_slots_per_node(8))
        .await?;
    idle(client, "tasks", 1).await?;
    client.job().add(job("tasks", "tasks")).await?;
    one(client).await?;
    many(client).await?;
    together(client).await?;
    in_order(client).await
}

async fn one(client: &Client) -> Outcome {
    let added = client
        .task()
        .add("tasks", task("one").with_display_name("One ä"))
        .await?;
    assert_eq!(added.status().as_u16(), 201);
    let id = format!("{}/jobs/tasks/tasks/one", client.endpoint());
    assert_eq!(added.data_service_id(), Some(&*id));
    refused(
        client.task().add("tasks", task("ONE")).await,
        409,
        codes::TASK_EXISTS,
    );
    refused(
        client.task().add("nothing", task("one")).await,
        404,
        codes::JOB_NOT_FOUND,
    );
    let done = task_in(client, "tasks", "one", TaskState::Completed).await?;
    assert_eq!(done.display_name.as_deref(), Some("One ä"));
    assert_eq!(done.command_line.as_deref(), Some("echo one"));
    let info = done.execution_info.expect("an execution");
    assert_eq!((info.exit_code, info.failure_info), (Some(0), None));
    assert_eq!(info.result, Some(TaskExecutionResult::Success));
    assert!(done.creation_time <= info.start_time && info.start_time <= info.end_time);
    let node = done.node_info.expect("a node");
    assert_eq!(node.pool_id.as_deref(), Some("tasks"));
    let limits = done.constraints.expect("the defaults");
    assert_eq!(limits.retention_time, Some(TimeSpan::from_days(7)));
    assert!(
        limits
            .max_wall_clock_time
            .is_some_and(TimeSpan::is_unlimited)
    );
    let subtasks = client.task().list_subtasks("tasks", "one").await?;
    assert_eq!(subtasks.value.as_deref().unwrap_or_default(), []);
    Ok(())
}

async fn many(client: &Client) -> Outcome {
    let ids: Vec<String> = (0..100).map(|number| format!("many-{number:02}")).collect();
    let tasks = TaskAddCollectionParameter::new(ids.iter().map(|id| task(id)));
    let added = client
        .task()
        .add_collection("tasks", tasks)
        .await?
        .into_inner();
    let added = added.value.expect("a result for each");
    // The service does not have to respond in the order of the request.
    let added_ids = added.iter().filter_map(|result| result.task_id.as_ref());
    let (added_ids, asked): (BTreeSet<_>, BTreeSet<_>) =
        (added_ids.collect(), ids.iter().collect());
    assert_eq!((added.len(), added_ids), (ids.len(), asked));
    for result in added {
        assert_eq!(result.status, Some(TaskAddStatus::Success));
        assert!(
            result.etag.is_some() && result.last_modified.is_some() && result.location.is_some()
        );
    }
    let again = TaskAddCollectionParameter::new([task(&ids[0])]);
    let again = client
        .task()
        .add_collection("tasks", again)
        .await?
        .into_inner();
    let result = again.value.and_then(|mut all| all.pop()).expect("a result");
    assert_eq!(result.status, Some(TaskAddStatus::ClientError));
    let code = result.error.and_then(|error| error.code);
    assert_eq!(code.as_deref(), Some(codes::TASK_EXISTS));

    let counts = until("101 completed tasks", async || {
        let counts = client.job().get_task_counts("tasks").await?.into_inner();
        let completed = counts
            .task_counts
            .as_ref()
            .and_then(|counts| counts.completed);
        Ok((completed == Some(101)).then_some(counts))
    })
    .await?;
    let tasks = counts.task_counts.expect("counts");
    assert_eq!(
        (tasks.succeeded, tasks.failed, tasks.active),
        (Some(101), Some(0), Some(0))
    );
    let slots = counts.task_slot_counts.expect("counts of slots");
    assert_eq!(slots.completed, Some(101));

    client.task().delete("tasks", &ids[0]).await?;
    refused(
        client.task().get("tasks", &ids[0]).await,
        404,
        codes::TASK_NOT_FOUND,
    );
    let left = client
        .task()
        .list("tasks")
        .filter("startswith(id,'many-')")
        .stream();
    let left = left.try_collect().await?;
    assert!(
        left.iter()
            .filter_map(|task| task.id.as_ref())
            .eq(&ids[1..])
    );
    Ok(())
}

/// A task that runs on two nodes at once.
async fn together(client: &Client) -> Outcome {
    client
        .pool()
        .add(pool("together", 2).with_enable_inter_node_communication(true))
        .await?;
    idle(client, "together", 2).await?;
    client.job().add(job("together", "together")).await?;
    let two = MultiInstanceSettings::new("meet").with_number_of_instances(2);
    client
        .task()
        .add("together", task("multi").with_multi_instance_settings(two))
        .await?;
    task_in(client, "together", "multi", TaskState::Completed).await?;
    let subtasks = client.task().list_subtasks("together", "multi").await?;
    let [subtask] = subtasks.value.as_deref().unwrap_or_default() else {
        panic!("expected one subtask, got {subtasks:?}");
    };
    assert_eq!((subtask.id, subtask.exit_code), (Some(1), Some(0)));
    assert_eq!(subtask.state, Some(SubtaskState::Completed));
    client.job().delete("together").await?;
    client.pool().delete("together").await?;
    Ok(())
}

async fn in_order(client: &Client) -> Outcome {
    client
        .job()
        .add(job("order", "tasks").with_uses_task_dependencies(true))
        .await?;
    let middle = TaskDependencies::default().with_task_ids(["middle"]);
    client
        .task()
        .add("order", task("last").with_depends_on(middle))
        .await?;
    let first = TaskDependencies::default().with_task_id_ranges([TaskIdRange::new(1, 3)]);
    client
        .task()
        .add("order", task("middle").with_depends_on(first))
        .await?;
    let waiting = client.task().get("order", "middle").await?;
    assert_eq!(waiting.state, Some(TaskState::Active));
    let first = TaskAddCollectionParameter::new(["1", "2", "3"].map(task));
    client.task().add_collection("order", first).await?;
    let last = task_in(client, "order", "last", TaskState::Completed).await?;
    let middle = client.task().get("order", "middle").await?.into_inner();
    let time = |task: Option<Box<batch_client::models::TaskExecutionInformation>>| {
        let info = task.expect("an execution");
        (
            info.start_time.expect("a start"),
            info.end_time.expect("an end"),
        )
    };
    let (middle, last) = (time(middle.execution_info), time(last.execution_info));
    for id in ["1", "2", "3"] {
        let first = client.task().get("order", id).await?.into_inner();
        assert!(time(first.execution_info).1 <= middle.0, "{id}");
    }
    assert!(middle.1 <= last.0);
    let patch =
        JobPatchParameter::default().with_on_all_tasks_complete(OnAllTasksComplete::TerminateJob);
    client.job().patch("order", patch).await?;
    let ended = job_in(client, "order", JobState::Completed).await?;
    let reason = ended.execution_info.and_then(|info| info.terminate_reason);
    assert_eq!(reason.as_deref(), Some("AllTasksComplete"));
    Ok(())
}
