//! Changes at a place, as sentences.

use crate::json::Json;

/// The changes at a place, one sentence each.
pub(super) type Changed = Vec<String>;

/// Records added and removed names, if there were some before.
pub(super) fn record_names(what: &str, mine: Option<&Json>, their: &Json, changed: &mut Changed) {
    let Some(mine) = mine else {
        return;
    };
    let of =
        |json: &'_ Json| -> Vec<String> { json.entries().map(|(name, _)| name.clone()).collect() };
    let (old, new) = (of(mine), of(their));
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    record_differences(what, &old, &new, changed);
}

pub(super) fn record_differences(what: &str, old: &[&str], new: &[&str], changed: &mut Changed) {
    let only = |some: &[&str], others: &[&str]| -> Vec<String> {
        let names = some.iter().filter(|name| !others.contains(name));
        names.map(|name| format!("`{name}`")).collect()
    };
    for (what, names) in [
        (format!("{what} added"), only(new, old)),
        (format!("{what} removed"), only(old, new)),
    ] {
        if !names.is_empty() {
            changed.push(format!("{what}: {}", names.join(", ")));
        }
    }
}

/// Returns the strings in only one of the lists, each with true if it is in the new list.
pub(super) fn differences<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(&'a str, bool)> {
    let removed = old
        .iter()
        .filter(|name| !new.contains(name))
        .map(|name| (*name, false));
    let added = new
        .iter()
        .filter(|name| !old.contains(name))
        .map(|name| (*name, true));
    removed.chain(added).collect()
}

/// Returns a value for people, truncated if it is long.
pub(super) fn short(value: &Json) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
