//! Nodes: users, scheduling, logins, logs, extensions and restarts.

use batch_client::chrono::Utc;
use batch_client::models::{
    ComputeNode, ComputeNodeRebootOption, ComputeNodeState, ComputeNodeUser,
    DisableComputeNodeSchedulingOption, NodeDisableSchedulingParameter, NodeRebootParameter,
    NodeUpdateUserParameter, NodeVMExtension, SchedulingState, UploadBatchServiceLogsConfiguration,
    VMExtension,
};
use batch_client::{Client, Error, codes};

use super::fixtures::{VM_SIZE, cloud_service, linux, pool};
use super::waiting::{idle, until};
use super::{Outcome, refused};
use crate::calls::{Arguments, Failure, Output};

pub(super) async fn part(client: &Client) -> Outcome {
    let monitor =
        VMExtension::new("monitor", "contoso", "Monitor").with_type_handler_version("1.0");
    let machine = linux().with_extensions([monitor]);
    let nodes = pool("nodes", 1).with_virtual_machine_configuration(machine);
    client.pool().add(nodes).await?;
    let [node] = &idle(client, "nodes", 1).await?[..] else {
        panic!("expected one node");
    };
    let id = id(node);
    reading(client, node).await?;
    users(client, id).await?;
    scheduling(client, id).await?;
    services(client, id).await?;
    extensions(client, id).await?;
    restarts(client, node).await?;
    client.pool().delete("nodes").await?;
    desktop(client).await
}

fn id(node: &ComputeNode) -> &str {
    node.id.as_deref().expect("nodes have ids")
}

async fn reading(client: &Client, node: &ComputeNode) -> Outcome {
    let found = client.compute_node().get("nodes", id(node)).await?;
    assert_eq!(&*found, node);
    assert_eq!(found.vm_size.as_deref(), Some(VM_SIZE));
    assert_eq!(found.scheduling_state, Some(SchedulingState::Enabled));
    assert_eq!(found.is_dedicated, Some(true));
    assert!(found.affinity_id.is_some() && found.ip_address.is_some());
    assert!(found.allocation_time <= found.last_boot_time);
    let endpoints = found.endpoint_configuration.as_ref();
    let endpoints = endpoints.and_then(|all| all.inbound_endpoints.as_ref());
    assert!(endpoints.is_some_and(|all| all[0].frontend_port.is_some()));
    let nothing = client.compute_node().get("nodes", "nothing").await;
    refused(nothing, 404, codes::NODE_NOT_FOUND);
    Ok(())
}

async fn users(client: &Client, node: &str) -> Outcome {
    let user = ComputeNodeUser::new("otto")
        .with_password("secret-1")
        .with_is_admin(true);
    let add = || client.compute_node().add_user("nodes", node, user.clone());
    assert_eq!(add().await?.status().as_u16(), 201);
    let error = refused(add().await, 409, codes::NODE_USER_EXISTS);
    assert!(error.is_conflict());
    let update = NodeUpdateUserParameter::default().with_password("secret-2");
    client
        .compute_node()
        .update_user("nodes", node, "otto", update)
        .await?;
    let delete = || client.compute_node().delete_user("nodes", node, "otto");
    delete().await?;
    refused(delete().await, 404, codes::NODE_USER_NOT_FOUND);
    Ok(())
}

async fn scheduling(client: &Client, node: &str) -> Outcome {
    let option = DisableComputeNodeSchedulingOption::Terminate;
    let option =
        NodeDisableSchedulingParameter::default().with_node_disable_scheduling_option(option);
    let disable = client
        .compute_node()
        .disable_scheduling("nodes", node)
        .body(option);
    disable.await?;
    let found = client.compute_node().get("nodes", node).await?;
    assert_eq!(found.scheduling_state, Some(SchedulingState::Disabled));
    let again = client
        .compute_node()
        .disable_scheduling("nodes", node)
        .await;
    refused(again, 409, codes::NODE_ALREADY_IN_TARGET_SCHEDULING_STATE);
    client
        .compute_node()
        .enable_scheduling("nodes", node)
        .await?;
    let selected = client
        .compute_node()
        .get("nodes", node)
        .select("schedulingState")
        .await?;
    let expected = ComputeNode::default().with_scheduling_state(SchedulingState::Enabled);
    assert_eq!(*selected, expected);
    idle(client, "nodes", 1).await?;
    Ok(())
}

async fn services(client: &Client, node: &str) -> Outcome {
    let login = client
        .compute_node()
        .get_remote_login_settings("nodes", node)
        .await?;
    assert!(login.remote_login_ip_address.is_some() && login.remote_login_port.is_some());
    let url = "https://a.blob.core.windows.net/logs?sig=x";
    let logs = UploadBatchServiceLogsConfiguration::new(url, Utc::now());
    let uploaded = client
        .compute_node()
        .upload_batch_service_logs("nodes", node, logs)
        .await?;
    let directory = uploaded
        .virtual_directory_name
        .as_deref()
        .unwrap_or_default();
    assert!(directory.contains(node), "{directory}");
    assert!(uploaded.number_of_files_uploaded > Some(0));
    let desktop = remote_desktop(client, "nodes", node).await;
    refused(desktop, 409, codes::OPERATION_NOT_VALID_ON_POOL);
    Ok(())
}

async fn extensions(client: &Client, node: &str) -> Outcome {
    let listed = client.compute_node_extension().list("nodes", node).await?;
    let found = client
        .compute_node_extension()
        .get("nodes", node, "monitor")
        .await?;
    let own = |extension: &NodeVMExtension| {
        let name = extension.vm_extension.as_ref()?.name.clone()?;
        (name != "batchNodeExtension").then(|| extension.clone())
    };
    let own: Vec<_> = listed.items.iter().filter_map(own).collect();
    assert_eq!(own, [found.clone().into_inner()]);
    assert_eq!(listed.items.len(), 2, "and that of the node agent");
    let extension = found.vm_extension.as_ref().expect("an extension");
    assert_eq!(extension.r#type.as_deref(), Some("Monitor"));
    assert_eq!(extension.publisher.as_deref(), Some("contoso"));
    let nothing = client
        .compute_node_extension()
        .get("nodes", node, "nothing")
        .await;
    refused(nothing, 404, codes::RESOURCE_NOT_FOUND);
    Ok(())
}

/// Waits until the node is idle again after a state change.
async fn idle_again(
    client: &Client,
    pool: &str,
    before: &ComputeNode,
) -> Result<ComputeNode, Error> {
    until("an idle node after a state change", async || {
        let node = client
            .compute_node()
            .get(pool, id(before))
            .await?
            .into_inner();
        let changed = node.state_transition_time > before.state_transition_time;
        Ok((changed && node.state == Some(ComputeNodeState::Idle)).then_some(node))
    })
    .await
}

async fn restarts(client: &Client, node: &ComputeNode) -> Outcome {
    let before = client
        .compute_node()
        .get("nodes", id(node))
        .await?
        .into_inner();
    let option =
        NodeRebootParameter::default().with_node_reboot_option(ComputeNodeRebootOption::Requeue);
    let reboot = client.compute_node().reboot("nodes", id(node)).body(option);
    assert_eq!(reboot.await?.status().as_u16(), 202);
    let booted = idle_again(client, "nodes", &before).await?;
    assert!(booted.last_boot_time > before.last_boot_time);
    // Only later versions reimage virtual machines.
    let reimage = client.compute_node().reimage("nodes", id(&booted)).await;
    refused(reimage, 409, codes::OPERATION_NOT_VALID_ON_NODE);
    Ok(())
}

/// Gets a node's RDP file by the operation's id, because the next API version has no method for it.
async fn remote_desktop(client: &Client, pool: &str, node: &str) -> Result<Output, Error> {
    let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let arguments = Arguments {
        parameters: vec![parameter("poolId", pool), parameter("nodeId", node)],
        body: None,
    };
    match arguments.call(client, "ComputeNode_GetRemoteDesktop").await {
        Ok(file) => Ok(file),
        Err(Failure::Client(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

/// Only nodes of the older kind have an RDP file.
async fn desktop(client: &Client) -> Outcome {
    client.pool().add(cloud_service("desktops", 1)).await?;
    let nodes = idle(client, "desktops", 1).await?;
    let node = id(&nodes[0]);
    let Output::Bytes(file) = remote_desktop(client, "desktops", node).await? else {
        panic!("the operation should return a file");
    };
    let file = file.into_inner().bytes().await?;
    assert!(file.starts_with(b"full address:s:"), "{file:?}");
    let login = client
        .compute_node()
        .get_remote_login_settings("desktops", node)
        .await;
    refused(login, 409, codes::OPERATION_NOT_VALID_ON_POOL);
    client.compute_node().reimage("desktops", node).await?;
    idle_again(client, "desktops", &nodes[0]).await?;
    client.pool().delete("desktops").await?;
    Ok(())
}
