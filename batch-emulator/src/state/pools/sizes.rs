//! Resizing and deletion of pools.

use std::collections::BTreeSet;

use super::{Allocation, Pool, PoolState, Scaling, Sizes, TaskFate, not_found};
use crate::refusal::Refusal;
use crate::refusal::wrong_state;
use crate::request::Object;
use crate::state::events::Event;
use crate::state::incidents::{Incident, IncidentKind};
use crate::state::nodes::{After, Node, NodeState};
use crate::state::numbers::{NodeKey, NodeNumber, PoolNumber};
use crate::state::resource::{Phase, Stamp, small};
use crate::state::scenario::limit;
use crate::state::{Catalog, State};

impl State {
    /// Adds a pool from its normalized definition and starts its first resize.
    ///
    /// Source: recorded, `Pool_Get` just after `Pool_Add`.
    pub(crate) fn add_pool(&mut self, id: &str, given: Object, auto: bool) -> Stamp {
        let stamp = Stamp::new(self.stamp());
        let targets = [
            small(&given, "targetDedicatedNodes").unwrap_or(0),
            small(&given, "targetLowPriorityNodes").unwrap_or(0),
        ];
        let pool = Pool {
            id: id.into(),
            given,
            stamp,
            phase: Phase::new(PoolState::Active, stamp.created),
            allocation: Phase::new(Allocation::Steady, stamp.created),
            targets: [0; 2],
            errors: Vec::new(),
            nodes: Catalog::default(),
            free: BTreeSet::new(),
            scaling: Scaling::default(),
            auto,
            confirming: false,
            epoch: 0,
        };
        let number = self.pools.add(id, pool);
        self.resize(number, targets, TaskFate::Requeue);
        if self.pool(number).is_some_and(Pool::auto_scales) {
            self.start_scaling(number);
        }
        stamp
    }

    /// Starts resizing a pool.
    ///
    /// Source: description of `Pool_Resize`: the service chooses the nodes to remove.
    pub(crate) fn resize(&mut self, number: PoolNumber, targets: Sizes, fate: TaskFate) {
        let Some(pool) = self.pools.get_mut(number) else {
            return;
        };
        pool.targets = targets;
        let staying = pool.count(|node| !node.leaving());
        let surplus = [0, 1].map(|kind: usize| staying[kind].saturating_sub(targets[kind]));
        let leaving = choose_leaving(pool, surplus);
        self.begin_resize(number);
        for node in leaving {
            self.drain_node(NodeKey { pool: number, node }, After::Leave, fate);
        }
    }

    /// Removes chosen nodes from a pool and reduces its targets accordingly.
    ///
    /// Source: description of `Pool_RemoveNodes`. No source for the smaller targets; chosen because
    /// the pool would be refilled otherwise.
    pub(crate) fn remove_nodes(
        &mut self,
        number: PoolNumber,
        nodes: &[NodeNumber],
        fate: TaskFate,
    ) {
        if let Some(pool) = self.pools.get_mut(number) {
            for node in nodes.iter().filter_map(|node| pool.nodes.get(*node)) {
                let target = &mut pool.targets[usize::from(!node.dedicated)];
                *target = target.saturating_sub(1);
            }
        }
        self.begin_resize(number);
        for node in nodes {
            let key = NodeKey {
                pool: number,
                node: *node,
            };
            self.drain_node(key, After::Leave, fate);
        }
    }

    /// Starts a resize to the targets of the pool.
    ///
    /// Source: description of `CloudPool.resizeErrors`: those of the last resize.
    fn begin_resize(&mut self, number: PoolNumber) {
        let (now, step) = (self.now, self.step());
        if let Some(pool) = self.pools.get_mut(number) {
            pool.allocation.enter(Allocation::Resizing, now);
            pool.errors.clear();
            pool.confirming = false;
            pool.epoch += 1;
            let event = Event::PoolAllocated {
                pool: number,
                epoch: pool.epoch,
            };
            self.events.at(now.plus(step), event);
        }
    }

    /// Starts a resize to the targets that the pool has.
    ///
    /// Source: recorded, `Pool_DisableAutoScale` and a `Pool_Resize` that is accepted within the
    /// same second.
    pub(crate) fn confirm_size(&mut self, number: PoolNumber) {
        self.begin_resize(number);
        if let Some(pool) = self.pools.get_mut(number) {
            pool.confirming = true;
        }
    }

    /// Allocates the nodes of a resize.
    ///
    /// Source: description of `ResizeError`: a resize that ends with fewer nodes than requested
    /// reports an error.
    pub(crate) fn pool_allocated(&mut self, number: PoolNumber, epoch: u32) {
        let step = self.step();
        let (now, total, quotas) = (self.now, self.node_totals(), self.node_quotas());
        let current = self.pool(number).filter(|pool| pool.epoch == epoch);
        let Some(wanted) = current.map(|pool| {
            let staying = pool.count(|node| !node.leaving());
            [0, 1].map(|kind| pool.targets[kind].saturating_sub(staying[kind]))
        }) else {
            return;
        };
        let (allotted, code) = self.allot(number, wanted);
        let Some(pool) = self.pools.get_mut(number) else {
            return;
        };
        let known = pool.errors.len();
        let mut new = Vec::new();
        for kind in [0, 1] {
            if let Some(code) = code.as_deref().filter(|_| allotted[kind] < wanted[kind]) {
                let message = "The cloud could not allocate all requested nodes.";
                pool.error(code, message, Vec::new());
            }
            let wanted = allotted[kind];
            let room = quotas[kind].saturating_sub(total[kind]);
            if wanted > room {
                let code = ["AccountCoreQuotaReached", "AccountSpotCoreQuotaReached"][kind];
                let message = "The account's limit does not allow all requested nodes.";
                pool.error(code, message, limit(quotas[kind]));
            }
            for _ in 0..wanted.min(room) {
                let node = Node::new(number, pool, kind == 0, now);
                let seat = node.seat.clone();
                new.push(pool.nodes.add(&seat.node_id, node));
            }
        }
        self.note_errors(number, known);
        for node in new {
            let event = Event::NodeNext {
                pool: number,
                node,
                epoch: 0,
            };
            self.events.at(now.plus(step), event);
            self.expect_losses(NodeKey { pool: number, node });
        }
        self.events.at(
            now.plus(step),
            Event::PoolSettled {
                pool: number,
                epoch,
            },
        );
    }

    /// Adds the errors of a pool beyond the known ones to the log of incidents.
    fn note_errors(&mut self, number: PoolNumber, known: usize) {
        let Some(pool) = self.pools.get(number) else {
            return;
        };
        for error in pool.errors.iter().skip(known) {
            let part = |name: &str| error[name].as_str().unwrap_or_default();
            self.incidents.add(Incident {
                time: self.now,
                pool: pool.id.clone(),
                node: None,
                kind: IncidentKind::Resize,
                reason: format!("{}: {}", part("code"), part("message")).into(),
            });
        }
    }

    fn node_totals(&self) -> Sizes {
        let mut totals = [0; 2];
        for (_, pool) in self.pools.iter() {
            let sizes = pool.sizes();
            totals = [totals[0] + sizes[0], totals[1] + sizes[1]];
        }
        totals
    }

    /// Completes the resize unless nodes are still leaving.
    ///
    /// Source: description of `Pool_StopResize`: the pool keeps the size that it has.
    pub(crate) fn pool_settled(&mut self, number: PoolNumber, epoch: u32) {
        let now = self.now;
        let Some(pool) = self
            .pools
            .get_mut(number)
            .filter(|pool| pool.epoch == epoch)
        else {
            return;
        };
        if pool.nodes.iter().any(|(_, node)| node.leaving()) {
            return;
        }
        let known = pool.errors.len();
        if pool.allocation.is(Allocation::Stopping) && pool.sizes() != pool.targets {
            let message = "The resize was stopped before the pool reached the requested size.";
            pool.error("ResizeStopped", message, Vec::new());
        }
        pool.allocation.enter(Allocation::Steady, now);
        pool.confirming = false;
        self.note_errors(number, known);
    }

    /// Completes the resize once the last node has left.
    pub(crate) fn node_left(&mut self, number: PoolNumber) {
        let epoch = self.pool(number).map(|pool| pool.epoch);
        if let Some(epoch) = epoch {
            self.pool_settled(number, epoch);
        }
    }

    /// Stops a resize; nodes that wait for their tasks before leaving stay.
    ///
    /// Source: description of `Pool_StopResize`. That waiting nodes stay follows from "changes
    /// already made are not undone". By the tests of the official clients, the `ETag` stays that of
    /// the resize.
    pub(crate) fn stop_resize(&mut self, number: PoolNumber) -> Result<Stamp, Refusal> {
        let (now, step) = (self.now, self.step());
        let pool = self.pools.get_mut(number).ok_or_else(not_found)?;
        if !pool.allocation.is(Allocation::Resizing) {
            return Err(wrong_state("The pool is not being resized."));
        }
        pool.allocation.enter(Allocation::Stopping, now);
        pool.epoch += 1;
        let (epoch, stamp) = (pool.epoch, pool.stamp);
        let staying: Vec<NodeNumber> = pool
            .nodes
            .iter()
            .filter(|(_, node)| {
                node.after == Some(After::Leave) && !node.phase.is(NodeState::LeavingPool)
            })
            .map(|(number, _)| number)
            .collect();
        for node in staying {
            self.keep_node(NodeKey { pool: number, node });
        }
        self.events.at(
            now.plus(step),
            Event::PoolSettled {
                pool: number,
                epoch,
            },
        );
        Ok(stamp)
    }

    /// Starts deleting a pool; its running tasks are requeued.
    ///
    /// Source: description of `Pool_Delete`: a resize to zero with the option `requeue`, then the
    /// pool is removed.
    pub(crate) fn delete_pool(&mut self, number: PoolNumber) {
        let modified = self.stamp();
        let (now, step) = (self.now, self.step());
        let Some(pool) = self.pools.get_mut(number) else {
            return;
        };
        if !pool.phase.is(PoolState::Active) {
            return;
        }
        pool.phase.enter(PoolState::Deleting, now);
        pool.stamp.modified = modified;
        self.resize(number, [0; 2], TaskFate::Requeue);
        // The resize is complete after two steps.
        self.events
            .at(now.plus(step).plus(step), Event::PoolGone { pool: number });
    }

    pub(crate) fn pool_gone(&mut self, number: PoolNumber) {
        if let Some(id) = self.pool(number).map(|pool| pool.id.clone()) {
            self.pools.remove(&id);
        }
    }

    /// Marks a pool as changed.
    pub(crate) fn touch_pool(&mut self, number: PoolNumber) -> Stamp {
        let modified = self.stamp();
        let stamp = self.pools.get_mut(number).map(|pool| {
            pool.stamp.modified = modified;
            pool.stamp
        });
        stamp.unwrap_or(Stamp::new(modified))
    }
}

/// Chooses the nodes to remove: lost ones before idle ones, these before busy ones, young ones
/// before old ones.
///
/// No source; chosen because it interrupts the least work.
fn choose_leaving(pool: &Pool, surplus: Sizes) -> Vec<NodeNumber> {
    let mut chosen = Vec::new();
    for kind in [0, 1] {
        let of_kind = pool
            .nodes
            .iter()
            .filter(|(_, node)| usize::from(!node.dedicated) == kind);
        let mut staying: Vec<_> = of_kind.filter(|(_, node)| !node.leaving()).collect();
        staying.sort_by_key(|(number, node)| {
            let rank = std::cmp::Reverse(node.is_lost());
            (rank, node.tasks.len(), std::cmp::Reverse(*number))
        });
        let leaving = staying.iter().take(surplus[kind] as usize);
        chosen.extend(leaving.map(|(number, _)| *number));
    }
    chosen
}
