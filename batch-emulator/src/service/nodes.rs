//! Operations on compute nodes, their users and their extensions.

use serde_json::{Value, json};

use super::Account;
use super::listing::Listing;
use super::pools::fate;
use super::reply::{self, Projection};
use crate::refusal::Refusal;
use crate::refusal::{conflict, exists, missing};
use crate::request::{Content, Object, Reply, Request};
use crate::state::filled::fill;
use crate::state::nodes::{After, Node, NodeState, not_found};
use crate::state::numbers::NodeKey;
use crate::state::pools::Pool;
use crate::state::resource::{child, list as items, object, text};
use crate::state::{State, given};
use crate::version::Version;

fn find<'a>(state: &'a State, request: &Request) -> Result<(&'a Pool, &'a Node), Refusal> {
    let (_, pool) = state.find_pool(request.path("poolId"))?;
    let (_, node) = pool.find_node(request.path("nodeId"))?;
    Ok((pool, node))
}

/// Returns the node to change, with its key.
fn find_mut<'a>(
    state: &'a mut State,
    request: &Request,
) -> Result<(NodeKey, &'a mut Node), Refusal> {
    let (number, pool) = state.find_pool(request.path("poolId"))?;
    let (node, _) = pool.find_node(request.path("nodeId"))?;
    let key = NodeKey { pool: number, node };
    let node = state.node_mut(key).ok_or_else(not_found)?;
    Ok((key, node))
}

/// Lists the nodes of a pool.
///
/// Source: recorded, `ComputeNode_List`.
pub(super) fn list(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let state = &account.state;
    let (_, pool) = state.find_pool(request.path("poolId"))?;
    let nodes = pool.nodes.from(listing.after());
    Ok(listing.reply(nodes.map(|(key, node)| (key, state.node_object(pool, node, &request.base)))))
}

/// Returns a node.
///
/// Source: recorded, `ComputeNode_Get`.
pub(super) fn get(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = Projection::of(request)?;
    let (pool, node) = find(&account.state, request)?;
    Ok(wanted.reply(&account.state.node_object(pool, node, &request.base), None))
}

/// Adds a user account to a node.
///
/// Source: descriptions of `ComputeNode_AddUser`, `ComputeNodeUser.isAdmin` and
/// `ComputeNodeUser.expiryTime`; recorded, `ComputeNode_AddUser`.
pub(super) fn add_user(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let now = account.state.now;
    let (_, node) = find_mut(&mut account.state, request)?;
    node.usable()?;
    let body = reply::body(request);
    let name = text(&body, "name").unwrap_or_default();
    if node.users.contains_key(name) {
        return Err(exists("NodeUserExists", "user"));
    }
    let mut user = given::normalize(&body, "ComputeNodeUser");
    fill(&mut user, "ComputeNodeUser", now);
    node.users.insert(name.to_owned(), user);
    let path = format!("{}/users/{name}", node.seat.url("").trim_start_matches('/'));
    Ok(reply::added(request, None, &path))
}

fn no_user() -> Refusal {
    missing("NodeUserNotFound", "user on the node")
}

/// Replaces the mutable properties of a user account.
///
/// Source: description of `ComputeNode_UpdateUser`: unspecified properties are reset to their
/// defaults.
pub(super) fn update_user(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let now = account.state.now;
    let (_, node) = find_mut(&mut account.state, request)?;
    node.usable()?;
    let user = node
        .users
        .get_mut(request.path("userName"))
        .ok_or_else(no_user)?;
    let mut body = given::normalize(&reply::body(request), "NodeUpdateUserParameter");
    fill(&mut body, "NodeUpdateUserParameter", now);
    user.remove("sshPublicKey");
    user.extend(body);
    Ok(Reply::default())
}

/// Removes a user account from a node.
///
/// Source: recorded, `ComputeNode_DeleteUser`.
pub(super) fn delete_user(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (_, node) = find_mut(&mut account.state, request)?;
    node.usable()?;
    node.users
        .remove(request.path("userName"))
        .ok_or_else(no_user)?;
    Ok(Reply::default())
}

/// Reboots a node.
///
/// Source: description of `ComputeNode_Reboot`; recorded, `ComputeNode_Reboot`.
pub(super) fn reboot(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    restart(account, request, After::Reboot, "nodeRebootOption")
}

/// Reimages a node.
///
/// Source: recorded, `ComputeNode_Reimage`. The description of the first version requires a pool
/// with `cloudServiceConfiguration`, those of later versions do not.
pub(super) fn reimage(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (pool, _) = find(&account.state, request)?;
    let first = request.version == Version::default();
    if first && pool.given.contains_key("virtualMachineConfiguration") {
        let message =
            "Only nodes of a pool with cloudServiceConfiguration can be reimaged in this version.";
        return Err(conflict("OperationNotValidOnNode", message));
    }
    restart(account, request, After::Reimage, "nodeReimageOption")
}

/// Deallocates a node, whose virtual machine is released.
///
/// Source: description of `ComputeNode_Deallocate`. No source for what is left on the node; chosen
/// like a reboot, which leaves its files.
pub(super) fn deallocate(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    restart(account, request, After::Deallocate, "nodeDeallocateOption")
}

/// Starts a deallocated node.
///
/// Source: description of `ComputeNode_Start`. No source for the code of a node in another state;
/// chosen because it says what is wrong.
pub(super) fn start(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (key, node) = find_mut(&mut account.state, request)?;
    if !node.phase.is(NodeState::Deallocated) {
        let message = "Only a deallocated node can be started.";
        return Err(conflict("OperationNotValidOnNode", message));
    }
    account.state.start_node(key);
    Ok(Reply::default())
}

/// Reboots or reimages a node after its tasks have been handled as requested.
///
/// No source for a node that is unusable or whose start task has failed; allowed because a restart
/// can repair it.
fn restart(
    account: &mut Account,
    request: &Request,
    after: After,
    option: &str,
) -> Result<Reply, Refusal> {
    let (key, node) = find_mut(&mut account.state, request)?;
    // A restart may repair such a node.
    if !matches!(
        node.phase.state,
        NodeState::StartTaskFailed | NodeState::Unusable
    ) {
        node.usable()?;
    }
    let fate = fate(&reply::body(request), option);
    account.state.drain_node(key, after, fate);
    Ok(Reply::default())
}

/// Stops scheduling tasks on a node.
///
/// Source: description of `ComputeNode_DisableScheduling`.
pub(super) fn disable_scheduling(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let (key, node) = find_mut(&mut account.state, request)?;
    if !node.scheduling {
        return Err(already("disabled"));
    }
    node.usable()?;
    node.scheduling = false;
    let fate = fate(&reply::body(request), "nodeDisableSchedulingOption");
    account.state.drain_node(key, After::Offline, fate);
    Ok(Reply::default())
}

/// Resumes scheduling tasks on a node.
///
/// Source: description of `ComputeNode_EnableScheduling`; recorded, the same.
pub(super) fn enable_scheduling(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let (key, node) = find_mut(&mut account.state, request)?;
    if node.scheduling {
        return Err(already("enabled"));
    }
    account.state.enable_node(key);
    Ok(Reply::default())
}

fn already(what: &str) -> Refusal {
    let message = format!("Scheduling on the node is already {what}.");
    conflict("NodeAlreadyInTargetSchedulingState", &message)
}

/// Returns the address of a node for SSH or RDP.
///
/// Source: description of `ComputeNode_GetRemoteLoginSettings`; recorded, the same.
pub(super) fn get_remote_login(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (pool, node) = find(&account.state, request)?;
    if pool.is_cloud_service() {
        let message = "Nodes of a cloud service are reached by their RDP file.";
        return Err(conflict("OperationNotValidOnPool", message));
    }
    let (address, port) = node.login();
    let settings = [
        ("remoteLoginIPAddress", address.into()),
        ("remoteLoginPort", port.into()),
    ];
    Ok(reply::object(object(settings)))
}

/// Returns the RDP file of a node.
///
/// Source: description of `ComputeNode_GetRemoteDesktop`; recorded, the same, for the content.
pub(super) fn get_remote_desktop(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let (pool, node) = find(&account.state, request)?;
    if !pool.is_cloud_service() {
        let message = "Nodes of virtual machines are reached by their remote login settings.";
        return Err(conflict("OperationNotValidOnPool", message));
    }
    let (address, port) = node.login();
    let file = format!(
        "full address:s:{address}:{port}\r\nLoadBalanceInfo:s:Cookie: mstshash=TVM#{}",
        node.id()
    );
    Ok(Reply {
        content: Content::Bytes(file.into_bytes()),
        ..Reply::default()
    })
}

/// Returns the destination of the logs, even if there are none to upload.
///
/// Source: recorded, `ComputeNode_UploadBatchServiceLogs`: the directory consists of account, pool,
/// node and a GUID.
pub(super) fn upload_logs(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let id = account.state.unique_id().to_lowercase();
    let (pool, node) = find(&account.state, request)?;
    let directory = format!(
        "{}/{}/{}/{id}",
        account.state.settings.account,
        pool.id,
        node.id()
    );
    let node = node.id().to_owned();
    let body = reply::body(request);
    let container = text(&body, "containerUrl").unwrap_or_default();
    let uploaded = account.state.upload_logs(node, container, &directory);
    let result = [
        ("virtualDirectoryName", directory.into()),
        ("numberOfFilesUploaded", uploaded.into()),
    ];
    Ok(reply::object(object(result)))
}

/// Returns the extensions that the pool installs on its nodes: its own, and the one by which the
/// service installs its agent on virtual machines.
///
/// Source: recorded, `ComputeNodeExtension_Get`. No source for Windows; chosen with the publisher
/// and type that Microsoft documents for it.
fn extensions(pool: &Pool) -> Vec<Object> {
    let Some(machine) = child(&pool.given, "virtualMachineConfiguration") else {
        return Vec::new();
    };
    let (publisher, kind, version) = if pool.is_windows() {
        ("Microsoft.Compute", "CustomScriptExtension", "1.0")
    } else {
        ("Microsoft.Azure.Extensions", "CustomScript", "2.0")
    };
    let agent = object([
        ("name", "batchNodeExtension".into()),
        ("publisher", publisher.into()),
        ("type", kind.into()),
        ("typeHandlerVersion", version.into()),
        ("autoUpgradeMinorVersion", true.into()),
        ("enableAutomaticUpgrade", false.into()),
    ]);
    let given = items(machine, "extensions").iter();
    let given = given.filter_map(Value::as_object).cloned();
    std::iter::once(agent).chain(given).collect()
}

/// Describes an extension on a node.
///
/// Source: recorded, `ComputeNodeExtension_Get` of a node that is being created; descriptions of
/// `NodeVMExtension` and `InstanceViewStatus` for the others.
fn extension(node: &Node, extension: &Object) -> Object {
    let creating = node.phase.is(NodeState::Creating);
    let status = json!([{
        "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
    }]);
    let view = if creating {
        json!({})
    } else {
        json!({"name": extension.get("name"), "statuses": status})
    };
    object([
        (
            "provisioningState",
            if creating { "Creating" } else { "Succeeded" }.into(),
        ),
        ("vmExtension", extension.clone().into()),
        ("instanceView", view),
    ])
}

fn name(extension: &Object) -> &str {
    text(extension, "name").unwrap_or_default()
}

/// Lists the extensions of a node.
///
/// Source: description of `ComputeNodeExtension_List`. No source for the order; chosen as in other
/// listings.
pub(super) fn list_extensions(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let (pool, node) = find(&account.state, request)?;
    let given = extensions(pool);
    let described = given.iter();
    Ok(listing.reply_all(described.map(|given| (name(given), extension(node, given)))))
}

/// Returns an extension of a node.
///
/// Source: recorded, `ComputeNodeExtension_Get`.
pub(super) fn get_extension(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = Projection::of(request)?;
    let (pool, node) = find(&account.state, request)?;
    let wanted_name = request.path("extensionName");
    let mut given = extensions(pool).into_iter();
    let found = given.find(|given| name(given).eq_ignore_ascii_case(wanted_name));
    let found = found.ok_or_else(|| missing("ResourceNotFound", "extension on the node"))?;
    Ok(wanted.reply(&extension(node, &found), None))
}
