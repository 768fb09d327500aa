//! Pools: what was added is returned, and changes are applied.

use batch_client::models::{
    ComputeNodeFillType, MetadataItem, PoolPatchParameter, PoolState,
    PoolUpdatePropertiesParameter, StartTask,
};
use batch_client::{Client, TimeSpan, codes};

use super::fixtures::{VM_SIZE, pool};
use super::waiting::{gone, idle, steady};
use super::{Outcome, refused};

pub(super) async fn part(client: &Client) -> Outcome {
    additions(client).await?;
    changes(client).await?;
    deletion(client).await
}

fn owner() -> MetadataItem {
    MetadataItem::new("owner", "tests ä€𝄞")
}

async fn additions(client: &Client) -> Outcome {
    assert!(!client.pool().exists("pools").await?);
    let start = StartTask::new("/bin/true").with_wait_for_success(true);
    let added = client
        .pool()
        .add(
            pool("pools", 2)
                .with_display_name("Pools")
                .with_start_task(start)
                .with_metadata([owner()])
                .with_task_slots_per_node(4)
                .with_resize_timeout(TimeSpan::from_mins(20)),
        )
        .await?;
    assert_eq!(added.status().as_u16(), 201);
    let id = format!("{}/pools/pools", client.endpoint());
    assert_eq!(added.data_service_id(), Some(&*id));
    assert!(added.request_id().is_some() && added.last_modified().is_some());
    assert!(
        client.pool().exists("POOLS").await?,
        "ids are not case-sensitive"
    );
    refused(
        client.pool().add(pool("Pools", 0)).await,
        409,
        codes::POOL_EXISTS,
    );

    steady(client, "pools").await?;
    idle(client, "pools", 2).await?;
    let found = client.pool().get("pools").await?;
    let listed = client.pool().list().filter("id eq 'pools'").await?;
    assert_eq!(listed.items, [found.clone().into_inner()]);
    assert_eq!(found.etag(), found.etag.as_deref());
    assert_eq!(found.url.as_deref(), Some(&*id));
    assert_eq!(found.state, Some(PoolState::Active));
    assert_eq!(found.display_name.as_deref(), Some("Pools"));
    assert_eq!(found.vm_size.as_deref(), Some(VM_SIZE));
    assert_eq!(found.current_dedicated_nodes, Some(2));
    assert_eq!(found.target_dedicated_nodes, Some(2));
    assert_eq!(found.task_slots_per_node, Some(4));
    assert_eq!(found.resize_timeout, Some(TimeSpan::from_mins(20)));
    assert_eq!(found.metadata.as_deref(), Some(&[owner()][..]));
    let fill = found.task_scheduling_policy.as_ref();
    let fill = fill.and_then(|policy| policy.node_fill_type.clone());
    assert_eq!(fill, Some(ComputeNodeFillType::Spread), "the default");
    let start = found.start_task.as_ref().expect("a start task");
    assert_eq!(start.command_line.as_deref(), Some("/bin/true"));
    assert_eq!(start.wait_for_success, Some(true));
    Ok(())
}

async fn changes(client: &Client) -> Outcome {
    let before = client.pool().get("pools").await?;
    let nothing: [MetadataItem; 0] = [];
    let patch = PoolPatchParameter::default().with_metadata(nothing);
    let answer = client.pool().patch("pools", patch).await?;
    let patched = client.pool().get("pools").await?;
    assert_eq!(answer.etag(), patched.etag());
    assert_ne!(before.etag(), patched.etag());
    assert!(before.last_modified <= patched.last_modified);
    assert_eq!(patched.metadata.as_deref().unwrap_or_default(), []);
    assert!(
        patched.start_task.is_some(),
        "properties not in the patch are unchanged"
    );

    let update = PoolUpdatePropertiesParameter::new([], [], [owner()]);
    client.pool().update_properties("pools", update).await?;
    let updated = client.pool().get("pools").await?;
    assert_eq!(updated.metadata.as_deref(), Some(&[owner()][..]));
    assert_eq!(
        updated.start_task, None,
        "properties not in the update are removed"
    );
    Ok(())
}

async fn deletion(client: &Client) -> Outcome {
    let deleted = client.pool().delete("pools").await?;
    assert_eq!(deleted.status().as_u16(), 202);
    gone(codes::POOL_NOT_FOUND, async || {
        client.pool().get("pools").await
    })
    .await?;
    assert!(!client.pool().exists("pools").await?);
    refused(
        client.pool().delete("pools").await,
        404,
        codes::POOL_NOT_FOUND,
    );
    Ok(())
}
