//! A row: work done by hand and by us, in what it is measured, and what is to be reached.

use serde::Serialize;

/// Work that can be repeated; what it needs is prepared.
pub type Work = Box<dyn FnMut()>;

/// A pair that is compared.
pub struct Row {
    /// The name that `--rows` selects by.
    pub name: &'static str,
    /// Work measured, and its baseline.
    pub what: String,
    /// How it is measured.
    pub kind: Kind,
    /// Target.
    pub targets: Targets,
}

/// How a row is measured.
pub enum Kind {
    /// By the CPU time of this thread, and by its allocations.
    Work(Pair),
    /// By a size in bytes.
    Size {
        /// By hand.
        hand: usize,
        /// Ours.
        ours: usize,
    },
    /// By the share of the possible maximum, at most 1.
    Share(Box<dyn FnMut() -> f64>),
}

/// The same work twice.
pub struct Pair {
    /// How many runs the caller's number is cut to, for what takes long.
    pub most_runs: usize,
    /// How often the work is done for one measurement.
    pub repeats: u32,
    /// Into how many parts, such as tasks, the allocations of the work are counted.
    pub parts: u32,
    /// Name of a part, such as `task`.
    pub part: &'static str,
    /// By hand.
    pub hand: Work,
    /// Ours.
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
    /// The highest ratio of our peak to the one by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_ratio: Option<f64>,
    /// The largest size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<f64>,
    /// The smallest share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}
