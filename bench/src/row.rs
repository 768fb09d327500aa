//! A row: work done by hand and by us, in what it is measured, and what is to be reached.

use serde::Serialize;

/// Work that can be repeated; what it needs is prepared.
pub type Work = Box<dyn FnMut()>;

/// A pair that is compared.
pub struct Row {
    /// The name that `--rows` selects by.
    pub name: &'static str,
    /// What is done, and beside what.
    pub what: String,
    /// How it is measured.
    pub kind: Kind,
    /// What is to be reached.
    pub targets: Targets,
}

/// How a row is measured.
pub enum Kind {
    /// By the CPU time of this thread, and by what it allocates.
    Work(Pair),
    /// By a size in bytes.
    Size {
        /// By hand.
        hand: usize,
        /// Ours.
        ours: usize,
    },
    /// By a share of what is possible, at most 1.
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
    /// What a part is, such as `task`.
    pub part: &'static str,
    /// By hand.
    pub hand: Work,
    /// Ours.
    pub ours: Work,
}

/// What is to be reached; `None` where nothing is asked.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Targets {
    /// The highest ratio of ours to what is done by hand.
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
