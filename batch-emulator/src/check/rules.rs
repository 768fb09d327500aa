//! Bounds that the description states only in prose, in the description of a property.
//!
//! Source of each row: the description of the property in `spec/BatchService.json`. A row without a
//! definition applies to every property with that name, since none of their descriptions says
//! otherwise. The code, `InvalidPropertyValue`, is from "Batch Status and Error Codes".

use batch_wire::TimeSpan;
use serde_json::Value;

/// A constraint on a value.
enum Rule {
    /// 1 to 64 letters, digits, hyphens and underscores.
    Id,
    /// An integer within these bounds.
    Within(i64, i64),
    /// A number above 0, or -1 for no limit.
    Limit,
    /// A duration within these bounds, in seconds.
    Seconds(i64, i64),
    /// At most this number of characters.
    Characters(usize),
    /// At most this number of items.
    Items(usize),
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const NO_END: i64 = i64::MAX;

/// Matches every definition that has a property with the name.
const ANY: &str = "";

const RULES: &[(&str, &str, Rule)] = &[
    ("JobAddParameter", "id", Rule::Id),
    ("JobManagerTask", "id", Rule::Id),
    ("JobPreparationTask", "id", Rule::Id),
    ("JobReleaseTask", "id", Rule::Id),
    ("JobScheduleAddParameter", "id", Rule::Id),
    ("PoolAddParameter", "id", Rule::Id),
    ("TaskAddParameter", "id", Rule::Id),
    (ANY, "displayName", Rule::Characters(1024)),
    (
        "AutoPoolSpecification",
        "autoPoolIdPrefix",
        Rule::Characters(20),
    ),
    ("UserAccount", "name", Rule::Characters(20)),
    ("JobAddParameter", "priority", Rule::Within(-1000, 1000)),
    ("JobPatchParameter", "priority", Rule::Within(-1000, 1000)),
    ("JobSpecification", "priority", Rule::Within(-1000, 1000)),
    ("JobUpdateParameter", "priority", Rule::Within(-1000, 1000)),
    (
        "NetworkSecurityGroupRule",
        "priority",
        Rule::Within(150, 4096),
    ),
    ("InboundNATPool", "backendPort", Rule::Within(1, 65535)),
    (
        "InboundNATPool",
        "frontendPortRangeStart",
        Rule::Within(1, 65534),
    ),
    (
        "InboundNATPool",
        "frontendPortRangeEnd",
        Rule::Within(1, 65534),
    ),
    (
        "PoolEndpointConfiguration",
        "inboundNATPools",
        Rule::Items(5),
    ),
    (
        "PoolAddParameter",
        "applicationPackageReferences",
        Rule::Items(10),
    ),
    (
        "PoolSpecification",
        "applicationPackageReferences",
        Rule::Items(10),
    ),
    (
        "PoolUpdatePropertiesParameter",
        "applicationPackageReferences",
        Rule::Items(10),
    ),
    ("DataDisk", "lun", Rule::Within(0, 63)),
    // No source for the next two; chosen because a pool cannot have a negative number of nodes.
    (ANY, "targetDedicatedNodes", Rule::Within(0, NO_END)),
    (ANY, "targetLowPriorityNodes", Rule::Within(0, NO_END)),
    (ANY, "taskSlotsPerNode", Rule::Within(1, 256)),
    // No source for this bound; chosen because a node has 1 to 256 slots.
    (ANY, "requiredSlots", Rule::Within(1, 256)),
    // No source for this bound; chosen because a task needs at least one node.
    (ANY, "numberOfInstances", Rule::Within(1, NO_END)),
    (ANY, "maxParallelTasks", Rule::Limit),
    // No source below -1; chosen because the descriptions define only -1 and above.
    (ANY, "maxTaskRetryCount", Rule::Within(-1, NO_END)),
    (ANY, "resizeTimeout", Rule::Seconds(5 * MINUTE, NO_END)),
    (
        ANY,
        "autoScaleEvaluationInterval",
        Rule::Seconds(5 * MINUTE, 168 * HOUR),
    ),
    (
        "JobReleaseTask",
        "maxWallClockTime",
        Rule::Seconds(0, 15 * MINUTE),
    ),
    (
        "Schedule",
        "recurrenceInterval",
        Rule::Seconds(MINUTE, NO_END),
    ),
    ("Schedule", "startWindow", Rule::Seconds(MINUTE, NO_END)),
];

/// Returns the reason why the value is invalid, or `None` if it is valid.
pub(super) fn broken(model: &str, property: &str, value: &Value) -> Option<String> {
    let (_, _, rule) = RULES
        .iter()
        .find(|(known, name, _)| *name == property && (*known == ANY || *known == model))?;
    let (holds, wanted) = match rule {
        Rule::Id => (
            value.as_str().is_none_or(is_id),
            "must have 1 to 64 letters, digits, hyphens and underscores".to_owned(),
        ),
        Rule::Within(least, most) => (
            is_within(value.as_i64(), *least, *most),
            bounds(*least, *most, ""),
        ),
        Rule::Limit => (
            value
                .as_i64()
                .is_none_or(|number| number == -1 || number > 0),
            "must be above 0, or -1 for no limit".to_owned(),
        ),
        Rule::Seconds(least, most) => (
            is_within(ticks(value), in_ticks(*least), in_ticks(*most)),
            bounds(*least, *most, " s"),
        ),
        Rule::Characters(most) => (
            value
                .as_str()
                .is_none_or(|text| text.chars().count() <= *most),
            format!(
                "at most {most} characters are allowed, got {}",
                value.as_str().map_or(0, |text| text.chars().count())
            ),
        ),
        Rule::Items(most) => (
            value.as_array().is_none_or(|items| items.len() <= *most),
            format!(
                "at most {most} items are allowed, got {}",
                value.as_array().map_or(0, Vec::len)
            ),
        ),
    };
    (!holds).then_some(wanted)
}

fn is_id(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(known)
}

fn is_within(number: Option<i64>, least: i64, most: i64) -> bool {
    number.is_none_or(|number| (least..=most).contains(&number))
}

fn ticks(value: &Value) -> Option<i64> {
    let span: TimeSpan = value.as_str()?.parse().ok()?;
    Some(span.ticks())
}

fn in_ticks(seconds: i64) -> i64 {
    seconds.saturating_mul(10_000_000)
}

fn bounds(least: i64, most: i64, unit: &str) -> String {
    if most == NO_END {
        format!("must be at least {least}{unit}")
    } else {
        format!("must be between {least} and {most}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::generated::MODELS;

    #[test]
    fn every_rule_has_its_property() {
        for (model, name, _) in RULES {
            let found = MODELS.iter().any(|known| {
                (*model == ANY || known.name == *model)
                    && known
                        .properties
                        .iter()
                        .any(|property| property.name == *name)
            });
            assert!(found, "{model} {name}");
        }
    }

    #[test]
    fn bounds_hold_on_both_sides() {
        for (model, name, good, bad) in [
            ("JobAddParameter", "priority", json!(-1000), json!(-1001)),
            ("JobAddParameter", "priority", json!(1000), json!(1001)),
            (
                "NetworkSecurityGroupRule",
                "priority",
                json!(150),
                json!(149),
            ),
            ("JobAddParameter", "maxParallelTasks", json!(-1), json!(0)),
            (
                "PoolAddParameter",
                "taskSlotsPerNode",
                json!(256),
                json!(257),
            ),
            (
                "PoolResizeParameter",
                "resizeTimeout",
                json!("PT5M"),
                json!("PT4M59.9S"),
            ),
            (
                "PoolAddParameter",
                "autoScaleEvaluationInterval",
                json!("P7D"),
                json!("P7DT1S"),
            ),
            ("TaskConstraints", "maxTaskRetryCount", json!(-1), json!(-2)),
            (
                "JobAddParameter",
                "displayName",
                json!("é".repeat(1024)),
                json!("a".repeat(1025)),
            ),
            ("PoolAddParameter", "id", json!("a-_9"), json!("a.b")),
        ] {
            assert_eq!(broken(model, name, &good), None, "{model} {name} {good}");
            assert!(broken(model, name, &bad).is_some(), "{model} {name} {bad}");
        }
        assert_eq!(broken("ExitCodeRangeMapping", "start", &json!(-5)), None);
    }
}
