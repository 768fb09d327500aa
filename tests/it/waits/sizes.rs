//! Waits for a pool's size.

use std::time::Duration;

use batch_client::TimeSpan;
use batch_client::models::{PoolAddParameter, PoolEnableAutoScaleParameter, PoolResizeParameter};
use batch_client::wait::SizeOutcome;

use super::{Outcome, config, pool, quick, start};

#[tokio::test]
async fn a_resize_is_waited_for_by_its_size() -> Outcome {
    let (_emulator, client) = start(config()).await;
    client.pool().add(pool("p", 2)).await?;
    let wait = || client.pool().wait("p");
    let outcome = quick(wait().size_reached(2)).await?;
    assert!(matches!(outcome, SizeOutcome::Reached(_)), "{outcome:?}");
    // Both kinds of nodes count.
    let to = PoolResizeParameter::dedicated(1).with_target_low_priority_nodes(3);
    client.pool().resize("p", to).await?;
    let outcome = quick(wait().size_reached(4)).await?;
    let SizeOutcome::Reached(found) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(found.current_low_priority_nodes, Some(3));
    let outcome = quick(wait().size_reached(5)).await?;
    assert!(matches!(outcome, SizeOutcome::OtherSize(_)), "{outcome:?}");

    // More than the service lets an account have.
    let to = PoolResizeParameter::dedicated(2_005);
    client.pool().resize("p", to).await?;
    let outcome = quick(wait().size_reached(2_005)).await?;
    assert!(
        matches!(&outcome, SizeOutcome::ResizeFailed(pool) if pool.resize_errors.is_some()),
        "{outcome:?}"
    );
    client.pool().delete("p").await?;
    quick(wait().deleted()).await
}

#[tokio::test]
async fn a_pool_that_scales_by_a_formula_reaches_its_size() -> Outcome {
    let (_emulator, client) = start(config().clock_speed(1_000.0)).await;
    let machines = pool("p", 0).virtual_machine_configuration;
    let machines = machines.expect("machines");
    let scaling = PoolAddParameter::new("p", "standard_d2s_v3")
        .with_virtual_machine_configuration(*machines)
        .with_enable_auto_scale(true)
        .with_auto_scale_formula("$TargetDedicatedNodes = 1;")
        .with_auto_scale_evaluation_interval(TimeSpan::from_mins(5));
    client.pool().add(scaling).await?;
    let wait = || client.pool().wait("p");
    let outcome = quick(wait().size_reached(1)).await?;
    assert!(matches!(outcome, SizeOutcome::Reached(_)), "{outcome:?}");

    // Steady with another size, but not for ever.
    let three = quick(wait().size_reached(3));
    let three = tokio::spawn(three.into_future());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!three.is_finished());
    let formula = PoolEnableAutoScaleParameter::from("$TargetDedicatedNodes = 3;");
    client.pool().enable_auto_scale("p", formula).await?;
    let outcome = three.await.expect("no panic")?;
    assert!(matches!(outcome, SizeOutcome::Reached(_)), "{outcome:?}");

    let gone = tokio::spawn(quick(wait().size_reached(9)).into_future());
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.pool().delete("p").await?;
    assert_eq!(gone.await.expect("no panic")?, SizeOutcome::Deleted);
    Ok(())
}
