//! Enums: their values, each with a description.

use super::changes::{Changed, record_differences, short};
use super::descriptions::MARKER;
use super::merge::Merge;
use crate::json::{Json, Object, in_our_order, list};

impl Merge<'_> {
    /// Merges the values of an enum with their descriptions; if the other file lists none, uses
    /// those of `enum`.
    pub(super) fn ms_enum(
        &self,
        mine: Option<&Json>,
        theirs: &Json,
        changed: &mut Changed,
    ) -> Json {
        let their = theirs.get("x-ms-enum");
        let name = their.get("name").text().unwrap_or_default();
        if let Some(mine) = mine
            && mine.get("name") != their.get("name")
        {
            changed.push(format!(
                "the enum was {} and is now {name:?}",
                short(mine.get("name"))
            ));
        }
        let mut out = Object::new();
        out.insert("name".to_owned(), their.get("name").clone());
        let marks = [
            mine.map(|mine| mine.get("modelAsString")),
            Some(their.get("modelAsString")),
        ];
        let open = their.get("modelAsString") == &Json::Bool(true);
        if open || marks.iter().flatten().any(|mark| **mark != Json::Null) {
            out.insert("modelAsString".to_owned(), Json::Bool(open));
        }
        let old = mine
            .map(|mine| mine.get("values").items())
            .unwrap_or_default();
        let new = their.get("values").items();
        let values = |entries: &[Json]| -> Vec<Json> {
            entries
                .iter()
                .map(|entry| entry.get("value").clone())
                .collect()
        };
        let all = if new.is_empty() {
            theirs.get("enum").items().to_vec()
        } else {
            values(new)
        };
        let entries = in_our_order(&values(old), &all).into_iter().map(|value| {
            let find =
                |entries: &'_ [Json]| entries.iter().find(|e| *e.get("value") == value).cloned();
            let (old, new) = (find(old), find(new).unwrap_or(Json::Null));
            self.value(name, &value, old.as_ref(), new.get("name"))
        });
        out.insert("values".to_owned(), Json::List(entries.collect()));
        // The order of the members is ours.
        in_order_of(mine, out)
    }

    fn value(&self, of: &str, value: &Json, ours: Option<&Json>, name: &Json) -> Json {
        let mut out = Object::new();
        out.insert("value".to_owned(), value.clone());
        if *name != Json::Null {
            out.insert("name".to_owned(), name.clone());
        }
        let known = ours.map(|ours| ours.get("description").clone());
        let known = known.or_else(|| self.descriptions.value(of, value.text()?).map(Json::from));
        match known {
            Some(Json::Null) => {}
            Some(text) => {
                out.insert("description".to_owned(), text);
            }
            None => {
                out.insert("description".to_owned(), MARKER.into());
            }
        }
        in_order_of(ours, out)
    }
}

/// Merges the values of an enum, without their descriptions.
pub(super) fn values(mine: Option<&Json>, their: &Json, changed: &mut Changed) -> Json {
    let (old, new) = (mine.map(Json::strings).unwrap_or_default(), their.strings());
    if mine.is_some() {
        record_differences("values", &old, &new, changed);
    }
    list(&in_our_order(&old, &new))
}

/// Sorts the members in the order of our description.
fn in_order_of(ours: Option<&Json>, mut members: Object) -> Json {
    let mut out = Object::new();
    for (key, _) in ours.into_iter().flat_map(Json::entries) {
        if let Some(value) = members.shift_remove(key) {
            out.insert(key.clone(), value);
        }
    }
    out.extend(members);
    Json::Object(out)
}
