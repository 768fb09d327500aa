//! Jobs: changes, states, and preparation of nodes.

use batch_client::models::{
    DisableJobOption, JobConstraints, JobDisableParameter, JobPatchParameter, JobPreparationTask,
    JobPreparationTaskState, JobReleaseTask, JobState, JobTerminateParameter, JobUpdateParameter,
    OnAllTasksComplete, TaskState,
};
use batch_client::{Client, TimeSpan, codes};

use super::fixtures::{job, on, pool, task};
use super::waiting::{gone, idle, job_in, task_in};
use super::{Outcome, refused};

pub(super) async fn part(client: &Client) -> Outcome {
    client.pool().add(pool("jobs", 1)).await?;
    idle(client, "jobs", 1).await?;
    changes(client).await?;
    states(client).await?;
    preparation(client).await?;
    client.pool().delete("jobs").await?;
    Ok(())
}

async fn changes(client: &Client) -> Outcome {
    let constraints = JobConstraints::default()
        .with_max_wall_clock_time(TimeSpan::from_days(3))
        .with_max_task_retry_count(1);
    let added = client
        .job()
        .add(
            job("changes", "jobs")
                .with_priority(7)
                .with_constraints(constraints.clone()),
        )
        .await?;
    assert_eq!(added.status().as_u16(), 201);
    refused(
        client.job().add(job("CHANGES", "jobs")).await,
        409,
        codes::JOB_EXISTS,
    );
    let found = client.job().get("changes").await?;
    assert_eq!(found.etag(), found.etag.as_deref());
    assert_eq!(
        (&found.state, found.priority),
        (&Some(JobState::Active), Some(7))
    );
    assert_eq!(found.constraints, Some(constraints.clone()));
    assert_eq!(
        found.on_all_tasks_complete,
        Some(OnAllTasksComplete::NoAction),
        "the default"
    );
    let execution = found.execution_info.as_ref().expect("an execution");
    assert_eq!(execution.pool_id.as_deref(), Some("jobs"));

    let patch = JobPatchParameter::default().with_priority(9);
    client.job().patch("changes", patch).await?;
    let patched = client.job().get("changes").await?;
    assert_eq!(patched.priority, Some(9));
    assert_eq!(
        patched.constraints,
        Some(constraints),
        "properties not in the patch are unchanged"
    );
    client
        .job()
        .update("changes", JobUpdateParameter::new(on("jobs")))
        .await?;
    let updated = client.job().get("changes").expand("stats").await?;
    assert_eq!(
        updated.priority,
        Some(0),
        "properties not in the update get their default"
    );
    let limit = updated
        .constraints
        .as_ref()
        .and_then(|all| all.max_wall_clock_time);
    assert!(limit.is_some_and(TimeSpan::is_unlimited), "{limit:?}");
    let stats = updated.stats.as_ref().expect("what was expanded");
    assert_eq!(stats.num_succeeded_tasks, Some(0));
    let query = "id eq 'changes' and state eq 'active'";
    let listed = client.job().list().filter(query).select("id").await?;
    assert_eq!(listed.items.len(), 1);
    Ok(())
}

async fn states(client: &Client) -> Outcome {
    let option = JobDisableParameter::new(DisableJobOption::Requeue);
    assert_eq!(
        client
            .job()
            .disable("changes", option)
            .await?
            .status()
            .as_u16(),
        202
    );
    job_in(client, "changes", JobState::Disabled).await?;
    client.job().enable("changes").await?;
    let active = job_in(client, "changes", JobState::Active).await?;
    let before = [Some(JobState::Enabling), Some(JobState::Disabled)];
    assert!(before.contains(&active.previous_state), "{active:?}");

    let reason = JobTerminateParameter::default().with_terminate_reason("enough");
    client.job().terminate("changes").body(reason).await?;
    let ended = job_in(client, "changes", JobState::Completed).await?;
    let execution = ended.execution_info.expect("an execution");
    assert_eq!(execution.terminate_reason.as_deref(), Some("enough"));
    assert!(execution.start_time <= execution.end_time);
    let late = client.task().add("changes", task("late")).await;
    refused(late, 409, codes::JOB_COMPLETED);
    let status = client
        .job()
        .list_preparation_and_release_task_status("changes")
        .await;
    refused(
        status,
        409,
        codes::JOB_PREPARATION_TASK_OR_RELEASE_TASK_NOT_SPECIFIED,
    );
    client.job().delete("changes").await?;
    gone(codes::JOB_NOT_FOUND, async || {
        client.job().get("changes").await
    })
    .await
}

async fn preparation(client: &Client) -> Outcome {
    let prepared = job("prepared", "jobs")
        .with_job_preparation_task(JobPreparationTask::new("setup"))
        .with_job_release_task(JobReleaseTask::new("cleanup"));
    client.job().add(prepared).await?;
    client.task().add("prepared", task("t")).await?;
    let done = task_in(client, "prepared", "t", TaskState::Completed).await?;
    client.job().terminate("prepared").await?;
    job_in(client, "prepared", JobState::Completed).await?;
    let all = client
        .job()
        .list_preparation_and_release_task_status("prepared")
        .await?;
    let [status] = &all.items[..] else {
        panic!("expected one prepared node, got {all:?}");
    };
    assert_eq!(status.node_id, done.node_info.and_then(|info| info.node_id));
    assert_eq!(status.pool_id.as_deref(), Some("jobs"));
    let setup = status
        .job_preparation_task_execution_info
        .as_ref()
        .expect("a preparation");
    assert_eq!(setup.state, Some(JobPreparationTaskState::Completed));
    assert_eq!(setup.exit_code, Some(0));
    let cleanup = status
        .job_release_task_execution_info
        .as_ref()
        .expect("a release");
    assert_eq!(cleanup.exit_code, Some(0));
    client.job().delete("prepared").await?;
    Ok(())
}
