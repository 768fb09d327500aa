//! Promise: an image is found by its properties, and its pool gets nodes.

use batch_client::Client;
use batch_client::models::{OSType, PoolAddParameter};
use batch_client::wait::NodesOutcome;
use batch_emulator::Config;

use crate::waits::{Outcome, client};

async fn service() -> (batch_emulator::Emulator, Client) {
    // Short pages, so that the list has several.
    let config = Config::default().clock_speed(50.0).page_size(3);
    let emulator = batch_emulator::start(config).await.expect("a service");
    let client = client(&emulator, emulator.endpoint());
    (emulator, client)
}

#[tokio::test]
async fn the_newest_image_makes_a_pool() -> Outcome {
    let (_emulator, client) = service().await;
    let machines = client
        .account()
        .find_image()
        .publisher("Canonical")
        .os(OSType::Linux)
        .newest()
        .await?;
    assert_eq!(
        machines.node_agent_sku_id.as_deref(),
        Some("batch.node.ubuntu 24.04")
    );
    let pool = PoolAddParameter::new("p", "standard_d2s_v3")
        .with_virtual_machine_configuration(machines)
        .with_target_dedicated_nodes(1);
    client.pool().add(pool).await?;
    let nodes = client.pool().wait("p").nodes_idle(1).await?;
    assert!(matches!(nodes, NodesOutcome::Idle(_)), "{nodes:?}");
    Ok(())
}

#[tokio::test]
async fn images_are_found_by_sku_and_capability() -> Outcome {
    let (_emulator, client) = service().await;
    let images = || client.account().find_image();
    let jammy = images().publisher("canonical").sku_prefix("22_04");
    assert_eq!(
        jammy.newest().await?.node_agent_sku_id.as_deref(),
        Some("batch.node.ubuntu 22.04")
    );
    let docker = images().capability("DockerCompatible").all().await?;
    assert_eq!(docker.len(), 1);
    let windows = images().os(OSType::Windows).all().await?;
    let skus: Vec<_> = windows
        .into_iter()
        .filter_map(|image| image.image_reference?.sku)
        .collect();
    let mut newest_first = skus.clone();
    // By year; the suffixes of one year are in no order.
    newest_first.sort_by(|a, b| b[..4].cmp(&a[..4]));
    assert!(skus.len() > 1 && skus == newest_first, "{skus:?}");
    Ok(())
}

#[tokio::test]
async fn an_image_that_is_not_there_is_an_error_with_the_nearest_one() -> Outcome {
    let (_emulator, client) = service().await;
    let images = client.account().find_image();
    let images = images.publisher("canonical").sku_prefix("26_04");
    assert_eq!(images.clone().all().await?, []);
    let error = images.newest().await.expect_err("no such image");
    assert!(error.is_invalid_request());
    assert_eq!(
        error.to_string(),
        "Account_ListSupportedImages: cannot find an image: none of the 27 supported images has \
         publisher `canonical`, SKU `26_04*`; the nearest is canonical ubuntu-24_04-lts server, \
         which fails SKU `26_04*`"
    );
    Ok(())
}
