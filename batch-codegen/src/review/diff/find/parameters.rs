//! Parameters and bodies of an operation: the arguments of its method, and the setters of its call.

use std::collections::BTreeMap;

use super::pair::OperationPair;
use crate::api;
use crate::emit::items;
use crate::review::diff::change::{Change, Class, Item, Kind, code};
use crate::review::diff::facts::{self, Aspect, Delta};
use crate::review::diff::rules::{Direction, Effect};
use crate::review::diff::view::Operation;
use crate::swagger::Parameter;

pub(super) struct Parameters<'a, 'b> {
    pub(super) of: &'a OperationPair<'b>,
}

/// A parameter in the file and in the API.
struct Side<'a> {
    file: &'a Parameter,
    api: Option<&'a api::Parameter>,
    operation: &'a api::Operation,
}

impl<'a> Side<'a> {
    fn of(operation: &Operation<'a>, file: &'a Parameter) -> Self {
        Self {
            file,
            api: operation.api_parameter(file),
            operation: operation.api,
        }
    }

    /// Returns the parameter unless the client sends it with every call.
    fn own(&self) -> Option<&'a api::Parameter> {
        self.api.filter(|p| items::is_own(self.operation, p))
    }

    /// Returns the item that takes it: the method if it is required, otherwise a setter.
    fn item(&self) -> Option<String> {
        let own = self.own()?;
        Some(if own.required {
            items::operation(self.operation)
        } else {
            items::setter(self.operation, own)
        })
    }
}

impl Parameters<'_, '_> {
    pub(super) fn run(&self, changes: &mut Vec<Change>, places: &mut Vec<String>) {
        let first = changes.len();
        let (old, new) = (self.of.old, self.of.new);
        let (before, after) = (self.renamed(old.parameters()), new.parameters());
        for (key, parameter) in &before {
            let part = format!("parameter {}", name(parameter));
            let was = Side::of(old, parameter);
            let Some(now) = after.get(key) else {
                changes.push(self.removed(part, &was));
                continue;
            };
            let now = Side::of(new, now);
            self.changed(&was, &now, changes);
            if was.file.description != now.file.description {
                places.push(code(name(parameter)));
            }
        }
        for (key, parameter) in &after {
            if !before.contains_key(key) {
                let part = format!("parameter {}", name(parameter));
                changes.push(self.added(part, &Side::of(new, parameter)));
            }
        }
        self.body(changes, places);
        self.order(first, changes);
    }

    /// Returns the old parameters under the new names of path parameters, if only the names differ.
    fn renamed<'p>(&self, old: BTreeMap<String, &'p Parameter>) -> BTreeMap<String, &'p Parameter> {
        let (before, after) = (self.of.old, self.of.new);
        if before.shape() != after.shape() {
            return old;
        }
        let names = before.path_names().into_iter().zip(after.path_names());
        let pairs: BTreeMap<String, String> = names
            .map(|(from, to)| (from.to_lowercase(), to.to_lowercase()))
            .collect();
        let now = |key: String, p: &Parameter| match (p.is_path(), pairs.get(key.as_str())) {
            (true, Some(now)) => now.clone(),
            _ => key,
        };
        old.into_iter().map(|(key, p)| (now(key, p), p)).collect()
    }

    fn removed(&self, part: String, was: &Side<'_>) -> Change {
        let change = self.of.change(Kind::Removed, part, "removed");
        let change = change.wire(Class::Breaking);
        match (was.item(), was.file.required) {
            (None, _) => change,
            (Some(_), true) => change.rust(Class::Breaking, self.of.method()),
            (Some(setter), false) => change.rust(Class::Breaking, vec![Item::old(setter)]),
        }
    }

    fn added(&self, part: String, now: &Side<'_>) -> Change {
        let required = now.file.required;
        let facts = facts::parameter(now.file);
        let fact = |aspect| {
            facts
                .get(&(0, aspect))
                .map(String::as_str)
                .unwrap_or_default()
        };
        let what = format!(
            "new: {} in {}, {}",
            code(fact(Aspect::Type)),
            fact(Aspect::Place),
            if required { "required" } else { "optional" }
        );
        let class = if required {
            Class::Breaking
        } else {
            Class::Addition
        };
        let change = self.of.change(Kind::Added, part, what).wire(class);
        match now.item() {
            None => change,
            Some(_) if required => change.rust(class, self.of.method()),
            Some(setter) => change.rust(class, vec![Item::new(setter)]),
        }
    }

    fn changed(&self, was: &Side<'_>, now: &Side<'_>, changes: &mut Vec<Change>) {
        let (old, new) = (facts::parameter(was.file), facts::parameter(now.file));
        for delta in facts::deltas(&old, &new) {
            let step = Effect::of(delta.aspect, delta.old.as_deref(), delta.new.as_deref());
            let part = format!("parameter {}", name(now.file));
            let change = self.of.change(Kind::Changed, part, delta.what());
            let (class, items) = self.rust(&delta, was, now);
            changes.push(change.wire(step.class(Direction::SENT)).rust(class, items));
        }
        changes.extend(self.name(was, now));
    }

    /// Compares the names of a matched parameter: in the path only the docs show it, and the case
    /// of a header does not matter. The service reads the names in a query without case.
    fn name(&self, was: &Side<'_>, now: &Side<'_>) -> Option<Change> {
        let (from, to) = (name(was.file), name(now.file));
        let place = now.file.location.as_deref();
        if from == to || place == Some("header") {
            return None;
        }
        let what = format!("name: {} → {}", code(from), code(to));
        let change = self
            .of
            .change(Kind::Changed, format!("parameter {to}"), what);
        let wire = if from.eq_ignore_ascii_case(to) && place == Some("query") {
            Class::Behaviour
        } else {
            Class::Breaking
        };
        Some(match (place, was.item(), now.item()) {
            (Some("path"), ..) => change.rust(Class::Documentation, self.of.method()),
            (_, Some(from), Some(to)) => {
                let class = if from == to {
                    Class::Behaviour
                } else {
                    Class::Breaking
                };
                change.wire(wire).rust(class, Item::moved(from, to))
            }
            _ => change.wire(wire),
        })
    }

    /// Returns the class and items of a changed fact in Rust.
    fn rust(&self, delta: &Delta, was: &Side<'_>, now: &Side<'_>) -> (Option<Class>, Vec<Item>) {
        let (Some(before), Some(after)) = (was.own(), now.own()) else {
            return (None, Vec::new());
        };
        let (Some(from), Some(to)) = (was.item(), now.item()) else {
            return (None, Vec::new());
        };
        if delta.aspect == Aspect::Required {
            let setter = if after.required {
                Item::old(from)
            } else {
                Item::new(to)
            };
            return (Some(Class::Breaking), self.with_method(setter));
        }
        let class = match delta.aspect {
            Aspect::Type if items::parameter_type(before) != items::parameter_type(after) => {
                Some(Class::Breaking)
            }
            Aspect::Type | Aspect::Place | Aspect::Default => Some(Class::Behaviour),
            Aspect::ClientName if from != to => Some(Class::Breaking),
            Aspect::ClientName => Some(Class::Documentation),
            _ => None,
        };
        let items = class.map(|_| Item::moved(from, to));
        (class, items.unwrap_or_default())
    }

    fn body(&self, changes: &mut Vec<Change>, places: &mut Vec<String>) {
        let (old, new) = (self.of.old, self.of.new);
        let class_of = |p: &Parameter| {
            if p.required {
                Class::Breaking
            } else {
                Class::Addition
            }
        };
        match (old.body(), new.body()) {
            (None, None) => {}
            (None, Some(body)) => {
                let word = if body.required {
                    "required"
                } else {
                    "optional"
                };
                let what = format!("new: {}, {word}", code(model(body)));
                let change = self.of.change(Kind::Added, "body", what);
                let class = class_of(body);
                let items = self.body_items(true, body.required);
                changes.push(change.wire(class).rust(class, items));
            }
            (Some(body), None) => {
                let change = self.of.change(Kind::Removed, "body", "removed");
                let items = self.body_items(body.required, true);
                changes.push(change.wire(Class::Breaking).rust(Class::Breaking, items));
            }
            (Some(was), Some(now)) => {
                let items = self.body_items(was.required, now.required);
                let (from, to) = (model(was), model(now));
                if self.of.names.now(from) != to {
                    let what = format!("{} → {}", code(from), code(to));
                    let change = self.of.change(Kind::Changed, "body", what);
                    let change = change.wire(Class::Breaking);
                    changes.push(change.rust(Class::Breaking, items.clone()));
                }
                if was.whole_resource != now.whole_resource {
                    changes.push(self.whole_resource(now.whole_resource == Some(true)));
                }
                if was.required != now.required {
                    let what = if now.required {
                        "is now required"
                    } else {
                        "is now optional"
                    };
                    let change = self.of.change(Kind::Changed, "body", what);
                    changes.push(change.wire(class_of(now)).rust(Class::Breaking, items));
                }
                if was.description != now.description {
                    places.push("body".to_owned());
                }
            }
        }
    }

    /// Reports that a body is the whole resource, or no longer. The client sends an update in both
    /// cases, and the differences of its properties are reported there.
    fn whole_resource(&self, now: bool) -> Change {
        let update = self.of.new.body().map(model).unwrap_or_default();
        let what = if now {
            format!("{} → the whole resource", code(update))
        } else {
            format!("the whole resource → {}", code(update))
        };
        let change = self.of.change(Kind::Changed, "body", what);
        change.wire(Class::Breaking)
    }

    /// Returns the items that take the body: the method if it is required, otherwise a setter.
    fn body_items(&self, was_required: bool, now_required: bool) -> Vec<Item> {
        let (old, new) = (self.of.old.api, self.of.new.api);
        match (was_required, now_required) {
            (false, false) => Item::moved(items::body_setter(old), items::body_setter(new)),
            (true, true) => self.of.method(),
            (true, false) => self.with_method(Item::new(items::body_setter(new))),
            (false, true) => self.with_method(Item::old(items::body_setter(old))),
        }
    }

    fn with_method(&self, setter: Item) -> Vec<Item> {
        let mut items = self.of.method();
        items.push(setter);
        items
    }

    /// Reports a different order of required parameters, which is that of the method's arguments.
    fn order(&self, first: usize, changes: &mut Vec<Change>) {
        let required = |operation: &Operation<'_>| -> Vec<String> {
            let all = operation.api.parameters.iter();
            let own = all.filter(|p| p.required && items::is_own(operation.api, p));
            own.map(|p| p.wire.clone()).collect()
        };
        let (old, new) = (required(self.of.old), required(self.of.new));
        let (mut a, mut b) = (old.clone(), new.clone());
        a.sort();
        b.sort();
        let reported = changes[first..]
            .iter()
            .any(|c| c.rust == Some(Class::Breaking));
        if old != new && a == b && !reported {
            let what = "the order of the required parameters changed, and with it that of the method's arguments";
            let change = self.of.change(Kind::Changed, "order", what);
            changes.push(change.rust(Class::Breaking, self.of.method()));
        }
    }
}

fn name(parameter: &Parameter) -> &str {
    parameter.name.as_deref().unwrap_or_default()
}

/// Returns the definition of a body.
fn model(body: &Parameter) -> &str {
    let reference = body.schema.as_ref().and_then(|s| s.reference.as_deref());
    let name = reference.and_then(|reference| reference.rsplit('/').next());
    name.unwrap_or("no definition")
}
