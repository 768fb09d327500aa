//! Pool sizes: set by hand, by formula, and node by node.

use batch_client::models::{
    AllocationState, ComputeNodeDeallocationOption, NodeRemoveParameter,
    PoolEnableAutoScaleParameter, PoolEvaluateAutoScaleParameter, PoolResizeParameter, TaskState,
};
use batch_client::{Client, TimeSpan, codes};

use super::fixtures::{endless, job, pool};
use super::waiting::{gone, idle, steady, task_in, until};
use super::{Outcome, refused};

pub(super) async fn part(client: &Client) -> Outcome {
    client.pool().add(pool("sizes", 2)).await?;
    idle(client, "sizes", 2).await?;
    by_hand(client).await?;
    by_formula(client).await?;
    client.pool().delete("sizes").await?;
    Ok(())
}

/// A resize that waits for a running task can be rejected, stopped, and repeated with another
/// option.
async fn by_hand(client: &Client) -> Outcome {
    client.job().add(job("sizes", "sizes")).await?;
    client.task().add("sizes", endless("t")).await?;
    let running = task_in(client, "sizes", "t", TaskState::Running).await?;
    let node = running.node_info.and_then(|info| info.node_id);
    let node = node.expect("the node of a running task");

    let wait = PoolResizeParameter::default()
        .with_target_dedicated_nodes(0)
        .with_node_deallocation_option(ComputeNodeDeallocationOption::TaskCompletion);
    let resize = || client.pool().resize("sizes", wait.clone());
    assert_eq!(resize().await?.status().as_u16(), 202);
    let resizing = client.pool().get("sizes").await?;
    assert_eq!(resizing.allocation_state, Some(AllocationState::Resizing));
    refused(resize().await, 409, codes::POOL_BEING_RESIZED);

    client.pool().stop_resize("sizes").await?;
    let stopped = steady(client, "sizes").await?;
    let left = stopped.current_dedicated_nodes.expect("a count");
    assert!(left >= 1, "the node with the task remains");
    let errors = stopped.resize_errors.unwrap_or_default();
    assert_eq!(errors[0].code.as_deref(), Some(codes::RESIZE_STOPPED));
    let again = client.pool().stop_resize("sizes").await;
    refused(again, 409, codes::OPERATION_INVALID_FOR_CURRENT_STATE);

    let remove = NodeRemoveParameter::new([node.as_str()]);
    client.pool().remove_nodes("sizes", remove.clone()).await?;
    let after = steady(client, "sizes").await?;
    assert_eq!(after.current_dedicated_nodes, Some(left - 1));
    let task = client.task().get("sizes", "t").await?;
    let info = task.execution_info.as_ref();
    assert_eq!(info.and_then(|info| info.requeue_count), Some(1));
    let again = client.pool().remove_nodes("sizes", remove).await;
    refused(again, 404, codes::NODE_NOT_FOUND);
    client.job().delete("sizes").await?;
    gone(codes::JOB_NOT_FOUND, async || {
        client.job().get("sizes").await
    })
    .await
}

async fn by_formula(client: &Client) -> Outcome {
    let one = PoolResizeParameter::default().with_target_dedicated_nodes(1);
    client.pool().resize("sizes", one.clone()).await?;
    steady(client, "sizes").await?;
    let evaluate = |formula: &str| {
        let formula = PoolEvaluateAutoScaleParameter::new(formula);
        client.pool().evaluate_auto_scale("sizes", formula)
    };
    let early = evaluate("$TargetDedicatedNodes=2").await;
    refused(early, 409, codes::OPERATION_INVALID_FOR_CURRENT_STATE);

    let interval = TimeSpan::from_mins(10);
    let enable = PoolEnableAutoScaleParameter::default()
        .with_auto_scale_formula("$TargetDedicatedNodes=3")
        .with_auto_scale_evaluation_interval(interval);
    client.pool().enable_auto_scale("sizes", enable).await?;
    let run = evaluate("$TargetDedicatedNodes = 2; $TargetLowPriorityNodes = 0").await?;
    assert!(run.timestamp.is_some() && run.error.is_none(), "{run:?}");
    let results = run.results.as_deref().unwrap_or_default();
    assert!(results.starts_with("$TargetDedicatedNodes=2;"), "{results}");
    let wrong = evaluate("$something_useless").await?;
    let error = wrong.error.as_ref().and_then(|error| error.code.as_deref());
    assert_eq!(error, Some(codes::AUTO_SCALING_FORMULA_EVALUATION_ERROR));

    let scaled = until("three nodes", async || {
        let pool = client.pool().get("sizes").await?;
        Ok((pool.current_dedicated_nodes == Some(3)).then_some(pool))
    })
    .await?;
    assert_eq!(scaled.enable_auto_scale, Some(true));
    assert_eq!(scaled.auto_scale_evaluation_interval, Some(interval));
    steady(client, "sizes").await?;
    let by_hand = client.pool().resize("sizes", one).await;
    refused(by_hand, 409, codes::OPERATION_INVALID_FOR_CURRENT_STATE);
    client.pool().disable_auto_scale("sizes").await?;
    let pool = client.pool().get("sizes").await?;
    assert_eq!(pool.enable_auto_scale, Some(false));
    Ok(())
}
