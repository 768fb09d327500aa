//! One version out of the union.

use super::{SINCE, TEXT_SINCE, UNTIL, VERSIONS};
use crate::json::{Json, Object};

/// Returns the description of one version: the union without the items of other versions and
/// without marks. Versions compare as text, because they begin with a date.
pub(crate) fn only(union: &Json, version: &str) -> Json {
    let mut out = kept(union, version);
    out.remove(VERSIONS);
    if let Some(info) = out.get_mut("info") {
        info.set("version", version);
    }
    out
}

fn is_in(node: &Json, version: &str) -> bool {
    let since = node.get(SINCE).text();
    let until = node.get(UNTIL).text();
    since.is_none_or(|first| first <= version) && until.is_none_or(|last| version <= last)
}

fn kept(node: &Json, version: &str) -> Json {
    match node {
        Json::Object(members) => {
            let mut out = Object::new();
            for (key, inner) in members {
                match key.as_str() {
                    TEXT_SINCE if inner.text().is_some_and(|first| first <= version) => {
                        out.insert("x-batch-as-text".to_owned(), true.into());
                    }
                    SINCE | UNTIL | TEXT_SINCE => {}
                    _ if !is_in(inner, version) => {}
                    _ => {
                        out.insert(key.clone(), kept(inner, version));
                    }
                }
            }
            without_dangling(&mut out, members);
            Json::Object(out)
        }
        Json::List(items) => {
            let items = items.iter().filter(|item| is_in(item, version));
            Json::List(items.map(|item| kept(item, version)).collect())
        }
        other => other.clone(),
    }
}

/// Removes the names of properties and values that are gone.
fn without_dangling(out: &mut Object, before: &Object) {
    if let (Some(Json::List(required)), Some(properties)) =
        (before.get("required"), out.get("properties").cloned())
    {
        let left = required.iter().filter(|name| {
            let name = name.text().unwrap_or_default();
            properties.has(name)
        });
        let left: Vec<Json> = left.cloned().collect();
        if left.is_empty() {
            out.shift_remove("required");
        } else {
            out.insert("required".to_owned(), Json::List(left));
        }
    }
    let values = out
        .get("x-ms-enum")
        .map(|e| e.get("values").items().to_vec());
    if let (Some(values), Some(Json::List(texts))) = (values, out.get("enum").cloned())
        && !values.is_empty()
    {
        let named = |text: &Json| values.iter().any(|value| value.get("value") == text);
        let left = texts.into_iter().filter(named).collect();
        out.insert("enum".to_owned(), Json::List(left));
    }
    if out.get("paths").is_some()
        && let Some(Json::Object(paths)) = out.get_mut("paths")
    {
        paths.retain(|_, item| !item.is_empty());
    }
}
