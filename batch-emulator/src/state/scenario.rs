//! Applies the scenario: when nodes are lost, what resizes get, and what quotas allow.
//!
//! Losses are events, scheduled when a node is allocated, when a scenario is set, and after a
//! recovery. A random time is drawn once, as the minute of the first success of independent trials,
//! so that nothing has to be done each minute.

use serde::{Deserialize, Serialize};

use super::State;
use super::events::Event;
use super::jobs::JobState;
use super::nodes::Node;
use super::numbers::{NodeKey, PoolNumber};
use super::pools::Sizes;
use super::resource::pair;
use super::schedules::ScheduleState;
use crate::chance;
use crate::refusal::{Refusal, conflict};
use crate::scenario::{NodeFault, NodeKind, NodeRule, Scenario};
use crate::state::Settings;
use crate::time::Span;

/// Maximum number of nodes of a kind in the account, so that no request can exhaust the memory.
///
/// No source; the quota of an account counts cores and can be raised without a documented limit.
const NODE_QUOTA: u32 = 2000;

/// Effects of the current scenario's rules so far.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Generation of the scenario, so that events of earlier ones are recognized as stale.
    generation: u32,
    /// Number of losses, by rule.
    pub(crate) lost: Vec<u64>,
    /// Number of resizes that needed new nodes, by rule.
    pub(crate) resized: Vec<u64>,
}

impl NodeRule {
    fn applies(&self, pool: &str, node: &Node) -> bool {
        let spot = !node.dedicated;
        let kind = match self.kind {
            None => true,
            Some(NodeKind::Dedicated) => !spot,
            Some(NodeKind::Spot) => spot,
        };
        let named = self.pool.as_deref();
        named.is_none_or(|named| named.eq_ignore_ascii_case(pool))
            && self.index.is_none_or(|index| index == node.index())
            && kind
            && (spot || self.becomes != NodeFault::Preempted)
    }

    /// Returns the time until the loss of a node: the time of a rule that has one, otherwise a
    /// number of minutes that the probability and these numbers determine.
    fn delay(&self, numbers: &[u64]) -> Option<Span> {
        if let Some(seconds) = self.after_seconds {
            return Some(Span::from_seconds(seconds));
        }
        let probability = self.per_minute.filter(|probability| *probability > 0.0)?;
        // A double holds exactly the 53 highest bits.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let chance = (chance::mix(numbers) >> 11) as f64 / (1_u64 << 53) as f64;
        let failures = (1.0 - chance).ln() / (1.0 - probability).ln();
        let minutes = failures.max(0.0).floor() + 1.0;
        Some(Span::from_seconds(60.0 * minutes))
    }
}

impl State {
    /// Applies settings that differ from the current ones.
    pub(crate) fn apply_settings(&mut self, settings: Settings) {
        let changed = settings.scenario != self.settings.scenario;
        self.settings = settings;
        if changed {
            self.start_scenario();
        }
    }

    /// Starts the scenario of the settings on the nodes that exist.
    pub(super) fn start_scenario(&mut self) {
        let Scenario { nodes, resizes, .. } = &self.settings.scenario;
        self.progress = Progress {
            generation: self.progress.generation + 1,
            lost: vec![0; nodes.len()],
            resized: vec![0; resizes.len()],
        };
        let nodes = self.pools.iter().flat_map(|(pool, known)| {
            let nodes = known.nodes.iter();
            nodes.map(move |(node, _)| NodeKey { pool, node })
        });
        for node in nodes.collect::<Vec<_>>() {
            self.expect_losses(node);
        }
    }

    /// Schedules the losses of a node by every rule.
    pub(crate) fn expect_losses(&mut self, key: NodeKey) {
        for rule in 0..self.settings.scenario.nodes.len() {
            self.expect_loss(key, rule);
        }
    }

    fn expect_loss(&mut self, key: NodeKey, index: usize) {
        let seed = self.settings.scenario.seed;
        let rule = self.settings.scenario.nodes.get(index);
        let (Some(rule), Some(pool), Some(node)) = (rule, self.pool(key.pool), self.node(key))
        else {
            return;
        };
        if !rule.applies(&pool.id, node) {
            return;
        }
        let place = u64::try_from(node.index()).unwrap_or(u64::MAX);
        let numbers = [
            seed,
            index as u64,
            chance::hash(&pool.id),
            place,
            node.losses,
        ];
        if let Some(delay) = rule.delay(&numbers) {
            let event = Event::NodeLost {
                pool: key.pool,
                node: key.node,
                rule: u32::try_from(index).unwrap_or(u32::MAX),
                generation: self.progress.generation,
            };
            self.events.at(self.now.plus(delay), event);
        }
    }

    /// Loses a node by a rule, unless it is lost already.
    pub(crate) fn node_lost(&mut self, key: NodeKey, rule: u32, generation: u32) {
        let index = rule as usize;
        let lost = self.progress.lost.get(index).copied().unwrap_or(u64::MAX);
        let rule = self.settings.scenario.nodes.get(index).cloned();
        let Some(rule) = rule.filter(|_| generation == self.progress.generation) else {
            return;
        };
        if rule.most.is_some_and(|most| lost >= most) {
            return;
        }
        if self.lose_node(key, &rule)
            && let Some(count) = self.progress.lost.get_mut(index)
        {
            *count += 1;
        }
        if rule.per_minute.is_some() {
            self.expect_loss(key, index);
        }
    }

    /// Returns how many new nodes of each kind a resize gets, and the code of its error if these
    /// are fewer than wanted.
    pub(super) fn allot(&mut self, number: PoolNumber, wanted: Sizes) -> (Sizes, Option<String>) {
        let Some(id) = self.pool(number).map(|pool| pool.id.clone()) else {
            return (wanted, None);
        };
        if wanted == [0; 2] {
            return (wanted, None);
        }
        for (rule, count) in (self.settings.scenario.resizes.iter()).zip(&mut self.progress.resized)
        {
            let named = rule.pool.as_deref();
            if named.is_some_and(|named| !named.eq_ignore_ascii_case(&id)) {
                continue;
            }
            *count += 1;
            let end = rule.most.map(|most| rule.first.saturating_add(most));
            if *count >= rule.first && end.is_none_or(|end| *count < end) {
                let dedicated = wanted[0].min(rule.nodes);
                let spot = wanted[1].min(rule.nodes - dedicated);
                return ([dedicated, spot], Some(rule.code.clone()));
            }
        }
        (wanted, None)
    }

    /// Returns the maximum numbers of nodes in the account.
    pub(super) fn node_quotas(&self) -> Sizes {
        let quotas = self.settings.scenario.quotas;
        [quotas.dedicated_nodes, quotas.spot_nodes]
            .map(|quota| quota.unwrap_or(NODE_QUOTA).min(NODE_QUOTA))
    }

    /// Checks that the account may have another pool.
    ///
    /// Source: "Batch Status and Error Codes", for the code.
    pub(crate) fn check_pool_quota(&self) -> Result<(), Refusal> {
        let quota = self.settings.scenario.quotas.pools;
        let used = |quota: &u32| self.pools.iter().take(*quota as usize).count() as u64;
        match quota.filter(|quota| used(quota) >= u64::from(*quota)) {
            None => Ok(()),
            Some(quota) => Err(reached("PoolQuotaReached", "pools", quota)),
        }
    }

    /// Checks that the account may have another active job or job schedule.
    ///
    /// Source: "Batch Status and Error Codes", for the code; the page on quotas: completed jobs do
    /// not count.
    pub(crate) fn check_job_quota(&self) -> Result<(), Refusal> {
        let Some(quota) = self.settings.scenario.quotas.active_jobs_and_schedules else {
            return Ok(());
        };
        let jobs = self.jobs.iter().filter(|(_, job)| {
            !job.phase.is(JobState::Completed) && !job.phase.is(JobState::Deleting)
        });
        let schedules = self.schedules.iter().filter(|(_, schedule)| {
            let phase = &schedule.phase;
            !phase.is(ScheduleState::Completed) && !phase.is(ScheduleState::Deleting)
        });
        if jobs.count() + schedules.count() < quota as usize {
            return Ok(());
        }
        let code = "ActiveJobAndScheduleQuotaReached";
        Err(reached(code, "active jobs and job schedules", quota))
    }
}

fn reached(code: &'static str, what: &str, quota: u32) -> Refusal {
    let message = format!("The account has reached its quota of {what}.");
    conflict(code, &message).with("Limit", quota.to_string())
}

/// Returns the details of a resize error about a quota.
pub(super) fn limit(quota: u32) -> Vec<serde_json::Value> {
    vec![pair("Limit", &quota.to_string())]
}
