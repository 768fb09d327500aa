//! Autoscale formulas, as far as they are computed here.

use super::Sizes;
use crate::request::Object;
use crate::state::resource::{object, pair, put};
use crate::state::time::Time;

/// The result of an autoscale formula that only assigns whole numbers to the two targets.
///
/// Computing formulas is beyond this simulation: one that says anything else gives a run with an error.
pub(crate) fn evaluate(formula: &str, current: Sizes, now: Time) -> (Object, Option<Sizes>) {
    let mut targets = current;
    let mut error = None;
    for statement in formula
        .split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
    {
        match assignment(statement) {
            Some((kind, value)) => targets[kind] = value,
            None => error = error.or(Some(statement)),
        }
    }
    let results = format!(
        "$TargetDedicatedNodes={};$TargetLowPriorityNodes={};$NodeDeallocationOption=requeue",
        targets[0], targets[1]
    );
    let mut run = object([
        ("timestamp", now.to_string().into()),
        ("results", results.into()),
    ]);
    let Some(statement) = error else {
        return (run, Some(targets));
    };
    let message = format!("This service computes constant assignments only, not: {statement}");
    let error = object([
        ("code", "AutoScalingFormulaEvaluationError".into()),
        (
            "message",
            "The autoscale formula cannot be computed.".into(),
        ),
        ("values", vec![pair("Message", &message)].into()),
    ]);
    put(&mut run, "error", error);
    (run, None)
}

/// `$TargetDedicatedNodes = 2` and the like.
fn assignment(statement: &str) -> Option<(usize, u32)> {
    let (name, value) = statement.split_once('=')?;
    let kind = match name.trim() {
        "$TargetDedicatedNodes" | "$TargetDedicated" => 0,
        "$TargetLowPriorityNodes" => 1,
        _ => return None,
    };
    Some((kind, value.trim().parse().ok()?))
}
