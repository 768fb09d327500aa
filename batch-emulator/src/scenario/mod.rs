//! Scenarios: what goes wrong in the cloud below the service, by rules and a seed.
//!
//! A scenario is a setting of the state, which applies it (`state::scenario`); here are its types,
//! and `reading` parses them. Unlike injected faults, which disturb single requests, a scenario
//! changes nodes, resizes and quotas, so all requests agree on what has happened.

mod reading;

use serde::{Deserialize, Serialize};

/// Rules about nodes, resizes and quotas, and the seed of their random decisions.
///
/// ```
/// use batch_emulator::{NodeFault, NodeRule, ResizeRule, Scenario};
///
/// let scenario = Scenario::new(7)
///     .node(NodeRule::per_minute(NodeFault::Preempted, 0.02).pool("p").recovers_after(60.0))
///     .node(NodeRule::after(NodeFault::Unusable, 90.0).pool("p").index(3))
///     .resize(ResizeRule::new(4, "AllocationTimedout").most(1));
/// assert_eq!(scenario.nodes.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// Seed of the random decisions; 0 by default. With the same seed, the same nodes of a pool are
    /// lost after the same times.
    #[serde(default)]
    pub seed: u64,
    /// Rules about nodes. Each applies separately.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeRule>,
    /// Rules about resizes. The first one that selects a resize applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resizes: Vec<ResizeRule>,
    /// Quotas of the account.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quotas: Quotas,
}

/// A rule by which nodes are lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct NodeRule {
    /// The pool; every pool by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// The kind of nodes; both by default. Only Spot nodes can be preempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<NodeKind>,
    /// The index of the node in its pool, counted from 0 in the order of allocation; every node by
    /// default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The node's new state.
    pub becomes: NodeFault,
    /// Probability that a node is lost within a minute of the service's time, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<f64>,
    /// Seconds of the service's time from the allocation of a node to its loss; for nodes that
    /// exist when the scenario is set, from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_seconds: Option<f64>,
    /// Seconds of the service's time from the loss of a node until it starts again; by default it
    /// stays lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovers_after_seconds: Option<f64>,
    /// Code of the error that the node shows; none by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Maximum number of losses by this rule; unlimited by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

/// A kind of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeKind {
    /// Dedicated nodes.
    Dedicated,
    /// Spot and low-priority nodes.
    Spot,
}

/// How a node is lost. Its tasks are requeued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NodeFault {
    /// Azure takes a Spot node back. Its files are lost.
    Preempted,
    /// The node cannot run tasks.
    Unusable,
    /// The service has no contact to the node.
    Unknown,
    /// The start task fails, if the pool has one whose success nodes wait for.
    StartTaskFailed,
}

/// A rule by which resizes get fewer nodes than requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct ResizeRule {
    /// The pool; every pool by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Number of nodes that the resize can allocate, dedicated ones first.
    pub nodes: u32,
    /// Code of the resize error, such as `AllocationFailed` or `AllocationTimedout`.
    pub code: String,
    /// The first resize that needs new nodes and is selected, counted from 1; 1 by default.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub first: u64,
    /// Maximum number of resizes to select; unlimited by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

/// Quotas of the account; unlimited by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Quotas {
    /// Number of dedicated nodes. The quota of a real account counts their cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedicated_nodes: Option<u32>,
    /// Number of Spot and low-priority nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot_nodes: Option<u32>,
    /// Number of pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pools: Option<u32>,
    /// Number of jobs and job schedules that have not completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_jobs_and_schedules: Option<u32>,
}

impl Scenario {
    /// Creates a scenario without rules.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// Adds a rule to [`nodes`](Self#structfield.nodes).
    #[must_use]
    pub fn node(mut self, rule: NodeRule) -> Self {
        self.nodes.push(rule);
        self
    }

    /// Adds a rule to [`resizes`](Self#structfield.resizes).
    #[must_use]
    pub fn resize(mut self, rule: ResizeRule) -> Self {
        self.resizes.push(rule);
        self
    }

    /// Sets [`quotas`](Self#structfield.quotas).
    #[must_use]
    pub fn quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }
}

impl NodeRule {
    fn new(becomes: NodeFault) -> Self {
        Self {
            pool: None,
            kind: None,
            index: None,
            becomes,
            per_minute: None,
            after_seconds: None,
            recovers_after_seconds: None,
            code: None,
            most: None,
        }
    }

    /// Creates a rule by which every node is lost with this probability a minute.
    pub fn per_minute(becomes: NodeFault, probability: f64) -> Self {
        Self {
            per_minute: Some(probability),
            ..Self::new(becomes)
        }
    }

    /// Creates a rule by which every node is lost this number of seconds after its allocation.
    pub fn after(becomes: NodeFault, seconds: f64) -> Self {
        Self {
            after_seconds: Some(seconds),
            ..Self::new(becomes)
        }
    }

    /// Sets [`pool`](Self#structfield.pool).
    #[must_use]
    pub fn pool(self, pool: impl Into<String>) -> Self {
        let pool = Some(pool.into());
        Self { pool, ..self }
    }

    /// Sets [`kind`](Self#structfield.kind).
    #[must_use]
    pub fn kind(self, kind: NodeKind) -> Self {
        let kind = Some(kind);
        Self { kind, ..self }
    }

    /// Sets [`index`](Self#structfield.index).
    #[must_use]
    pub fn index(self, index: usize) -> Self {
        let index = Some(index);
        Self { index, ..self }
    }

    /// Sets [`recovers_after_seconds`](Self#structfield.recovers_after_seconds).
    #[must_use]
    pub fn recovers_after(self, seconds: f64) -> Self {
        let recovers_after_seconds = Some(seconds);
        Self {
            recovers_after_seconds,
            ..self
        }
    }

    /// Sets [`code`](Self#structfield.code).
    #[must_use]
    pub fn code(self, code: impl Into<String>) -> Self {
        let code = Some(code.into());
        Self { code, ..self }
    }

    /// Sets [`most`](Self#structfield.most).
    #[must_use]
    pub fn most(self, most: u64) -> Self {
        let most = Some(most);
        Self { most, ..self }
    }
}

impl ResizeRule {
    /// Creates a rule by which every resize gets at most this number of new nodes and this error.
    pub fn new(nodes: u32, code: impl Into<String>) -> Self {
        Self {
            pool: None,
            nodes,
            code: code.into(),
            first: 1,
            most: None,
        }
    }

    /// Sets [`pool`](Self#structfield.pool).
    #[must_use]
    pub fn pool(self, pool: impl Into<String>) -> Self {
        let pool = Some(pool.into());
        Self { pool, ..self }
    }

    /// Sets [`first`](Self#structfield.first).
    #[must_use]
    pub fn first(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// Sets [`most`](Self#structfield.most).
    #[must_use]
    pub fn most(self, most: u64) -> Self {
        let most = Some(most);
        Self { most, ..self }
    }
}

impl Quotas {
    /// Sets [`dedicated_nodes`](Self#structfield.dedicated_nodes).
    #[must_use]
    pub fn dedicated_nodes(self, most: u32) -> Self {
        let dedicated_nodes = Some(most);
        Self {
            dedicated_nodes,
            ..self
        }
    }

    /// Sets [`spot_nodes`](Self#structfield.spot_nodes).
    #[must_use]
    pub fn spot_nodes(self, most: u32) -> Self {
        let spot_nodes = Some(most);
        Self { spot_nodes, ..self }
    }

    /// Sets [`pools`](Self#structfield.pools).
    #[must_use]
    pub fn pools(self, most: u32) -> Self {
        let pools = Some(most);
        Self { pools, ..self }
    }

    /// Sets [`active_jobs_and_schedules`](Self#structfield.active_jobs_and_schedules).
    #[must_use]
    pub fn active_jobs_and_schedules(self, most: u32) -> Self {
        let active_jobs_and_schedules = Some(most);
        Self {
            active_jobs_and_schedules,
            ..self
        }
    }
}

fn one() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The signature that serde requires.
fn is_one(number: &u64) -> bool {
    *number == 1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
