//! `$select` and `$expand`: the properties to return for each item.

use super::{invalid, no_property};
use crate::refusal::Refusal;
use crate::request::Object;
use crate::table::Model;
use crate::version::Version;

/// The selected properties.
#[derive(Debug, Clone, Default)]
pub(crate) struct Select {
    /// `None` for all of them.
    names: Option<Vec<&'static str>>,
}

impl Select {
    /// Parses comma-separated names. They are properties of the item itself: the service documents
    /// no syntax for nested properties.
    ///
    /// Source: descriptions of the parameter `$select`; recorded, `Pool_Get` with a selection.
    pub(crate) fn parse(
        text: Option<&str>,
        item: &'static Model,
        version: Version,
    ) -> Result<Self, Refusal> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let names = text.split(',').map(|name| find(name.trim(), item, version));
        match names.collect() {
            Ok(names) => Ok(Self { names: Some(names) }),
            Err(reason) => Err(invalid("$select", text, reason)),
        }
    }

    /// Returns the item with only the selected properties, in its own order.
    ///
    /// No source for the order; chosen because the item already has one.
    pub(crate) fn project(&self, item: &Object) -> Object {
        let Some(names) = &self.names else {
            return item.clone();
        };
        let wanted = item
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        wanted
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

fn find(name: &str, item: &'static Model, version: Version) -> Result<&'static str, String> {
    match item.property_in(name, version) {
        Some(property) => Ok(property.name),
        None if name.is_empty() => Err("A name is missing.".into()),
        None if name.contains('/') => Err(format!(
            "`{name}`: only whole properties of {} can be selected.",
            item.name
        )),
        None => Err(no_property(item, name, version)),
    }
}

/// Related data that is returned only on request; the service supports statistics.
///
/// Source: "Create queries to list Batch resources efficiently",
/// <https://learn.microsoft.com/azure/batch/batch-efficient-list-queries>: `stats` alone.
#[derive(Debug)]
pub(crate) struct Expand;

impl Expand {
    /// Returns true if the response includes statistics: if they are selected, or if they are
    /// expanded and no selection omits them.
    pub(crate) fn parse(text: Option<&str>, select: &Select) -> Result<bool, Refusal> {
        if let Some(text) = text
            && let Some(other) = text.split(',').map(str::trim).find(|name| *name != "stats")
        {
            let reason = format!("`{other}` cannot be expanded, only `stats`.");
            return Err(invalid("$expand", text, reason));
        }
        Ok(match &select.names {
            Some(names) => names.contains(&"stats"),
            None => text.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pool() -> &'static Model {
        crate::table::model("CloudPool").expect("a definition")
    }

    fn item() -> Object {
        let item = json!({"id": "p", "state": "active", "vmSize": "a1", "stats": {"url": "u"}, "metadata": []});
        item.as_object().cloned().expect("an object")
    }

    #[test]
    fn returns_the_selected_properties() {
        let cases: &[(Option<&str>, &[&str])] = &[
            (None, &["id", "metadata", "state", "stats", "vmSize"]),
            (Some("id"), &["id"]),
            (Some("state,id"), &["id", "state"]),
            (Some(" id ,\tstate "), &["id", "state"]),
            (Some("id,id"), &["id"]),
            (Some("displayName"), &[]),
            (Some("stats,metadata"), &["metadata", "stats"]),
        ];
        for (text, names) in cases {
            let projected = Select::parse(*text, pool(), Version::default())
                .expect("known names")
                .project(&item());
            let mut found: Vec<_> = projected.keys().map(String::as_str).collect();
            found.sort_unstable();
            assert_eq!(found, *names, "{text:?}");
            assert!(
                projected
                    .iter()
                    .all(|(name, value)| item().get(name) == Some(value))
            );
        }
    }

    #[test]
    fn keeps_the_order_of_the_item() {
        let projected = Select::parse(Some("vmSize,state,id"), pool(), Version::default())
            .expect("known names")
            .project(&item());
        let all = item();
        let kept: Vec<_> = all
            .keys()
            .filter(|name| projected.contains_key(*name))
            .collect();
        assert_eq!(projected.keys().collect::<Vec<_>>(), kept);
    }

    #[test]
    fn a_name_in_another_case_is_suggested() {
        let refusal =
            Select::parse(Some("vmsize"), pool(), Version::default()).expect_err("case matters");
        let reason = &refusal.values[2].1;
        assert_eq!(
            reason,
            "CloudPool has no property `vmsize`; did you mean `vmSize`?"
        );
    }

    #[test]
    fn a_version_selects_its_own_properties() {
        let parse = |name, version| {
            let version = Version::find(version).expect("a known version");
            Select::parse(Some(name), pool(), version)
        };
        assert!(parse("resourceTags", "2024-07-01.20.0").is_ok());
        let refusal = parse("id,resourceTags", "2025-06-01").expect_err("dropped");
        assert_eq!(refusal.code, "InvalidQueryParameterValue");
        let reason = "CloudPool has no property `resourceTags` in version 2025-06-01";
        assert_eq!(refusal.values[2].1, reason);
    }

    #[test]
    fn refuses_other_names() {
        for text in [
            "",
            " ",
            "id,",
            ",id",
            "id,,state",
            "ID",
            "nope",
            "id state",
            "*",
            "startTask/commandLine",
        ] {
            let refusal = Select::parse(Some(text), pool(), Version::default()).expect_err(text);
            assert_eq!(
                (refusal.status, refusal.code),
                (400, "InvalidQueryParameterValue")
            );
            assert_eq!(
                refusal.values[0],
                ("QueryParameterName", "$select".to_owned())
            );
            assert_eq!(refusal.values[1], ("QueryParameterValue", text.to_owned()));
            assert_eq!(refusal.values[2].0, "Reason");
        }
    }

    #[test]
    fn expands_statistics() {
        let cases = [
            (None, None, false),
            (Some("stats"), None, true),
            (Some(" stats "), None, true),
            (Some("stats"), Some("id,state"), false),
            (Some("stats"), Some("id,stats"), true),
            (None, Some("id,stats"), true),
            (None, Some("id"), false),
        ];
        for (expand, select, expected) in cases {
            let select = Select::parse(select, pool(), Version::default()).expect("known names");
            assert_eq!(
                Expand::parse(expand, &select),
                Ok(expected),
                "{expand:?} {select:?}"
            );
        }
        for text in ["", "Stats", "stats,", "metadata", "stats,metadata"] {
            let refusal = Expand::parse(Some(text), &Select::default()).expect_err(text);
            assert_eq!(refusal.values[0].1, "$expand");
        }
    }
}
