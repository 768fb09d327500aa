//! Running tasks that are changed, terminated and reactivated, and tasks that fail.

use batch_client::models::{
    ErrorCategory, TaskConstraints, TaskExecutionResult, TaskState, TaskUpdateParameter,
};
use batch_client::{Client, codes};

use super::fixtures::{endless, failing, ready};
use super::waiting::task_in;
use super::{Outcome, refused};

pub(super) async fn part(client: &Client) -> Outcome {
    ready(client, "running").await?;
    changes(client).await?;
    failures(client).await
}

fn retries() -> TaskConstraints {
    TaskConstraints::default().with_max_task_retry_count(2)
}

async fn changes(client: &Client) -> Outcome {
    client.task().add("running", endless("long")).await?;
    let running = task_in(client, "running", "long", TaskState::Running).await?;
    assert_eq!(running.execution_info.and_then(|info| info.exit_code), None);
    let early = client.task().reactivate("running", "long").await;
    refused(early, 409, codes::TASK_NOT_COMPLETED);
    let update = TaskUpdateParameter::default().with_constraints(retries());
    let updated = client
        .task()
        .update("running", "long", update.clone())
        .await?;
    let found = client.task().get("running", "long").await?;
    assert_eq!(updated.etag(), found.etag.as_deref());
    let limits = found.constraints.as_ref();
    assert_eq!(
        limits.and_then(|limits| limits.max_task_retry_count),
        Some(2)
    );

    client.task().terminate("running", "long").await?;
    let ended = task_in(client, "running", "long", TaskState::Completed).await?;
    let result = ended.execution_info.and_then(|info| info.result);
    assert_eq!(result, Some(TaskExecutionResult::Failure));
    refused(
        client.task().terminate("running", "long").await,
        409,
        codes::TASK_COMPLETED,
    );
    let late = client.task().update("running", "long", update).await;
    refused(late, 409, codes::TASK_COMPLETED);

    client.task().reactivate("running", "long").await?;
    task_in(client, "running", "long", TaskState::Running).await?;
    client.task().delete("running", "long").await?;
    Ok(())
}

async fn failures(client: &Client) -> Outcome {
    client
        .task()
        .add("running", failing("fails").with_constraints(retries()))
        .await?;
    let failed = task_in(client, "running", "fails", TaskState::Completed).await?;
    let info = failed.execution_info.expect("an execution");
    assert_eq!((info.exit_code, info.retry_count), (Some(3), Some(2)));
    assert_eq!(info.result, Some(TaskExecutionResult::Failure));
    let failure = info.failure_info.expect("why it failed");
    assert_eq!(failure.category, Some(ErrorCategory::UserError));
    assert_eq!(failure.code.as_deref(), Some(codes::FAILURE_EXIT_CODE));
    let query = "executionInfo/result eq 'failure' and executionInfo/exitCode ne 0";
    let listed = client.task().list("running").filter(query).await?;
    assert_eq!(listed.items.len(), 1, "{listed:?}");
    Ok(())
}
