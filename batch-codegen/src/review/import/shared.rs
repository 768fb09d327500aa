//! Parameters and responses that our operations share.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::facts::{self, resolved, shared_name};
use super::keys::Kind;
use super::merge::Merge;
use crate::error::step;
use crate::json::Json;

const SECTIONS: [(&str, Kind); 2] = [
    ("parameters", Kind::Parameter),
    ("responses", Kind::Response),
];

fn facts_of(section: &str, node: &Json) -> Json {
    match section {
        "parameters" => facts::of_parameter(node),
        _ => facts::of_response(node),
    }
}

impl Merge<'_> {
    /// Updates a shared object if the other file has the same new facts at all of its users;
    /// otherwise each user that differs gets a copy.
    pub(super) fn change_shared(&mut self) {
        for (section, kind) in SECTIONS {
            for (name, places) in self.users(section) {
                let own = self.ours.get(section).get(&name).clone();
                let all: Vec<Json> = places
                    .iter()
                    .map(|place| facts_of(section, place))
                    .collect();
                let Some(first) = all.first() else {
                    continue;
                };
                if all.iter().any(|facts| facts != first) || *first == facts_of(section, &own) {
                    continue;
                }
                let at = step(&format!("$.{section}"), &name);
                let made = self.place(kind, Some(&own), &places[0], &at);
                set(Rc::make_mut(&mut self.ours), section, &name, made);
            }
        }
    }

    /// Returns the other file's nodes at the places where ours refers to a shared object, by its
    /// name.
    fn users(&self, section: &str) -> BTreeMap<String, Vec<Json>> {
        let mut out: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        let theirs = facts::operations(self.theirs);
        let mut note = |name: &str, place: &Json| {
            out.entry(name.to_owned()).or_default().push(place.clone());
        };
        for ours in facts::operations(&self.ours) {
            let Some(other) = theirs.iter().find(|found| found.id == ours.id) else {
                continue;
            };
            if section == "responses" {
                for (code, response) in ours.operation.get("responses").entries() {
                    let place = resolved(
                        self.theirs,
                        section,
                        other.operation.get("responses").get(code),
                    );
                    if let Some(name) =
                        shared_name(section, response).filter(|_| *place != Json::Null)
                    {
                        note(name, place);
                    }
                }
                continue;
            }
            for parameter in &ours.parameters {
                let Some(name) = shared_name(section, parameter) else {
                    continue;
                };
                let key = facts::key(resolved(&self.ours, section, parameter));
                let places = other
                    .parameters
                    .iter()
                    .map(|p| resolved(self.theirs, section, p));
                if let Some(place) = places.into_iter().find(|p| facts::key(p) == key) {
                    note(name, place);
                }
            }
        }
        out
    }

    /// Merges the parameterized host; its parameters are shared ones.
    pub(super) fn host(&mut self, ours: Option<&Json>, theirs: &Json) -> Json {
        let at = "$.x-ms-parameterized-host";
        let without = |host: &Json| -> Json {
            let members = host.entries().filter(|(key, _)| *key != "parameters");
            Json::Object(
                members
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
            )
        };
        let (mut out, changed) =
            self.object(Kind::Root, ours.map(without).as_ref(), &without(theirs), at);
        self.mark_for_review(at, changed);
        let old = ours
            .map(|ours| ours.get("parameters").items().to_vec())
            .unwrap_or_default();
        let document = Rc::clone(&self.ours);
        let mut parameters = Vec::new();
        for (index, their) in theirs.get("parameters").items().iter().enumerate() {
            let their = resolved(self.theirs, "parameters", their);
            let mine = old.get(index);
            let own = mine.map(|mine| resolved(&document, "parameters", mine));
            let same =
                own.is_some_and(|own| facts::of_parameter(own) == facts::of_parameter(their));
            parameters.push(match mine.filter(|_| same) {
                Some(mine) => mine.clone(),
                None => self.place(
                    Kind::Parameter,
                    own,
                    their,
                    &format!("{at}.parameters[{index}]"),
                ),
            });
        }
        if !parameters.is_empty() {
            out.insert("parameters".to_owned(), Json::List(parameters));
        }
        Json::Object(out)
    }

    /// Returns the shared objects that are still used, or were already unused.
    pub(super) fn still_shared(&self, section: &str, made: &[&Json]) -> Json {
        let mut before = BTreeSet::new();
        references(section, &self.ours, &mut before);
        let mut after = BTreeSet::new();
        for part in made {
            references(section, part, &mut after);
        }
        let used =
            self.ours.get(section).entries().filter(|(name, _)| {
                after.contains(name.as_str()) || !before.contains(name.as_str())
            });
        Json::Object(
            used.map(|(name, node)| (name.clone(), node.clone()))
                .collect(),
        )
    }
}

fn references<'a>(section: &str, node: &'a Json, out: &mut BTreeSet<&'a str>) {
    out.extend(shared_name(section, node));
    for (_, inner) in node.entries() {
        references(section, inner, out);
    }
    for inner in node.items() {
        references(section, inner, out);
    }
}

fn set(document: &mut Json, section: &str, name: &str, value: Json) {
    if let Json::Object(root) = document
        && let Some(Json::Object(shared)) = root.get_mut(section)
    {
        shared.insert(name.to_owned(), value);
    }
}
