//! Parses scenarios from JSON and rejects rules that make no sense.

use std::str::FromStr;

use serde_json::Value;

use super::{NodeFault, NodeKind, NodeRule, ResizeRule, Scenario};
use crate::faults::FaultError;

/// The longest time in a rule: ten years, in seconds.
const MAX_SECONDS: f64 = 10.0 * 366.0 * 24.0 * 3600.0;

/// Parses JSON: an object with `seed`, `nodes`, `resizes` and `quotas`, each of them optional.
impl FromStr for Scenario {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| FaultError::new(format!("the scenario is not JSON: {error}")))?;
        if !value.is_object() {
            let text = "the scenario must be an object with `nodes`, `resizes` or `quotas`";
            return Err(FaultError::new(text.to_owned()));
        }
        serde_path_to_error::deserialize(&value).map_err(|error| {
            let (path, error) = (error.path().to_string(), error.into_inner());
            let place = if path == "." {
                String::new()
            } else {
                format!("{path}: ")
            };
            FaultError::new(format!("{place}{error}"))
        })
    }
}

/// Position of a mistake, and its description.
type Wrong = (&'static str, String);

impl Scenario {
    /// Rejects rules that can never apply.
    pub(crate) fn check(&self) -> Result<(), FaultError> {
        let named = |list: &str, index: usize, (place, text): Wrong| {
            FaultError::new(format!("{list}[{index}].{place}: {text}"))
        };
        for (index, rule) in self.nodes.iter().enumerate() {
            rule.check().map_err(|wrong| named("nodes", index, wrong))?;
        }
        for (index, rule) in self.resizes.iter().enumerate() {
            rule.check()
                .map_err(|wrong| named("resizes", index, wrong))?;
        }
        Ok(())
    }
}

impl NodeRule {
    fn check(&self) -> Result<(), Wrong> {
        match (self.per_minute, self.after_seconds) {
            (Some(probability), None) if !(0.0..=1.0).contains(&probability) => {
                return Err(("perMinute", format!("{probability} is not between 0 and 1")));
            }
            (Some(_), None) | (None, Some(_)) => {}
            _ => {
                let text = "specify either `perMinute` or `afterSeconds`";
                return Err(("perMinute", text.to_owned()));
            }
        }
        for (place, seconds) in [
            ("afterSeconds", self.after_seconds),
            ("recoversAfterSeconds", self.recovers_after_seconds),
        ] {
            if let Some(seconds) = seconds.filter(|number| !(0.0..=MAX_SECONDS).contains(number)) {
                let text = format!("{seconds} is not between 0 and {MAX_SECONDS} (ten years)");
                return Err((place, text));
            }
        }
        if self.becomes == NodeFault::Preempted && self.kind == Some(NodeKind::Dedicated) {
            return Err(("kind", "dedicated nodes cannot be preempted".to_owned()));
        }
        self.code.as_deref().map_or(Ok(()), code)
    }
}

impl ResizeRule {
    fn check(&self) -> Result<(), Wrong> {
        if self.first == 0 {
            return Err(("first", "must be at least 1".to_owned()));
        }
        code(&self.code)
    }
}

fn code(code: &str) -> Result<(), Wrong> {
    if !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err((
        "code",
        format!("{code:?} is not a code of letters and digits"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Scenario, String> {
        let scenario: Scenario = text
            .parse()
            .map_err(|error: FaultError| error.to_string())?;
        scenario.check().map_err(|error| error.to_string())?;
        Ok(scenario)
    }

    #[test]
    fn a_scenario_is_read_and_written() {
        let text = r#"{"seed":7,"nodes":[
            {"pool":"p","kind":"spot","becomes":"preempted","perMinute":0.02,"recoversAfterSeconds":60},
            {"pool":"p","index":3,"becomes":"unusable","afterSeconds":90,"code":"DiskFull","most":1}],
            "resizes":[{"nodes":4,"code":"AllocationTimedout","most":1}],
            "quotas":{"dedicatedNodes":10,"activeJobsAndSchedules":2}}"#;
        let scenario = read(text).unwrap();
        let built = Scenario::new(7)
            .node(
                NodeRule::per_minute(NodeFault::Preempted, 0.02)
                    .pool("p")
                    .kind(NodeKind::Spot)
                    .recovers_after(60.0),
            )
            .node(
                NodeRule::after(NodeFault::Unusable, 90.0)
                    .pool("p")
                    .index(3)
                    .code("DiskFull")
                    .most(1),
            )
            .resize(ResizeRule::new(4, "AllocationTimedout").most(1))
            .quotas(
                super::super::Quotas::default()
                    .dedicated_nodes(10)
                    .active_jobs_and_schedules(2),
            );
        assert_eq!(scenario, built);
        let written = serde_json::to_string(&scenario).unwrap();
        assert_eq!(read(&written).unwrap(), scenario);
    }

    #[test]
    fn mistakes_are_named_with_their_position() {
        for (text, named) in [
            ("[]", "the scenario must be an object"),
            ("{", "not JSON"),
            (r#"{"pools":[]}"#, "unknown field `pools`"),
            (r#"{"nodes":[{}]}"#, "nodes[0]: missing field `becomes`"),
            (
                r#"{"nodes":[{"becomes":"lost"}]}"#,
                "nodes[0].becomes: unknown variant `lost`",
            ),
            (
                r#"{"nodes":[{"becomes":"unusable"}]}"#,
                "nodes[0].perMinute: specify either",
            ),
            (
                r#"{"nodes":[{"becomes":"unusable","perMinute":0.1,"afterSeconds":1}]}"#,
                "nodes[0].perMinute: specify either",
            ),
            (
                r#"{"nodes":[{"becomes":"unusable","perMinute":2}]}"#,
                "nodes[0].perMinute: 2",
            ),
            (
                r#"{"nodes":[{"becomes":"unusable","afterSeconds":-1}]}"#,
                "nodes[0].afterSeconds: -1",
            ),
            (
                r#"{"nodes":[{"becomes":"preempted","perMinute":1,"kind":"dedicated"}]}"#,
                "nodes[0].kind: dedicated",
            ),
            (
                r#"{"resizes":[{"nodes":1,"code":"a b"}]}"#,
                "resizes[0].code: ",
            ),
            (
                r#"{"resizes":[{"nodes":1,"code":"A","first":0}]}"#,
                "resizes[0].first: ",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(
                error.starts_with(named) || error.contains(named),
                "{text}: {error}"
            );
        }
    }
}
