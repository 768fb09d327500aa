//! Two objects of the same kind → one: the other file's facts in our layout, with our texts.

use super::MARKER;
use super::facts;
use super::json::{Json, Object, in_our_order};
use super::keys::{Kind, is_default, is_ours, rank};
use super::texts::Texts;
use crate::error::step;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What the work on one description holds.
pub(super) struct Merge<'a> {
    /// Ours; shared parameters and responses that changed everywhere alike have changed in it.
    pub(super) ours: Rc<Json>,
    pub(super) theirs: &'a Json,
    pub(super) texts: Texts,
    /// Places whose text stayed although a fact changed, with what changed.
    pub(super) to_read: BTreeMap<String, Vec<String>>,
    /// Places that are new.
    pub(super) fresh: BTreeSet<String>,
}

/// What changed at a place, in words.
pub(super) type Changed = Vec<String>;

impl Merge<'_> {
    /// A place that has a text. Ours stays; a new place gets a text of ours that fits, or the marker.
    pub(super) fn place(
        &mut self,
        kind: Kind,
        ours: Option<&Json>,
        theirs: &Json,
        at: &str,
    ) -> Json {
        let (mut out, changed) = self.object(kind, ours, theirs, at);
        if ours.is_some() {
            self.read_again(at, changed);
        } else {
            self.fresh.insert(at.to_owned());
            let key = if kind == Kind::Operation {
                "summary"
            } else {
                "description"
            };
            insert(kind, &mut out, key, MARKER.into());
        }
        Json::Object(out)
    }

    pub(super) fn read_again(&mut self, at: &str, changed: Changed) {
        if !changed.is_empty() {
            self.to_read
                .entry(at.to_owned())
                .or_default()
                .extend(changed);
        }
    }

    /// The members of an object, and what changed of them that no place of its own tells.
    pub(super) fn object(
        &mut self,
        kind: Kind,
        ours: Option<&Json>,
        theirs: &Json,
        at: &str,
    ) -> (Object, Changed) {
        let (mut out, mut changed) = (Object::new(), Changed::new());
        for (key, mine) in ours.into_iter().flat_map(Json::entries) {
            let their = theirs.members().and_then(|members| members.get(key));
            match their {
                _ if is_ours(key) => {
                    out.insert(key.clone(), mine.clone());
                }
                Some(_) => {
                    let value = self.member(kind, key, Some(mine), theirs, at, &mut changed);
                    out.insert(key.clone(), value);
                }
                None if is_default(key, mine) => {
                    out.insert(key.clone(), mine.clone());
                }
                None => changed.push(format!("`{key}` is gone")),
            }
        }
        for (key, their) in theirs.entries() {
            let known =
                ours.is_some_and(|ours| ours.members().is_some_and(|m| m.contains_key(key)));
            if known || is_ours(key) || is_default(key, their) {
                continue;
            }
            let value = self.member(kind, key, None, theirs, at, &mut Changed::new());
            insert(kind, &mut out, key, value);
            changed.push(format!("`{key}` is new"));
        }
        (out, changed)
    }

    /// One member that the other file has.
    fn member(
        &mut self,
        kind: Kind,
        key: &str,
        mine: Option<&Json>,
        theirs: &Json,
        at: &str,
        changed: &mut Changed,
    ) -> Json {
        let (their, place) = (theirs.get(key), step(at, key));
        match (kind, key) {
            (Kind::Operation, "parameters") => self.parameters(mine, their, &place, changed),
            (Kind::Operation, "responses") => self.responses(mine, their, &place, changed),
            (Kind::Schema, "properties") => self.properties(mine, their, &place, changed),
            (Kind::Schema, "required") => self.required(mine, theirs, at),
            (Kind::Schema, "allOf") => self.parts(mine, their, &place, changed),
            (Kind::Schema, "items" | "additionalProperties")
            | (Kind::Parameter | Kind::Response, "schema") => {
                let (out, inner) = self.object(Kind::Schema, mine, their, &place);
                changed.extend(inner.into_iter().map(|what| format!("in `{key}`: {what}")));
                Json::Object(out)
            }
            (Kind::Schema | Kind::Parameter, "enum") => values(mine, their, changed),
            (Kind::Schema | Kind::Parameter, "x-ms-enum") => self.ms_enum(mine, theirs, changed),
            (Kind::Response, "headers") => self.headers(mine, their, &place, changed),
            (Kind::Security, "scopes") => scopes(mine, their, changed),
            _ => {
                if let Some(mine) = mine.filter(|mine| *mine == their) {
                    return mine.clone();
                }
                if let Some(mine) = mine {
                    changed.push(format!("`{key}` was {}, is {}", short(mine), short(their)));
                }
                their.clone()
            }
        }
    }

    /// Places by name.
    pub(super) fn places(
        &mut self,
        kind: Kind,
        mine: Option<&Json>,
        their: &Json,
        at: &str,
    ) -> Json {
        let mut out = Object::new();
        for name in names(mine, their) {
            let old = mine.and_then(|mine| mine.members()?.get(&name));
            let value = self.place(kind, old, their.get(&name), &step(at, &name));
            out.insert(name, value);
        }
        Json::Object(out)
    }

    fn properties(
        &mut self,
        mine: Option<&Json>,
        their: &Json,
        at: &str,
        changed: &mut Changed,
    ) -> Json {
        tell_names("properties", mine, their, changed);
        self.places(Kind::Schema, mine, their, at)
    }

    fn headers(
        &mut self,
        mine: Option<&Json>,
        their: &Json,
        at: &str,
        changed: &mut Changed,
    ) -> Json {
        tell_names("headers", mine, their, changed);
        let mut out = self.places(Kind::Header, mine, their, at);
        if let Json::Object(headers) = &mut out {
            for (name, header) in headers {
                let known = self.texts.header(name, &facts::of_header(header));
                if let (Json::Object(header), Some(text)) = (header, known)
                    && header.get("description").and_then(Json::text) == Some(MARKER)
                {
                    header.insert("description".to_owned(), text.into());
                }
            }
        }
        out
    }

    /// Which properties must be there: told at the properties that it is about.
    fn required(&mut self, mine: Option<&Json>, theirs: &Json, at: &str) -> Json {
        let (old, new) = (
            mine.map(Json::texts).unwrap_or_default(),
            theirs.get("required").texts(),
        );
        for (name, what) in differences(&old, &new) {
            if *theirs.get("properties").get(name) != Json::Null {
                let place = step(&step(at, "properties"), name);
                let what = if what {
                    "it is required now"
                } else {
                    "it is no longer required"
                };
                self.read_again(&place, vec![what.to_owned()]);
            }
        }
        list(&in_our_order(&old, &new))
    }

    fn parts(
        &mut self,
        mine: Option<&Json>,
        their: &Json,
        at: &str,
        changed: &mut Changed,
    ) -> Json {
        let old = mine.map(Json::items).unwrap_or_default();
        let mut out = Vec::new();
        for (index, their) in their.items().iter().enumerate() {
            let (part, inner) = self.object(
                Kind::Schema,
                old.get(index),
                their,
                &format!("{at}[{index}]"),
            );
            changed.extend(inner);
            out.push(Json::Object(part));
        }
        if mine.is_some() && old.len() != out.len() {
            changed.push("`allOf` has other parts".to_owned());
        }
        Json::List(out)
    }

    /// The values of an enum with their texts; where the other file lists none, those of `enum`.
    fn ms_enum(&self, mine: Option<&Json>, theirs: &Json, changed: &mut Changed) -> Json {
        let their = theirs.get("x-ms-enum");
        let name = their.get("name").text().unwrap_or_default();
        if let Some(mine) = mine
            && mine.get("name") != their.get("name")
        {
            changed.push(format!(
                "the enum was {}, is {name:?}",
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
        // Ours may say it in another order.
        in_order_of(mine, out)
    }

    fn value(&self, of: &str, value: &Json, ours: Option<&Json>, name: &Json) -> Json {
        let mut out = Object::new();
        out.insert("value".to_owned(), value.clone());
        if *name != Json::Null {
            out.insert("name".to_owned(), name.clone());
        }
        let known = ours.map(|ours| ours.get("description").clone());
        let known = known.or_else(|| self.texts.value(of, value.text()?).map(Json::from));
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

/// The values of an enum, without their texts.
fn values(mine: Option<&Json>, their: &Json, changed: &mut Changed) -> Json {
    let (old, new) = (mine.map(Json::texts).unwrap_or_default(), their.texts());
    if mine.is_some() {
        tell("values", &old, &new, changed);
    }
    list(&in_our_order(&old, &new))
}

/// The scopes of a way to sign in: names with texts.
fn scopes(mine: Option<&Json>, their: &Json, changed: &mut Changed) -> Json {
    tell_names("scopes", mine, their, changed);
    let names = names(mine, their).into_iter().map(|name| {
        let old = mine.and_then(|mine| mine.members()?.get(&name));
        let text = old.cloned().unwrap_or_else(|| MARKER.into());
        (name, text)
    });
    Json::Object(names.collect())
}

/// The names of both, as the result has them.
pub(super) fn names(mine: Option<&Json>, their: &Json) -> Vec<String> {
    let of =
        |json: &Json| -> Vec<String> { json.entries().map(|(name, _)| name.clone()).collect() };
    in_our_order(&mine.map(of).unwrap_or_default(), &of(their))
}

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
fn differences<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(&'a str, bool)> {
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

fn list(texts: &[&str]) -> Json {
    Json::List(texts.iter().map(|text| Json::from(*text)).collect())
}

/// A value for people, cut where it is long.
fn short(value: &Json) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Sets a member where our description would have it.
pub(super) fn insert(kind: Kind, object: &mut Object, key: &str, value: Json) {
    let place = object
        .keys()
        .filter(|k| rank(kind, k) <= rank(kind, key))
        .count();
    object.shift_insert(place.min(object.len()), key.to_owned(), value);
}

/// The members in the order that they have in ours.
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
