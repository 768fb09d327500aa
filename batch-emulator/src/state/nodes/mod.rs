//! Compute nodes: they come up, take tasks, restart and leave.
//!
//! creating → starting → (waitingforstarttask) → idle ⇄ running → leavingpool. A node that restarts
//! goes through `starting` again. A scenario can make it `preempted`, `unusable` or `unknown`.
//!
//! Source: descriptions of `ComputeNode.state` and its values; "Nodes and pools in Azure Batch".

mod life;
mod losses;
mod start;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::State;
use super::incidents::{Incident, IncidentKind};
use super::numbers::{NodeKey, NodeNumber, Number as _, PoolNumber, TaskKey};
use super::pools::Pool;
use super::programs::ProgramStatus;
use super::resource::{Phase, child, list, put, put_time, small, text, words};
use super::tasks::Seat;
use crate::chance;
use crate::refusal::Refusal;
use crate::refusal::{conflict, missing};
use crate::request::Object;
use crate::time::Time;

words! {
    /// State of a node.
    NodeState {
        Creating = "creating", Starting = "starting", WaitingForStartTask = "waitingforstarttask",
        StartTaskFailed = "starttaskfailed", Idle = "idle", Running = "running", Offline = "offline",
        Rebooting = "rebooting", Reimaging = "reimaging", LeavingPool = "leavingpool",
        Preempted = "preempted", Unusable = "unusable", Unknown = "unknown",
        Deallocating = "deallocating", Deallocated = "deallocated",
    }
}

/// The action that follows once a node has no more tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum After {
    Leave,
    Reboot,
    Reimage,
    Offline,
    Deallocate,
}

/// A compute node.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) seat: Arc<Seat>,
    pub(crate) dedicated: bool,
    pub(crate) phase: Phase<NodeState>,
    pub(crate) allocated: Time,
    booted: Option<Time>,
    /// Its index in the pool, which determines its addresses.
    place: usize,
    pub(crate) scheduling: bool,
    pub(crate) after: Option<After>,
    /// User accounts by name, without secrets.
    pub(crate) users: BTreeMap<String, Object>,
    /// Tasks that run here, with their slots.
    pub(crate) tasks: Vec<(TaskKey, u16)>,
    pub(crate) recent: VecDeque<TaskKey>,
    /// All tasks whose files are here.
    pub(crate) ran: BTreeSet<TaskKey>,
    pub(crate) total: u32,
    pub(crate) succeeded: u32,
    /// Status of its start task.
    pub(crate) start: Option<ProgramStatus>,
    /// Files that were deleted, by path.
    pub(crate) deleted: BTreeSet<String>,
    /// How often it was lost by a scenario.
    pub(crate) losses: u64,
    /// The error that it shows.
    pub(crate) error: Option<Object>,
    /// Number of free slots under which the pool lists it.
    listed: Option<u16>,
    epoch: u32,
}

impl Node {
    pub(crate) fn new(number: PoolNumber, pool: &Pool, dedicated: bool, now: Time) -> Self {
        let place = pool.nodes.next_number().index();
        Self {
            seat: Arc::new(Seat {
                pool: number,
                pool_id: pool.id.clone(),
                node_id: node_id(&pool.id, place, now, dedicated).into(),
                windows: pool.is_windows(),
            }),
            dedicated,
            phase: Phase::new(NodeState::Creating, now),
            allocated: now,
            booted: None,
            place,
            scheduling: true,
            after: None,
            users: BTreeMap::new(),
            tasks: Vec::new(),
            recent: VecDeque::new(),
            ran: BTreeSet::new(),
            total: 0,
            succeeded: 0,
            start: None,
            deleted: BTreeSet::new(),
            losses: 0,
            error: None,
            listed: None,
            epoch: 0,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.seat.node_id
    }

    pub(crate) fn leaving(&self) -> bool {
        self.after == Some(After::Leave) || self.phase.is(NodeState::LeavingPool)
    }

    pub(crate) fn used(&self) -> u16 {
        self.tasks.iter().map(|(_, slots)| slots).sum()
    }

    fn takes_tasks(&self) -> bool {
        let ready = matches!(self.phase.state, NodeState::Idle | NodeState::Running);
        ready && self.scheduling && self.after.is_none()
    }

    /// Checks that the node is idle or running.
    ///
    /// Source: descriptions of `ComputeNode_AddUser`, `ComputeNode_Reboot` and similar operations:
    /// the node must be idle or running.
    pub(crate) fn usable(&self) -> Result<(), Refusal> {
        let (code, what) = match self.phase.state {
            NodeState::Idle | NodeState::Running => return Ok(()),
            NodeState::Creating => ("NodeBeingCreated", "being created"),
            NodeState::Starting | NodeState::WaitingForStartTask => {
                ("NodeBeingStarted", "being started")
            }
            NodeState::Rebooting => ("NodeBeingRebooted", "being rebooted"),
            NodeState::Reimaging => ("NodeBeingReimaged", "being reimaged"),
            NodeState::LeavingPool => ("OperationNotValidOnNode", "being removed from its pool"),
            NodeState::Offline => ("OperationNotValidOnNode", "offline"),
            NodeState::Preempted => ("NodeStateUnusable", "preempted"),
            NodeState::Unusable => ("NodeStateUnusable", "unusable"),
            NodeState::Unknown => ("NodeStateUnusable", "not reachable"),
            NodeState::Deallocating => ("OperationNotValidOnNode", "being deallocated"),
            NodeState::Deallocated => ("OperationNotValidOnNode", "deallocated"),
            NodeState::StartTaskFailed => (
                "NodeStateUnusable",
                "unusable because its start task failed",
            ),
        };
        Err(conflict(code, &format!("The node is {what}.")))
    }

    /// Returns the IP address. Real programs get an address of this machine; on Linux, all that
    /// start with 127 are.
    ///
    /// Source: recorded, `ComputeNode_Get`: `10.0.0.5` for the second node; Azure reserves the
    /// first four addresses of a subnet.
    pub(crate) fn address(&self, real: bool) -> String {
        format!(
            "{}.0.{}.{}",
            if real { 127 } else { 10 },
            (self.place + 4) / 256 % 256,
            (self.place + 4) % 256
        )
    }

    /// Returns the public address and port: from the range reserved for documentation, as nothing
    /// listens there.
    ///
    /// No source for the port; chosen because each node needs a distinct one. Recorded,
    /// `ComputeNode_GetRemoteLoginSettings`, has 15000.
    pub(crate) fn login(&self) -> (&'static str, usize) {
        ("203.0.113.10", 50_000 + self.place % 15_000)
    }

    /// Returns the endpoints at which it can be reached from outside its pool.
    ///
    /// Source: the tests of the official clients, recorded with the live service: the endpoints of
    /// the pool come first, with names that end with the node's index, then one for SSH on a Linux
    /// node. For the ports of the pool's: description of `InboundNATPool`, whose range gives each
    /// node one. For Windows: recorded, `ComputeNode_Get`.
    fn endpoints(&self, pool: &Pool) -> Value {
        let (address, port) = self.login();
        let host = format!("{}.emulator.cloudapp.invalid", pool.id.to_ascii_lowercase());
        let (rule, backend) = if pool.is_windows() {
            ("ruleName", 3389)
        } else {
            ("SSHRule", 22)
        };
        let mut endpoints = Vec::new();
        let network = child(&pool.given, "networkConfiguration");
        let configuration = network.and_then(|network| child(network, "endpointConfiguration"));
        let nat = configuration.map_or(&[][..], |configuration| {
            list(configuration, "inboundNATPools")
        });
        for rule in nat.iter().filter_map(Value::as_object) {
            let first: usize = small(rule, "frontendPortRangeStart").unwrap_or(1);
            endpoints.push(json!({
                "name": format!("{}.{}", text(rule, "name").unwrap_or_default(), self.place),
                "protocol": rule.get("protocol"), "publicIPAddress": address, "publicFQDN": host,
                "frontendPort": first + self.place, "backendPort": rule.get("backendPort"),
            }));
        }
        endpoints.push(json!({
            "name": format!("{rule}.{}", self.place), "protocol": "tcp", "publicIPAddress": address,
            "publicFQDN": host, "frontendPort": port, "backendPort": backend,
        }));
        json!({"inboundEndpoints": endpoints})
    }
}

/// Creates the id of a node. It looks random, but is derived from values that differ per node, so
/// that a replay yields the same.
///
/// Source: recorded, `ComputeNode_List`: `tvmps_`, 64 hexadecimal digits, `_d` for a dedicated
/// node. `_p` for the others is not recorded.
fn node_id(pool: &str, place: usize, now: Time, dedicated: bool) -> String {
    let bytes = pool.bytes().fold(0_u64, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let mut seed = bytes ^ now.ticks().unsigned_abs() ^ (place as u64).rotate_left(40);
    let [a, b, c, d] = [(); 4].map(|()| chance::next(&mut seed));
    let kind = if dedicated { 'd' } else { 'p' };
    format!("tvmps_{a:016x}{b:016x}{c:016x}{d:016x}_{kind}")
}

pub(crate) fn not_found() -> Refusal {
    missing("NodeNotFound", "compute node in the pool")
}

impl Pool {
    pub(crate) fn find_node(&self, id: &str) -> Result<(NodeNumber, &Node), Refusal> {
        let found = self
            .nodes
            .number(id)
            .and_then(|number| Some((number, self.nodes.get(number)?)));
        found.ok_or_else(not_found)
    }

    pub(crate) fn find_node_mut(&mut self, id: &str) -> Result<(NodeNumber, &mut Node), Refusal> {
        let number = self.find_node(id)?.0;
        let node = self.nodes.get_mut(number);
        node.map(|node| (number, node)).ok_or_else(not_found)
    }

    /// Lists a node under its free slots, or not at all if it accepts no tasks.
    pub(crate) fn list_free(&mut self, number: NodeNumber) {
        let slots = self.slots();
        let Some(node) = self.nodes.get_mut(number) else {
            return;
        };
        let free = slots.saturating_sub(node.used());
        let listed = (node.takes_tasks() && free > 0).then_some(free);
        if listed == node.listed {
            return;
        }
        let before = std::mem::replace(&mut node.listed, listed);
        if let Some(before) = before {
            self.free.remove(&(before, number));
        }
        if let Some(listed) = listed {
            self.free.insert((listed, number));
        }
    }
}

impl State {
    /// Adds what happened to a node to the log.
    fn note_incident(&mut self, key: NodeKey, kind: IncidentKind, reason: &str) {
        let Some(node) = self.node(key) else {
            return;
        };
        let incident = Incident {
            time: self.now,
            pool: node.seat.pool_id.clone(),
            node: Some(node.seat.node_id.clone()),
            kind,
            reason: reason.into(),
        };
        self.incidents.add(incident);
    }

    /// Formats a node as the service does.
    ///
    /// Source: recorded, `ComputeNode_Get`. For `recentTasks`: description of
    /// `ComputeNode.recentTasks`, absent before the first task.
    pub(crate) fn node_object(&self, pool: &Pool, node: &Node, base: &str) -> Object {
        let mut object = Object::new();
        put(&mut object, "id", node.id());
        put(&mut object, "url", node.seat.url(base));
        node.phase.describe(&mut object);
        put(
            &mut object,
            "schedulingState",
            if node.scheduling {
                "enabled"
            } else {
                "disabled"
            },
        );
        put_time(&mut object, "allocationTime", node.allocated);
        let address = node.address(self.settings.execute);
        put(&mut object, "ipAddress", address);
        put(&mut object, "affinityId", format!("TVM:{}", node.id()));
        put(
            &mut object,
            "vmSize",
            text(&pool.given, "vmSize").unwrap_or_default(),
        );
        put(&mut object, "totalTasksRun", node.total);
        put(&mut object, "totalTasksSucceeded", node.succeeded);
        put(&mut object, "runningTasksCount", node.tasks.len());
        put(&mut object, "runningTaskSlotsCount", node.used());
        put(&mut object, "isDedicated", node.dedicated);
        put(&mut object, "endpointConfiguration", node.endpoints(pool));
        let certificates = pool.given.get("certificateReferences");
        put(
            &mut object,
            "certificateReferences",
            certificates.cloned().unwrap_or(json!([])),
        );
        if let Some(booted) = node.booted {
            put_time(&mut object, "lastBootTime", booted);
            put(
                &mut object,
                "nodeAgentInfo",
                json!({"version": "1.10.0", "lastUpdateTime": booted.to_string()}),
            );
        }
        if let Some(task) = pool.given.get("startTask") {
            put(&mut object, "startTask", task.clone());
        }
        if let Some(course) = &node.start {
            put(&mut object, "startTaskInfo", course.object());
        }
        let machine = child(&pool.given, "virtualMachineConfiguration");
        if let Some(image) = machine.and_then(|machine| child(machine, "imageReference")) {
            let mut image = image.clone();
            // Recorded: as exact as what was asked for.
            if let Some(version) = image.get("version").cloned() {
                put(&mut image, "exactVersion", version);
            }
            let info = json!({"imageReference": image});
            put(&mut object, "virtualMachineInfo", info);
        }
        if let Some(error) = &node.error {
            put(&mut object, "errors", json!([error]));
        }
        let recent: Vec<Value> = node
            .recent
            .iter()
            .filter_map(|task| self.task_brief(*task, base))
            .collect();
        if !recent.is_empty() {
            put(&mut object, "recentTasks", recent);
        }
        object
    }
}
