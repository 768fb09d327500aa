//! What changed at a place, in words.

use super::json::Json;

/// What changed at a place, one statement each.
pub(super) type Changed = Vec<String>;

/// Notes which names came and went, where there were some before.
pub(super) fn tell_names(what: &str, mine: Option<&Json>, their: &Json, changed: &mut Changed) {
    let Some(mine) = mine else {
        return;
    };
    let of =
        |json: &'_ Json| -> Vec<String> { json.entries().map(|(name, _)| name.clone()).collect() };
    let (old, new) = (of(mine), of(their));
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    tell(what, &old, &new, changed);
}

pub(super) fn tell(what: &str, old: &[&str], new: &[&str], changed: &mut Changed) {
    let only = |some: &[&str], others: &[&str]| -> Vec<String> {
        let names = some.iter().filter(|name| !others.contains(name));
        names.map(|name| format!("`{name}`")).collect()
    };
    for (what, names) in [
        (format!("{what} added"), only(new, old)),
        (format!("{what} gone"), only(old, new)),
    ] {
        if !names.is_empty() {
            changed.push(format!("{what}: {}", names.join(", ")));
        }
    }
}

/// What stands in only one of both lists, and whether that is the new one.
pub(super) fn differences<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(&'a str, bool)> {
    let gone = old
        .iter()
        .filter(|name| !new.contains(name))
        .map(|name| (*name, false));
    let come = new
        .iter()
        .filter(|name| !old.contains(name))
        .map(|name| (*name, true));
    gone.chain(come).collect()
}

/// A value for people, cut where it is long.
pub(super) fn short(value: &Json) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
