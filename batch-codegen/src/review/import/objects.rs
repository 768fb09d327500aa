//! Merges two objects of the same kind: the other file's facts in our layout, with our
//! descriptions.
//!
//! `member` dispatches a key to the function that merges it; operations, parameters and responses
//! merge their schemas here.

use super::changes::{Changed, differences, record_names, short};
use super::descriptions::MARKER;
use super::keys::{Kind, insert, is_default, is_ours};
use super::merge::Merge;
use super::{enums, facts};
use crate::error::step;
use crate::json::{Json, Object, in_our_order, list, names};

impl Merge<'_> {
    /// Merges a place that has a description. Ours is preserved; a new place gets a matching one of
    /// ours or the marker.
    pub(super) fn place(
        &mut self,
        kind: Kind,
        ours: Option<&Json>,
        theirs: &Json,
        at: &str,
    ) -> Json {
        let (mut out, changed) = self.object(kind, ours, theirs, at);
        if ours.is_some() {
            self.mark_for_review(at, changed);
        } else {
            self.added.insert(at.to_owned());
            let key = if kind == Kind::Operation {
                "summary"
            } else {
                "description"
            };
            insert(kind, &mut out, key, MARKER.into());
        }
        Json::Object(out)
    }

    /// Merges the members of an object, and returns the changes that are not reported at a place
    /// below.
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
                None if ours.is_some_and(|ours| is_default(ours, key)) => {
                    out.insert(key.clone(), mine.clone());
                }
                None if (kind, key.as_str()) == (Kind::Schema, "required") => {
                    self.required(Some(mine), theirs, at);
                }
                None => changed.push(format!("`{key}` was removed")),
            }
        }
        for (key, _) in theirs.entries() {
            let known =
                ours.is_some_and(|ours| ours.members().is_some_and(|m| m.contains_key(key)));
            if known || is_ours(key) || (ours.is_some() && is_default(theirs, key)) {
                continue;
            }
            let value = self.member(kind, key, None, theirs, at, &mut Changed::new());
            insert(kind, &mut out, key, value);
            // Reported at the properties.
            if (kind, key.as_str()) != (Kind::Schema, "required") {
                changed.push(format!("`{key}` was added"));
            }
        }
        (out, changed)
    }

    /// Merges one member of the other file.
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
            (Kind::Schema | Kind::Parameter, "enum") => enums::values(mine, their, changed),
            (Kind::Schema | Kind::Parameter, "x-ms-enum") => self.ms_enum(mine, theirs, changed),
            (Kind::Response, "headers") => self.headers(mine, their, &place, changed),
            (Kind::Security, "scopes") => scopes(mine, their, changed),
            _ => {
                if let Some(mine) = mine.filter(|mine| *mine == their) {
                    return mine.clone();
                }
                if let Some(mine) = mine {
                    changed.push(format!(
                        "`{key}` was {} and is now {}",
                        short(mine),
                        short(their)
                    ));
                }
                their.clone()
            }
        }
    }

    /// Merges places by name.
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
        record_names("properties", mine, their, changed);
        self.places(Kind::Schema, mine, their, at)
    }

    fn headers(
        &mut self,
        mine: Option<&Json>,
        their: &Json,
        at: &str,
        changed: &mut Changed,
    ) -> Json {
        record_names("headers", mine, their, changed);
        let mut out = self.places(Kind::Header, mine, their, at);
        if let Json::Object(headers) = &mut out {
            for (name, header) in headers {
                let known = self.descriptions.header(name, &facts::of_header(header));
                if let (Json::Object(header), Some(text)) = (header, known)
                    && header.get("description").and_then(Json::text) == Some(MARKER)
                {
                    header.insert("description".to_owned(), text.into());
                }
            }
        }
        out
    }

    /// Merges the list of required properties; changes are reported at the properties.
    fn required(&mut self, mine: Option<&Json>, theirs: &Json, at: &str) -> Json {
        let (old, new) = (
            mine.map(Json::strings).unwrap_or_default(),
            theirs.get("required").strings(),
        );
        for (name, what) in differences(&old, &new) {
            if *theirs.get("properties").get(name) != Json::Null {
                let place = step(&step(at, "properties"), name);
                let what = if what {
                    "it is now required"
                } else {
                    "it is no longer required"
                };
                self.mark_for_review(&place, vec![what.to_owned()]);
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
            changed.push("the parts of `allOf` changed".to_owned());
        }
        Json::List(out)
    }
}

/// Merges OAuth scopes: names with descriptions.
fn scopes(mine: Option<&Json>, their: &Json, changed: &mut Changed) -> Json {
    record_names("scopes", mine, their, changed);
    let names = names(mine, their).into_iter().map(|name| {
        let old = mine.and_then(|mine| mine.members()?.get(&name));
        let text = old.cloned().unwrap_or_else(|| MARKER.into());
        (name, text)
    });
    Json::Object(names.collect())
}
