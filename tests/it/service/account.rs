//! Images, applications, node counts and usage.

use batch_client::models::OSType;
use batch_client::{Client, codes};

use super::fixtures::pool;
use super::waiting::{gone, idle};
use super::{Outcome, refused};

pub(super) async fn part(client: &Client, quirks: bool) -> Outcome {
    images(client).await?;
    applications(client, quirks).await?;
    counts(client).await
}

async fn images(client: &Client) -> Outcome {
    let images = client.account().list_supported_images().stream();
    let images = images.try_collect().await?;
    assert!(images.iter().all(|image| image.node_agent_sku_id.is_some()
        && image.image_reference.is_some()
        && image.verification_type.is_some()));
    let of = |wanted: &OSType| {
        let matching = images
            .iter()
            .filter(|image| image.os_type.as_ref() == Some(wanted));
        matching.cloned().collect::<Vec<_>>()
    };
    let (linux, windows) = (of(&OSType::Linux), of(&OSType::Windows));
    assert!(!linux.is_empty() && !windows.is_empty());
    assert_eq!(linux.len() + windows.len(), images.len());
    let filtered = client
        .account()
        .list_supported_images()
        .filter("osType eq 'linux'")
        .max_results(1)
        .stream()
        .try_collect()
        .await?;
    assert_eq!(filtered, linux);
    Ok(())
}

async fn applications(client: &Client, quirks: bool) -> Outcome {
    let listed = client.application().list().await?.into_inner().items;
    let found = client.application().get("calculator").await?;
    assert_eq!(listed, [found.clone().into_inner()]);
    let shown = (!quirks).then_some("Calculator");
    assert_eq!(found.display_name.as_deref(), shown);
    let versions = ["1.0", "2.0"].map(str::to_owned);
    assert_eq!(found.versions.as_deref(), Some(&versions[..]));
    let nothing = client.application().get("nothing").await;
    refused(nothing, 404, codes::APPLICATION_NOT_FOUND);
    Ok(())
}

async fn counts(client: &Client) -> Outcome {
    client.pool().add(pool("counted", 2)).await?;
    idle(client, "counted", 2).await?;
    let counts = client.account().list_pool_node_counts().await?;
    let [counts] = &counts.items[..] else {
        panic!("expected one pool, got {counts:?}");
    };
    assert_eq!(counts.pool_id.as_deref(), Some("counted"));
    let dedicated = counts.dedicated.as_ref().expect("dedicated nodes");
    assert_eq!((dedicated.idle, dedicated.total), (Some(2), Some(2)));
    assert_eq!(dedicated.running, Some(0));
    let usage = client.pool().list_usage_metrics().await?;
    assert_eq!(usage.items, [], "no hour of usage is complete");
    client.pool().delete("counted").await?;
    gone(codes::POOL_NOT_FOUND, async || {
        client.pool().get("counted").await
    })
    .await
}
