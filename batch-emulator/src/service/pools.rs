//! Operations on pools.

use serde_json::{Value, json};

use super::Account;
use super::listing::Listing;
use super::reply::{self, Projection};
use crate::refusal::Refusal;
use crate::refusal::{exists as taken, wrong_state};
use crate::request::{Object, Reply, Request};
use crate::state::filled::{fill, fill_below};
use crate::state::numbers::{NodeNumber, PoolNumber};
use crate::state::pools::{Pool, TaskFate, check_formula};
use crate::state::resource::Stamp;
use crate::state::resource::{flag, list as items, put, small, text};
use crate::state::{State, given};
use crate::time::{Span, Time};

/// Returns the pool to change after checking the conditional headers.
///
/// Source: descriptions of the conditional headers of each operation, and of `Pool_Delete` for a
/// pool that is being deleted.
fn for_change<'a>(state: &'a State, request: &Request) -> Result<(PoolNumber, &'a Pool), Refusal> {
    let (number, pool) = state.find_pool(request.path("poolId"))?;
    pool.stamp.check_write(&request.conditions)?;
    pool.active()?;
    Ok((number, pool))
}

/// Adds a pool.
///
/// Source: recorded, `Pool_Add`, and `Pool_Add` rejected with `PoolExists`.
pub(super) fn add(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let body = reply::body(request);
    let id = text(&body, "id").unwrap_or_default();
    if let Ok((_, pool)) = state.find_pool(id) {
        // Users of the live service report `PoolBeingDeleted` for a pool that still exists.
        pool.active()?;
        return Err(taken("PoolExists", "pool"));
    }
    check(state, &body)?;
    state.check_pool_quota()?;
    let mut pool = given::pool(&body, "PoolAddParameter", state.now);
    pool.remove("id");
    let stamp = state.add_pool(id, pool, false);
    Ok(reply::added(request, Some(stamp), &format!("pools/{id}")))
}

/// Checks the rules of the description that concern several properties of a pool.
///
/// Source: descriptions of `PoolAddParameter.cloudServiceConfiguration` and
/// `PoolAddParameter.virtualMachineConfiguration`: exactly one of them.
fn check(state: &State, body: &Object) -> Result<(), Refusal> {
    let configurations = ["cloudServiceConfiguration", "virtualMachineConfiguration"];
    if configurations
        .iter()
        .filter(|name| body.contains_key(**name))
        .count()
        != 1
    {
        let reason = "Exactly one of cloudServiceConfiguration and virtualMachineConfiguration must be specified";
        return Err(given::bad_value(configurations[1], "", reason));
    }
    check_scaling(body)?;
    references(state, body)
}

/// Checks that a pool has either a formula or explicit targets.
///
/// Source: descriptions of `PoolAddParameter.enableAutoScale`, `PoolAddParameter.autoScaleFormula`
/// and `PoolAddParameter.targetDedicatedNodes`.
pub(super) fn check_scaling(body: &Object) -> Result<(), Refusal> {
    let scales = flag(body, "enableAutoScale") == Some(true);
    if scales != body.contains_key("autoScaleFormula") {
        let reason =
            "An autoscale formula must be specified if enableAutoScale is true, and only then";
        return Err(given::bad_value("autoScaleFormula", "", reason));
    }
    for name in ["targetDedicatedNodes", "targetLowPriorityNodes"] {
        if scales && body.contains_key(name) {
            return Err(given::bad_value(
                name,
                "",
                "An autoscaling pool cannot have targets",
            ));
        }
    }
    text(body, "autoScaleFormula").map_or(Ok(()), check_formula)
}

/// Checks that everything the pool refers to exists.
///
/// Source: descriptions of `PoolAddParameter.certificateReferences` and
/// `PoolAddParameter.applicationPackageReferences`.
fn references(state: &State, body: &Object) -> Result<(), Refusal> {
    state.check_certificates(body)?;
    state.check_applications(body)
}

/// Lists the pools.
///
/// Source: recorded, `Pool_List`.
pub(super) fn list(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let listing = Listing::of(&account.pages, request)?;
    let (now, stats) = (account.state.now, listing.wanted.stats);
    let pools = account.state.pools.from(listing.after());
    Ok(listing.reply(pools.map(|(key, pool)| (key, object(pool, request, stats, now)))))
}

/// Returns a pool.
///
/// Source: recorded, `Pool_Get`.
pub(super) fn get(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let wanted = Projection::of(request)?;
    let (_, pool) = account.state.find_pool(request.path("poolId"))?;
    pool.stamp.check_read(&request.conditions)?;
    let object = object(pool, request, wanted.stats, account.state.now);
    Ok(wanted.reply(&object, Some(pool.stamp)))
}

/// Checks if a pool exists.
///
/// Source: recorded, `Pool_Exists`.
pub(super) fn exists(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (_, pool) = account.state.find_pool(request.path("poolId"))?;
    pool.stamp.check_read(&request.conditions)?;
    Ok(reply::stamped(pool.stamp))
}

fn object(pool: &Pool, request: &Request, stats: bool, now: Time) -> Object {
    let mut object = pool.object(&request.base);
    if stats {
        put(&mut object, "stats", statistics(pool, request, now));
    }
    object
}

/// Returns the statistics of a pool; only times are measured.
///
/// Source: description of `PoolStatistics`. No source for the figures; they are zero because
/// nothing is measured.
fn statistics(pool: &Pool, request: &Request, now: Time) -> Value {
    let nodes = pool.nodes.iter().filter(|(_, node)| node.dedicated);
    let used = nodes.fold(0_i64, |sum, (_, node)| {
        sum.saturating_add(now.since(node.allocated).0)
    });
    let (start, now) = (pool.stamp.created.to_string(), now.to_string());
    json!({
        "url": format!("{}/pools/{}/stats", request.base, pool.id),
        "startTime": start, "lastUpdateTime": now,
        "usageStats": {
            "startTime": start, "lastUpdateTime": now, "dedicatedCoreTime": Span(used).to_string(),
        },
        "resourceStats": {
            "startTime": start, "lastUpdateTime": now, "avgCPUPercentage": 0.0, "avgMemoryGiB": 0.0,
            "peakMemoryGiB": 0.0, "avgDiskGiB": 0.0, "peakDiskGiB": 0.0, "diskReadIOps": 0, "diskWriteIOps": 0,
            "diskReadGiB": 0.0, "diskWriteGiB": 0.0, "networkReadGiB": 0.0, "networkWriteGiB": 0.0,
        },
    })
}

/// Starts deleting a pool.
///
/// Source: recorded, `Pool_Delete`.
pub(super) fn delete(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, _) = for_change(&account.state, request)?;
    account.state.delete_pool(number);
    Ok(Reply::default())
}

/// Replaces the specified properties.
///
/// Source: description of `Pool_Patch`.
pub(super) fn patch(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, _) = for_change(&account.state, request)?;
    let mut body = given::normalize(&reply::body(request), "PoolPatchParameter");
    references(&account.state, &body)?;
    fill_below(&mut body, "PoolPatchParameter", account.state.now);
    let stamp = replace(&mut account.state, number, body);
    if let Some(pool) = account.state.pools.get_mut(number) {
        given::drop_empty(&mut pool.given, &given::POOL_LISTS);
    }
    Ok(reply::stamped(stamp))
}

/// Replaces all mutable properties; unspecified ones are removed.
///
/// Source: description of `Pool_UpdateProperties`; recorded, the same.
pub(super) fn update_properties(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let (number, _) = for_change(&account.state, request)?;
    let mut body = given::normalize(&reply::body(request), "PoolUpdatePropertiesParameter");
    references(&account.state, &body)?;
    if let Some(pool) = account.state.pools.get_mut(number) {
        for name in ["startTask", "targetNodeCommunicationMode"] {
            pool.given.remove(name);
        }
    }
    fill(
        &mut body,
        "PoolUpdatePropertiesParameter",
        account.state.now,
    );
    let stamp = replace(&mut account.state, number, body);
    if let Some(pool) = account.state.pools.get_mut(number) {
        // Recorded: this operation, and no other, returns an empty list of certificates.
        given::drop_empty(
            &mut pool.given,
            &["metadata", "applicationPackageReferences"],
        );
    }
    Ok(reply::stamped(stamp))
}

fn replace(state: &mut State, number: PoolNumber, body: Object) -> Stamp {
    if let Some(pool) = state.pools.get_mut(number) {
        pool.given.extend(body);
    }
    state.touch_pool(number)
}

/// Starts resizing a pool.
///
/// Source: description of `Pool_Resize`; recorded, the same. No source for a kind of nodes without
/// a target; its number is kept because the request does not mention it.
pub(super) fn resize(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let (number, pool) = for_change(state, request)?;
    if pool.auto_scales() {
        return Err(wrong_state("The pool has autoscaling enabled."));
    }
    pool.steady()?;
    let body = given::normalize(&reply::body(request), "PoolResizeParameter");
    let wanted = ["targetDedicatedNodes", "targetLowPriorityNodes"].map(|name| small(&body, name));
    if wanted == [None, None] {
        let reason = "A target for dedicated or low-priority nodes must be specified";
        return Err(given::bad_value("targetDedicatedNodes", "", reason));
    }
    let targets = [
        wanted[0].unwrap_or(pool.targets[0]),
        wanted[1].unwrap_or(pool.targets[1]),
    ];
    set_timeout(state, number, &body);
    let stamp = state.touch_pool(number);
    state.resize(number, targets, fate(&body, "nodeDeallocationOption"));
    Ok(reply::stamped(stamp))
}

/// Sets the time limit of a resize.
///
/// Source: descriptions of `PoolResizeParameter.resizeTimeout` and
/// `NodeRemoveParameter.resizeTimeout`. No resize takes that long here.
fn set_timeout(state: &mut State, number: PoolNumber, body: &Object) {
    let timeout = text(body, "resizeTimeout").unwrap_or("PT15M");
    if let Some(pool) = state.pools.get_mut(number) {
        put(&mut pool.given, "resizeTimeout", timeout);
    }
}

/// Returns what to do with running tasks; they are requeued unless the request says otherwise.
///
/// Source: descriptions of `PoolResizeParameter.nodeDeallocationOption` and similar properties.
pub(super) fn fate(body: &Object, name: &str) -> TaskFate {
    text(body, name)
        .and_then(TaskFate::read)
        .unwrap_or(TaskFate::Requeue)
}

/// Stops a resize.
///
/// Source: description of `Pool_StopResize`.
pub(super) fn stop_resize(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let (number, _) = for_change(&account.state, request)?;
    let stamp = account.state.stop_resize(number)?;
    Ok(reply::stamped(stamp))
}

/// Removes the named nodes from a pool.
///
/// Source: description of `Pool_RemoveNodes`; recorded, the same. No source for a node that is
/// named twice; it counts once because it can be removed only once.
pub(super) fn remove_nodes(account: &mut Account, request: &Request) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let (number, pool) = for_change(state, request)?;
    pool.steady()?;
    let body = given::normalize(&reply::body(request), "NodeRemoveParameter");
    let ids = items(&body, "nodeList").iter().filter_map(Value::as_str);
    let nodes: Result<Vec<NodeNumber>, Refusal> = ids.map(|id| Ok(pool.find_node(id)?.0)).collect();
    let mut nodes = nodes?;
    nodes.sort_unstable();
    nodes.dedup();
    set_timeout(state, number, &body);
    let stamp = state.touch_pool(number);
    state.remove_nodes(number, &nodes, fate(&body, "nodeDeallocationOption"));
    Ok(reply::stamped(stamp))
}

/// Enables autoscaling of a pool.
///
/// Source: description of `Pool_EnableAutoScale`, without its limit of one call per 30 seconds. No
/// source for omitting the limit; chosen because a test would have to wait.
pub(super) fn enable_auto_scale(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let (number, pool) = for_change(state, request)?;
    pool.steady()?;
    let mut body = given::normalize(&reply::body(request), "PoolEnableAutoScaleParameter");
    let formula = text(&body, "autoScaleFormula").or_else(|| text(&pool.given, "autoScaleFormula"));
    let Some(formula) = formula else {
        let reason = "A formula must be specified because the pool has none";
        return Err(given::bad_value("autoScaleFormula", "", reason));
    };
    if body.is_empty() {
        let reason = "A formula or an interval must be specified";
        return Err(given::bad_value("autoScaleFormula", "", reason));
    }
    check_formula(formula)?;
    // A new formula alone keeps the schedule of evaluations.
    let anew = !pool.auto_scales() || body.contains_key("autoScaleEvaluationInterval");
    let now = state.now;
    if let Some(pool) = state.pools.get_mut(number) {
        if !pool.given.contains_key("autoScaleEvaluationInterval") {
            fill(&mut body, "PoolEnableAutoScaleParameter", now);
        }
        pool.given.extend(body);
        put(&mut pool.given, "enableAutoScale", true);
    }
    let stamp = state.touch_pool(number);
    if anew {
        state.start_scaling(number);
    } else {
        state.scale(number);
    }
    Ok(reply::stamped(stamp))
}

/// Disables autoscaling of a pool.
///
/// Source: recorded, `Pool_DisableAutoScale`; by the tests of the official clients, the `ETag`
/// stays the same during the resize that `Pool_EnableAutoScale` began, and a steady pool has a new
/// one and is resized. No source for a pool without autoscaling; chosen because the result is as
/// requested.
pub(super) fn disable_auto_scale(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let state = &mut account.state;
    let (number, pool) = for_change(state, request)?;
    let (steady, stamp) = (pool.steady().is_ok(), pool.stamp);
    if let Some(pool) = state.pools.get_mut(number) {
        put(&mut pool.given, "enableAutoScale", false);
        pool.given.remove("autoScaleFormula");
        pool.given.remove("autoScaleEvaluationInterval");
    }
    state.stop_scaling(number);
    if !steady {
        return Ok(reply::stamped(stamp));
    }
    state.confirm_size(number);
    Ok(reply::stamped(state.touch_pool(number)))
}

/// Evaluates a formula without applying it.
///
/// Source: description of `Pool_EvaluateAutoScale`; recorded, the same.
pub(super) fn evaluate_auto_scale(
    account: &mut Account,
    request: &Request,
) -> Result<Reply, Refusal> {
    let (number, pool) = for_change(&account.state, request)?;
    if !pool.auto_scales() {
        return Err(wrong_state("The pool does not have autoscaling enabled."));
    }
    let body = reply::body(request);
    let formula = text(&body, "autoScaleFormula").unwrap_or_default();
    check_formula(formula)?;
    Ok(reply::object(account.state.try_formula(number, formula)))
}
