//! Definitions that the query parameters of operations refer to, and the modules or functions with
//! the typed names for them.

use std::collections::BTreeMap;

use crate::api::{Api, Kind, Operation, Returns};
use crate::error::{Error, Result};
use crate::names::snake;

pub(crate) const FILTER: &str = "$filter";
pub(crate) const SELECT: &str = "$select";
pub(crate) const EXPAND: &str = "$expand";

/// The only value for `$expand`; the client has it in `Expand`.
const EXPANDABLE: &str = "stats";

/// The definition that a parameter filters or selects from; `None` for any other parameter.
pub(crate) fn item<'a>(api: &'a Api, operation: &'a Operation, parameter: &str) -> Option<&'a str> {
    if parameter != FILTER && parameter != SELECT {
        return None;
    }
    items(api, operation)
}

/// Returns the definition of an operation's result: that of a list's items, or of the model itself.
fn items<'a>(api: &'a Api, operation: &'a Operation) -> Option<&'a str> {
    let (model, items) = match &operation.returns {
        Returns::Page { model, items, .. } => (model, items.as_str()),
        // A list without pages has the same layout as a page.
        Returns::Model(model) => (model, "value"),
        _ => return None,
    };
    let properties = &api.model(model)?.properties;
    let list = properties
        .iter()
        .find(|p| p.wire == items && matches!(p.kind, Kind::Array(_)));
    match list {
        Some(list) => list.kind.model(),
        None => Some(model),
    }
}

/// Returns the definitions for which operations take this parameter, with the name of their module:
/// that of the group, or of the other resource that the operation lists.
pub(crate) fn modules<'a>(api: &'a Api, parameter: &str) -> Result<BTreeMap<&'a str, String>> {
    let mut modules: BTreeMap<&str, String> = BTreeMap::new();
    for operation in api.operations() {
        if !operation.parameters.iter().any(|p| p.wire == parameter) {
            continue;
        }
        let fail = |why: String| Error::new("$.paths", format!("{}: {why}", operation.id));
        let Some(item) = item(api, operation, parameter) else {
            return Err(fail(format!(
                "it has {parameter} but does not return a model"
            )));
        };
        let name = module(operation);
        match modules.get(item) {
            Some(known) if *known != name => {
                return Err(fail(format!(
                    "{item} would be in `{known}` and in `{name}`"
                )));
            }
            Some(_) => continue,
            None => {}
        }
        if let Some((other, _)) = modules.iter().find(|(_, known)| **known == name) {
            return Err(fail(format!("`{name}` would be {item} and {other}")));
        }
        modules.insert(item, name);
    }
    Ok(modules)
}

/// `Job_List`, `Job_Get`, `Job_ListFromJobSchedule` → `job`; `Account_ListPoolNodeCounts` →
/// `pool_node_counts`.
fn module(operation: &Operation) -> String {
    let group = operation.id.split('_').next().unwrap_or_default();
    match operation.name.strip_prefix("List") {
        Some(what) if !what.is_empty() && !what.starts_with("From") => snake(what),
        _ => snake(group),
    }
}

/// Checks that the value which the client offers for `$expand` exists.
pub(crate) fn check_expand(api: &Api) -> Result<()> {
    for operation in api.operations() {
        let expands = operation.parameters.iter().any(|p| p.wire == EXPAND);
        let model = items(api, operation).and_then(|name| api.model(name));
        let has = model.is_some_and(|m| m.property(EXPANDABLE).is_some());
        if expands && !has {
            return Err(Error::new(
                "$.paths",
                format!(
                    "{} has {EXPAND}, but does not return `{EXPANDABLE}`",
                    operation.id
                ),
            ));
        }
    }
    Ok(())
}
