//! Events of nodes and resizes, with their reasons.

use serde_json::{Value, json};

use super::{message, millis};
use crate::state::State;
use crate::state::incidents::Incident;

/// Returns the last incidents that match, newest first.
pub(super) fn newest(state: &State, most: usize, matches: impl Fn(&Incident) -> bool) -> Value {
    let incidents = state.incidents.recent.iter().rev();
    incidents
        .filter(|incident| matches(incident))
        .take(most)
        .map(describe)
        .collect()
}

fn describe(incident: &Incident) -> Value {
    json!({
        "at": millis(incident.time),
        "pool": &*incident.pool,
        "node": incident.node,
        "kind": <&str>::from(incident.kind),
        "reason": message(&incident.reason),
    })
}
