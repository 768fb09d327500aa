//! Finds our names for theirs: walks both descriptions together from the operations that have the
//! same verb and path.
//!
//! On the wire nothing has another name, so operations match by verb and path, and whatever is at
//! the same place of two matched bodies, responses or properties is the same thing. Likeness of
//! names plays no part.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::names::Names;
use super::visit;
use crate::json::Json;

/// Returns our names for theirs. Whatever has no counterpart in ours gets a name in our style, for
/// a reviewer to decide.
pub(super) fn propose(ours: &Json, theirs: &Json) -> Names {
    let mut walk = Walk {
        ours,
        theirs,
        names: Names::default(),
        queue: VecDeque::new(),
        seen: BTreeSet::new(),
    };
    let pairs = walk.operations();
    // Responses first: a body can be the whole resource, which has its name from the response.
    for (_, mine, their) in &pairs {
        walk.responses(mine, their);
    }
    walk.run();
    for (path, mine, their) in &pairs {
        walk.body(path, mine, their);
    }
    walk.run();
    walk.name_new_operations();
    walk.name_new_models();
    walk.name_new_enums();
    walk.names.without_equal()
}

struct Walk<'a> {
    ours: &'a Json,
    theirs: &'a Json,
    names: Names,
    queue: VecDeque<(&'a str, &'a str)>,
    seen: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Walk<'a> {
    /// Matches the operations by verb and path.
    fn operations(&mut self) -> Vec<(&'a str, &'a Json, &'a Json)> {
        let mut known = BTreeMap::new();
        for (path, verb, operation) in visit::all_operations(self.ours) {
            known.insert((verb, visit::shape(path)), operation);
        }
        let mut pairs = Vec::new();
        for (path, verb, their) in visit::all_operations(self.theirs) {
            if let Some(mine) = known.get(&(verb, visit::shape(path)))
                && let (Some(from), Some(to)) = (id(their), id(mine))
            {
                self.names.operations.insert(from.to_owned(), to.to_owned());
                pairs.push((path, *mine, their));
            }
        }
        pairs
    }

    fn responses(&mut self, mine: &'a Json, their: &'a Json) {
        let after = their.get("responses");
        for (code, before) in mine.get("responses").entries() {
            let before = visit::response(self.ours, before);
            let after = visit::response(self.theirs, after.get(code));
            self.schemas(before.get("schema"), after.get("schema"));
        }
    }

    /// Walks the bodies. A body that is the whole resource is noted instead.
    fn body(&mut self, path: &str, mine: &'a Json, their: &'a Json) {
        let (Some(before), Some(after)) = (
            visit::body(self.ours, mine),
            visit::body(self.theirs, their),
        ) else {
            return;
        };
        let (before, after) = (before.get("schema"), after.get("schema"));
        if let (Some(name), Some(whole)) =
            (visit::target(before), whole_resource(self.theirs, path))
            && visit::target(after) == Some(whole)
            && self
                .names
                .models
                .get(whole)
                .is_some_and(|known| known != name)
            && let Some(id) = id(mine)
        {
            self.names.updates.insert(id.to_owned(), name.to_owned());
            return;
        }
        self.schemas(before, after);
    }

    fn run(&mut self) {
        while let Some((mine, their)) = self.queue.pop_front() {
            let before = self.ours.get("definitions").get(mine).get("properties");
            let after = self.theirs.get("definitions").get(their).get("properties");
            for (name, property) in before.entries() {
                let other = after.get(name);
                self.schemas(property, other);
                if let Some(client) = property.get("x-ms-client-name").text()
                    && *other != Json::Null
                {
                    let place = format!("{mine}.{name}");
                    self.names.properties.insert(place, client.to_owned());
                }
            }
        }
    }

    /// Two schemas at the same place.
    fn schemas(&mut self, mine: &'a Json, their: &'a Json) {
        if let (Some(from), Some(to)) = (enum_name(their), self.our_enum(mine)) {
            let enums = &mut self.names.enums;
            enums.entry(from.to_owned()).or_insert(to.to_owned());
            return;
        }
        if let (Some(to), Some(from)) = (visit::target(mine), visit::target(their)) {
            if self.seen.insert((to, from)) {
                let models = &mut self.names.models;
                models.entry(from.to_owned()).or_insert(to.to_owned());
                self.queue.push_back((to, from));
            }
            return;
        }
        for key in ["items", "additionalProperties"] {
            let (mine, their) = (mine.get(key), their.get(key));
            if mine.members().is_some() && their.members().is_some() {
                self.schemas(mine, their);
            }
        }
    }

    /// Returns the name of one of our enums, which can be a definition, too.
    fn our_enum(&self, schema: &'a Json) -> Option<&'a str> {
        let definition = visit::target(schema).map(|name| self.ours.get("definitions").get(name));
        enum_name(definition.unwrap_or(schema))
    }

    /// Names each operation that ours lacks after the group of its neighbors, without the noun that
    /// TypeSpec repeats: `Nodes_StartNode` → `ComputeNode_Start`.
    fn name_new_operations(&mut self) {
        let mut groups: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for (from, to) in &self.names.operations {
            if let (Some((from, _)), Some((to, _))) = (from.split_once('_'), to.split_once('_')) {
                let known = groups.entry(from).or_default();
                *known.entry(to.to_owned()).or_default() += 1;
            }
        }
        let groups: BTreeMap<String, String> = groups
            .into_iter()
            .filter_map(|(from, known)| {
                let most = known.into_iter().max_by_key(|(_, count)| *count)?;
                Some((from.to_owned(), most.0))
            })
            .collect();
        for (_, _, operation) in visit::all_operations(self.theirs) {
            let Some(id) = id(operation) else { continue };
            let Some((group, name)) = id.split_once('_') else {
                continue;
            };
            let noun = group.strip_suffix('s').unwrap_or(group);
            let short = name.strip_suffix(noun).filter(|short| !short.is_empty());
            let group = groups.get(group).map_or(noun, String::as_str);
            let ours = format!("{group}_{}", short.unwrap_or(name));
            let operations = &mut self.names.operations;
            operations.entry(id.to_owned()).or_insert(ours);
        }
    }

    /// Names each enum that ours lacks in the same way as a model.
    fn name_new_enums(&mut self) {
        let mut found = BTreeSet::new();
        collect_enums(self.theirs, &mut found);
        let taken: BTreeSet<String> = self.names.enums.values().cloned().collect();
        for name in &found {
            let short = name.strip_prefix("Batch").unwrap_or(name);
            let free = !taken.contains(short) && !found.contains(short);
            let ours = if free { short } else { name };
            let enums = &mut self.names.enums;
            enums.entry((*name).to_owned()).or_insert(ours.to_owned());
        }
    }

    /// Names each model that we lack like theirs, without the prefix that most of their names have.
    fn name_new_models(&mut self) {
        let taken: BTreeSet<String> = self.names.models.values().cloned().collect();
        for (name, _) in self.theirs.get("definitions").entries() {
            let short = name.strip_prefix("Batch").unwrap_or(name);
            let free = !taken.contains(short) && !self.theirs.get("definitions").has(short);
            let ours = if free { short } else { name };
            let models = &mut self.names.models;
            models.entry(name.clone()).or_insert(ours.to_owned());
        }
    }
}

fn id(operation: &Json) -> Option<&str> {
    operation.get("operationId").text()
}

fn enum_name(schema: &Json) -> Option<&str> {
    schema.get("x-ms-enum").get("name").text()
}

fn collect_enums<'a>(node: &'a Json, found: &mut BTreeSet<&'a str>) {
    found.extend(enum_name(node));
    for (_, inner) in node.entries() {
        collect_enums(inner, found);
    }
    for inner in node.items() {
        collect_enums(inner, found);
    }
}

/// Returns the model that a GET on this path returns.
pub(super) fn whole_resource<'a>(document: &'a Json, path: &str) -> Option<&'a str> {
    let get = document.get("paths").get(path).get("get");
    let response = visit::response(document, get.get("responses").get("200"));
    visit::target(response.get("schema"))
}
