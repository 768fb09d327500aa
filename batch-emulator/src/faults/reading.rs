//! Parses rules from JSON and rejects rules that make no sense.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use super::rule::{Fault, FaultKind, FaultPlan};
use crate::generated::OPERATIONS;

/// The only operation whose response reports an error per task.
pub(super) const COLLECTION: &str = "Task_AddCollection";
/// The HTTP methods that operations use.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// The longest delay: ten minutes, in milliseconds.
const MAX_DELAY_MILLIS: u64 = 600_000;
/// The largest clock skew: ten years, in seconds.
const MAX_SKEW_SECONDS: u64 = 10 * 366 * 24 * 3600;

/// Reason why rules are invalid, with the position of the mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError(String);

impl FaultError {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

/// Parses JSON: a list of rules, or an object with `seed` and `rules`.
impl FromStr for FaultPlan {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| FaultError(format!("the rules are not JSON: {error}")))?;
        let value = if value.is_array() {
            json!({ "rules": value })
        } else {
            value
        };
        if !value.is_object() {
            let text = "the rules must be a list, or an object with `seed` and `rules`";
            return Err(FaultError(text.to_owned()));
        }
        serde_path_to_error::deserialize(&value).map_err(|error| {
            let (path, error) = (error.path().to_string(), error.into_inner());
            let place = if path == "." {
                String::new()
            } else {
                format!("{path}: ")
            };
            FaultError(format!("{place}{error}"))
        })
    }
}

impl FaultPlan {
    /// Rejects rules that can never match, and faults that no response can have.
    pub(crate) fn check(&self, accounts: &[String]) -> Result<(), FaultError> {
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check(accounts)
                .map_err(|(place, text)| FaultError(format!("rules[{index}].{place}: {text}")))?;
        }
        Ok(())
    }
}

/// Position of a mistake, and its description.
type Wrong = (String, String);

fn wrong(place: &str, text: impl Into<String>) -> Result<(), Wrong> {
    Err((place.to_owned(), text.into()))
}

impl Fault {
    fn check(&self, accounts: &[String]) -> Result<(), Wrong> {
        for (index, name) in self.operations.iter().enumerate() {
            if !OPERATIONS.iter().any(|operation| is_of(name, operation.id)) {
                let text = format!(
                    "`{name}` is neither an operation, such as `Job_Get`, nor a group, such as `Job`"
                );
                return wrong(&format!("operations[{index}]"), text);
            }
        }
        for (index, method) in self.methods.iter().enumerate() {
            if !METHODS.contains(&method.as_str()) {
                let text = format!("`{method}` is not one of {}", METHODS.join(", "));
                return wrong(&format!("methods[{index}]"), text);
            }
        }
        if let Some(account) = self
            .account
            .as_ref()
            .filter(|account| !accounts.contains(account))
        {
            let text = format!(
                "the service has no account `{account}`; it has {}",
                accounts.join(", ")
            );
            return wrong("account", text);
        }
        for (place, number) in [("first", self.first), ("every", self.every)] {
            if number == 0 {
                return wrong(place, "must be at least 1");
            }
        }
        probability("probability", self.probability)?;
        self.check_fault()
    }

    fn check_fault(&self) -> Result<(), Wrong> {
        match &self.fault {
            FaultKind::Answer(answer) => {
                if !(400..600).contains(&answer.status) {
                    let text = format!("{} is not between 400 and 599", answer.status);
                    return wrong("fault.answer.status", text);
                }
                let is_code = |code: &str| {
                    !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
                };
                if let Some(code) = answer.code.as_deref().filter(|code| !is_code(code)) {
                    let text = format!("{code:?} is not a code of letters and digits");
                    return wrong("fault.answer.code", text);
                }
                if answer.retry_after_date && answer.retry_after_seconds.is_none() {
                    return wrong(
                        "fault.answer.retryAfterDate",
                        "requires `retryAfterSeconds`",
                    );
                }
                Ok(())
            }
            FaultKind::Delay { milliseconds } => pause("fault.delay.milliseconds", *milliseconds),
            FaultKind::SlowBody { bytes: 0, .. } => {
                wrong("fault.slowBody.bytes", "must be at least 1")
            }
            FaultKind::SlowBody { milliseconds, .. } => {
                pause("fault.slowBody.milliseconds", *milliseconds)
            }
            FaultKind::TaskErrors {
                probability: chance,
                ..
            } => {
                if !self.operations.is_empty() && !self.names(COLLECTION) {
                    return wrong(
                        "operations",
                        format!("`taskErrors` applies only to `{COLLECTION}`"),
                    );
                }
                probability("fault.taskErrors.probability", *chance)
            }
            FaultKind::ClockSkew { seconds } if seconds.unsigned_abs() > MAX_SKEW_SECONDS => wrong(
                "fault.clockSkew.seconds",
                format!("is more than {MAX_SKEW_SECONDS} seconds (ten years)"),
            ),
            FaultKind::Reset { .. } | FaultKind::Truncate { .. } | FaultKind::ClockSkew { .. } => {
                Ok(())
            }
        }
    }

    /// Returns true if the rule applies to the operation.
    pub(super) fn names(&self, operation: &str) -> bool {
        self.operations.iter().any(|name| is_of(name, operation))
    }
}

/// Returns true if the name is the operation's id or its group.
fn is_of(name: &str, operation: &str) -> bool {
    name == operation
        || operation
            .split_once('_')
            .is_some_and(|(group, _)| group == name)
}

fn probability(place: &str, number: f64) -> Result<(), Wrong> {
    if (0.0..=1.0).contains(&number) {
        return Ok(());
    }
    wrong(place, format!("{number} is not between 0 and 1"))
}

fn pause(place: &str, milliseconds: u64) -> Result<(), Wrong> {
    if milliseconds <= MAX_DELAY_MILLIS {
        return Ok(());
    }
    wrong(
        place,
        format!("{milliseconds} is more than {MAX_DELAY_MILLIS} (ten minutes)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{AnswerFault, FaultBody};

    fn read(text: &str) -> Result<FaultPlan, String> {
        let plan: FaultPlan = text
            .parse()
            .map_err(|error: FaultError| error.to_string())?;
        plan.check(&["devaccount".to_owned()])
            .map_err(|error| error.to_string())?;
        Ok(plan)
    }

    #[test]
    fn every_kind_is_serialized_as_it_is_parsed() {
        for fault in [
            r#"{"answer":{"status":503}}"#,
            r#"{"answer":{"status":429,"retryAfterSeconds":2,"retryAfterDate":true,"body":"html","applied":true}}"#,
            r#"{"reset":{}}"#,
            r#"{"reset":{"applied":true}}"#,
            r#"{"truncate":{"bytes":3,"chunked":true}}"#,
            r#"{"delay":{"milliseconds":5}}"#,
            r#"{"slowBody":{"bytes":1,"milliseconds":5}}"#,
            r#"{"taskErrors":{"probability":0.5,"applied":true}}"#,
            r#"{"clockSkew":{"seconds":-1200}}"#,
        ] {
            let text = format!(
                r#"{{"rules":[{{"name":"n","operations":["Task_AddCollection"],"methods":["POST"],"account":"devaccount","first":2,"every":3,"most":4,"probability":0.5,"fault":{fault}}}]}}"#
            );
            let plan = read(&text).unwrap_or_else(|error| panic!("{fault}: {error}"));
            assert_eq!(serde_json::to_string(&plan).unwrap(), text);
            let least = format!(r#"[{{"fault":{fault}}}]"#);
            let written = serde_json::to_string(&read(&least).unwrap().rules).unwrap();
            assert_eq!(written, least);
        }
        let answer = AnswerFault::new(502)
            .retry_after_date(3)
            .body(FaultBody::Empty);
        let built = FaultPlan::new(
            7,
            [Fault::new(FaultKind::Answer(answer))
                .operation("Job")
                .most(1)],
        );
        let text = r#"{"seed":7,"rules":[{"operations":["Job"],"most":1,
            "fault":{"answer":{"status":502,"retryAfterSeconds":3,"retryAfterDate":true,"body":"empty"}}}]}"#;
        assert_eq!(read(text), Ok(built));
        assert_eq!(read("[]"), Ok(FaultPlan::default()));
    }

    #[test]
    fn errors_name_the_position() {
        for (text, place) in [
            ("{", "not JSON: EOF"),
            ("7", "must be a list, or an object"),
            (r#"{"rule":[]}"#, "unknown field `rule`"),
            ("[{}]", "rules[0]: missing field `fault`"),
            (
                r#"[{"fault":{"reset":{}}},{"fault":{"explode":{}}}]"#,
                "rules[1].fault: unknown variant `explode`",
            ),
            (
                r#"[{"fault":{"reset":{"aplied":true}}}]"#,
                "unknown field `aplied`",
            ),
            (
                r#"[{"fault":{"answer":{"status":"503"}}}]"#,
                "rules[0].fault.answer.status: invalid type",
            ),
            (
                r#"[{"fault":{"answer":{"status":200}}}]"#,
                "rules[0].fault.answer.status: 200",
            ),
            (
                r#"[{"fault":{"answer":{"status":503,"retryAfterDate":true}}}]"#,
                "requires `retryAfterSeconds`",
            ),
            (
                r#"[{"fault":{"answer":{"status":503,"body":"xml"}}}]"#,
                "rules[0].fault.answer.body: unknown variant",
            ),
            (
                r#"[{"fault":{"delay":{}}}]"#,
                "missing field `milliseconds`",
            ),
            (
                r#"[{"fault":{"delay":{"milliseconds":600001}}}]"#,
                "rules[0].fault.delay.milliseconds: 600001",
            ),
            (
                r#"[{"fault":{"slowBody":{"bytes":0,"milliseconds":1}}}]"#,
                "fault.slowBody.bytes",
            ),
            (
                r#"[{"fault":{"taskErrors":{"probability":2}}}]"#,
                "fault.taskErrors.probability: 2",
            ),
            (
                r#"[{"operations":["Job"],"fault":{"taskErrors":{}}}]"#,
                "rules[0].operations: `taskErrors`",
            ),
            (
                r#"[{"fault":{"clockSkew":{"seconds":400000000}}}]"#,
                "fault.clockSkew.seconds",
            ),
            (
                r#"[{"operations":["Jobs"],"fault":{"reset":{}}}]"#,
                "rules[0].operations[0]: `Jobs`",
            ),
            (
                r#"[{"methods":["get"],"fault":{"reset":{}}}]"#,
                "rules[0].methods[0]: `get`",
            ),
            (
                r#"[{"account":"other","fault":{"reset":{}}}]"#,
                "rules[0].account: the service has no account `other`; it has devaccount",
            ),
            (
                r#"[{"first":0,"fault":{"reset":{}}}]"#,
                "rules[0].first: must be at least 1",
            ),
            (
                r#"[{"every":0,"fault":{"reset":{}}}]"#,
                "rules[0].every: must be at least 1",
            ),
            (
                r#"[{"most":-1,"fault":{"reset":{}}}]"#,
                "rules[0].most: invalid value",
            ),
            (
                r#"[{"probability":1.1,"fault":{"reset":{}}}]"#,
                "rules[0].probability: 1.1",
            ),
            (r#"{"seed":"x","rules":[]}"#, "seed: invalid type"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(place), "{text}: {error}");
        }
    }
}
