//! Waits for pools and nodes.

use std::time::Duration;

use batch_client::codes;
use batch_client::models::{ComputeNodeState, PoolResizeParameter};
use batch_client::wait::{NodeOutcome, NodesOutcome, PoolOutcome};

use super::{Outcome, config, failing_start, pool, quick, start};

#[tokio::test]
async fn a_pool_is_waited_for_from_start_to_deletion() -> Outcome {
    let (_emulator, client) = start(config().page_size(2).sparse_pages(true)).await;
    client.pool().add(pool("p", 5)).await?;
    let outcome = quick(client.pool().wait("p").steady()).await?;
    assert!(
        matches!(&outcome, PoolOutcome::Steady(pool) if pool.current_dedicated_nodes == Some(5)),
        "{outcome:?}"
    );
    let outcome = quick(client.pool().wait("p").nodes_idle(5)).await?;
    let NodesOutcome::Idle(nodes) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(nodes.len(), 5);

    let node = nodes[0].id.as_deref().expect("an id");
    client.compute_node().reboot("p", node).await?;
    let outcome = quick(client.compute_node().wait("p", node).idle()).await?;
    assert!(
        matches!(&outcome, NodeOutcome::Reached(found) if found.id.as_deref() == Some(node)),
        "{outcome:?}"
    );
    let wait = client.compute_node().wait("p", node);
    let wait = tokio::spawn(quick(wait.state(ComputeNodeState::Offline)).into_future());
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.pool().delete("p").await?;
    assert_eq!(wait.await.expect("no panic")?, NodeOutcome::Left);
    quick(client.pool().wait("p").deleted()).await?;
    assert!(!client.pool().exists("p").await?);
    Ok(())
}

#[tokio::test]
async fn a_pool_that_is_deleted_in_the_meantime_ends_waits_for_it() -> Outcome {
    let (_emulator, client) = start(config().node_start(Duration::from_secs(1_000_000))).await;
    client.pool().add(pool("p", 1)).await?;
    let wait = tokio::spawn(quick(client.pool().wait("p").nodes_idle(1)).into_future());
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.pool().delete("p").await?;
    assert_eq!(wait.await.expect("no panic")?, NodesOutcome::Deleted);
    Ok(())
}

#[tokio::test]
async fn a_failed_resize_is_an_outcome() -> Outcome {
    let (_emulator, client) = start(config()).await;
    client.pool().add(pool("p", 1)).await?;
    quick(client.pool().wait("p").steady()).await?;
    // Above the account's core quota.
    let resize = PoolResizeParameter::default().with_target_dedicated_nodes(2_005);
    client.pool().resize("p", resize).await?;
    let outcome = quick(client.pool().wait("p").steady()).await?;
    let PoolOutcome::ResizeFailed(found) = &outcome else {
        panic!("{outcome:?}");
    };
    let errors = found.resize_errors.as_deref().unwrap_or_default();
    assert_eq!(
        errors[0].code.as_deref(),
        Some(codes::ACCOUNT_CORE_QUOTA_REACHED)
    );
    let outcome = quick(client.pool().wait("p").nodes_idle(2_004)).await?;
    assert!(
        matches!(outcome, NodesOutcome::ResizeFailed(_)),
        "{outcome:?}"
    );
    Ok(())
}

#[tokio::test]
async fn failed_nodes_end_a_wait_for_idle_ones() -> Outcome {
    let (_emulator, client) = start(config()).await;
    let bad = pool("bad", 2).with_start_task(failing_start());
    client.pool().add(bad).await?;
    let outcome = quick(client.pool().wait("bad").nodes_idle(1)).await?;
    let NodesOutcome::NodesFailed(nodes) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(nodes.len(), 2);
    let exit = nodes[0]
        .start_task_info
        .as_ref()
        .and_then(|info| info.exit_code);
    assert_eq!(exit, Some(9));
    let node = nodes[0].id.as_deref().expect("an id");
    let outcome = quick(client.compute_node().wait("bad", node).idle()).await?;
    assert!(matches!(outcome, NodeOutcome::Failed(_)), "{outcome:?}");
    let failed = client.compute_node().wait("bad", node);
    let outcome = quick(failed.state(ComputeNodeState::StartTaskFailed)).await?;
    assert!(matches!(outcome, NodeOutcome::Reached(_)), "{outcome:?}");

    client.pool().add(pool("small", 2)).await?;
    let outcome = quick(client.pool().wait("small").nodes_idle(3)).await?;
    assert!(matches!(outcome, NodesOutcome::TooFew(_)), "{outcome:?}");
    Ok(())
}
