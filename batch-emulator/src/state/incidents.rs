//! A bounded log of what went wrong with nodes and resizes, and of recoveries.
//!
//! A node that recovers, or leaves its pool, no longer shows its error, and a pool drops those of
//! its last resize. The dashboard shows them from here.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::resource::words;
use crate::time::Time;

/// Maximum number of incidents that are kept.
const MOST: usize = 200;

words! {
    /// Kind of an incident.
    IncidentKind {
        Preempted = "preempted", Unusable = "unusable", Unknown = "unknown",
        StartTaskFailed = "starttaskfailed", Recovered = "recovered", Resize = "resize",
    }
}

/// Something that happened to a node, or to a resize if there is no node.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Incident {
    pub(crate) time: Time,
    pub(crate) pool: Arc<str>,
    pub(crate) node: Option<Box<str>>,
    pub(crate) kind: IncidentKind,
    /// The code of the error, or a description.
    pub(crate) reason: Box<str>,
}

/// The last incidents, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Incidents {
    pub(crate) recent: VecDeque<Incident>,
    /// Number of incidents so far.
    pub(crate) total: u64,
}

impl Incidents {
    pub(crate) fn add(&mut self, incident: Incident) {
        if self.recent.len() == MOST {
            self.recent.pop_front();
        }
        self.recent.push_back(incident);
        self.total += 1;
    }
}
