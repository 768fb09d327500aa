//! A row: the same work by hand-written code and by the client, its metric and its target.

use serde::Serialize;

/// Work that can be repeated, with everything it needs prepared.
pub type Work = Box<dyn FnMut()>;

/// A pair to compare.
pub struct Row {
    /// Name, for `--rows`.
    pub name: &'static str,
    /// Work to measure, and its baseline.
    pub what: String,
    /// Metric.
    pub kind: Kind,
    /// Target.
    pub targets: Targets,
}

/// Metric of a row.
pub enum Kind {
    /// CPU time and allocations of this thread.
    Work(Pair),
    /// Size in bytes.
    Size {
        /// Hand-written code.
        hand: usize,
        /// The client.
        ours: usize,
    },
    /// Share of the possible maximum, at most 1.
    Share(Box<dyn FnMut() -> f64>),
}

/// The same work in two versions.
pub struct Pair {
    /// Upper bound for the number of runs, for work that takes long.
    pub most_runs: usize,
    /// Number of repetitions in one measurement.
    pub repeats: u32,
    /// Number of parts, such as tasks, by which the allocations are divided.
    pub parts: u32,
    /// Name of a part, such as `task`.
    pub part: &'static str,
    /// Hand-written code.
    pub hand: Work,
    /// The client.
    pub ours: Work,
}

/// Target; `None` if there is none.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Targets {
    /// Highest ratio of the client to the code written by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The most allocations for a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocations: Option<f64>,
    /// The highest peak of memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak: Option<f64>,
    /// The highest ratio of the client's peak to that of the hand-written code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_ratio: Option<f64>,
    /// The largest size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<f64>,
    /// The smallest share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}
