//! Responses of an operation: status codes, bodies, headers, and paging.

use std::collections::BTreeMap;

use super::pair::OperationPair;
use crate::emit::items;
use crate::review::diff::change::{Change, Class, Item, Kind, Side, code};
use crate::review::diff::facts::{self, Aspect};
use crate::review::diff::rules::{Direction, Effect};
use crate::review::diff::view::Operation;
use crate::swagger::{Header, Pageable, Response};

pub(super) struct Responses<'a, 'b> {
    of: &'a OperationPair<'b>,
    /// True if the method returns a different type.
    retyped: bool,
}

/// The default property with the items of a page, if `x-ms-pageable` names none.
const ITEMS: &str = "value";

impl<'a, 'b> Responses<'a, 'b> {
    pub(super) fn of(of: &'a OperationPair<'b>) -> Self {
        let (before, after) = of.output();
        Self {
            of,
            retyped: before != after,
        }
    }

    pub(super) fn run(&self, changes: &mut Vec<Change>, places: &mut Vec<String>) {
        let first = changes.len();
        let (old, new) = (self.of.old, self.of.new);
        for (status, was) in &old.responses {
            match new.responses.get(status) {
                None => changes.push(self.status(Kind::Removed, status)),
                Some(now) => {
                    changes.extend(self.body(status, was, now));
                    self.headers(status, was, now, changes);
                    if was.description != now.description {
                        places.push(format!("response {status}"));
                    }
                    header_descriptions(status, was, now, places);
                }
            }
        }
        for status in new.responses.keys() {
            if !old.responses.contains_key(status) {
                changes.push(self.status(Kind::Added, status));
            }
        }
        changes.extend(self.paging());
        let reported = changes[first..]
            .iter()
            .any(|c| c.rust == Some(Class::Breaking));
        if self.retyped && !reported {
            let (before, after) = self.of.output();
            let (before, after) = (before.replace(' ', ""), after.replace(' ', ""));
            let what = format!("{} → {}", code(&before), code(&after));
            let change = self.of.change(Kind::Changed, "return type", what);
            changes.push(change.rust(Class::Breaking, self.of.method()));
        }
    }

    /// Returns breaking if the method returns a different type, otherwise the given class.
    fn rust(&self, otherwise: Class) -> Class {
        if self.retyped {
            Class::Breaking
        } else {
            otherwise
        }
    }

    fn status(&self, kind: Kind, status: &str) -> Change {
        let what = match kind {
            Kind::Removed => "no longer returned",
            _ => "now returned",
        };
        let change = self.of.change(kind, format!("response {status}"), what);
        let rust = self.rust(Class::Behaviour);
        change.wire(Class::Behaviour).rust(rust, self.of.method())
    }

    fn body(&self, status: &str, was: &Response, now: &Response) -> Option<Change> {
        let (from, to) = (body_of(was), body_of(now));
        if from.as_deref().map(|name| self.of.names.now(name)) == to.as_deref() {
            return None;
        }
        let (wire, what) = match (&from, &to) {
            (None, Some(to)) => (Class::Addition, format!("body: none → {}", code(to))),
            (Some(from), None) => (Class::Breaking, format!("body: {} → none", code(from))),
            (from, to) => {
                let name = |body: &Option<String>| code(body.as_deref().unwrap_or_default());
                let what = format!("body: {} → {}", name(from), name(to));
                (Class::Breaking, what)
            }
        };
        let change = self
            .of
            .change(Kind::Changed, format!("response {status}"), what);
        let rust = self.rust(Class::Behaviour);
        Some(change.wire(wire).rust(rust, self.of.method()))
    }

    fn headers(&self, status: &str, was: &Response, now: &Response, changes: &mut Vec<Change>) {
        let (before, after) = (Operation::headers(was), Operation::headers(now));
        let part = |name: &str| format!("header {name} of response {status}");
        for (key, (name, header)) in &before {
            let Some((_, now)) = after.get(key) else {
                let change = self.of.change(Kind::Removed, part(name), "removed");
                let change = change.wire(Class::Breaking);
                changes.push(match read_by(self.of.old, name) {
                    // Other responses have it, so the item stays.
                    Some((path, _)) if self.of.header_is(Side::New, &path) => {
                        change.rust(Class::Behaviour, vec![Item::both(path)])
                    }
                    Some((path, _)) => change.rust(Class::Breaking, vec![Item::old(path)]),
                    None => change,
                });
                continue;
            };
            for delta in facts::deltas(&facts::header(header), &facts::header(now)) {
                let change = self.of.change(Kind::Changed, part(name), delta.what());
                let step = Effect::of(delta.aspect, delta.old.as_deref(), delta.new.as_deref());
                let change = change.wire(step.class(Direction::RECEIVED));
                let old = read_by(self.of.old, name);
                let new = read_by(self.of.new, name);
                changes.push(match (old, new) {
                    (Some((from, a)), Some((to, b))) if a != b => {
                        change.rust(Class::Breaking, Item::moved(from, to))
                    }
                    (Some((from, _)), Some((to, _))) if delta.aspect == Aspect::Type => {
                        change.rust(Class::Behaviour, Item::moved(from, to))
                    }
                    _ => change,
                });
            }
        }
        for (key, (name, header)) in &after {
            if !before.contains_key(key) {
                let what = format!("new: {}", code(&header_type(header)));
                let change = self.of.change(Kind::Added, part(name), what);
                let change = change.wire(Class::Addition);
                changes.push(match read_by(self.of.new, name) {
                    Some((path, _)) if self.of.header_is(Side::Old, &path) => {
                        change.rust(Class::Addition, vec![Item::both(path)])
                    }
                    Some((path, _)) => change.rust(Class::Addition, vec![Item::new(path)]),
                    None => change,
                });
            }
        }
    }

    fn paging(&self) -> Option<Change> {
        let (old, new) = (&self.of.old.source.pageable, &self.of.new.source.pageable);
        let link = |page: &Pageable| page.next_link_name.clone().unwrap_or_default();
        let items = |page: &Pageable| page.item_name.clone().unwrap_or(ITEMS.to_owned());
        let (wire, what) = match (old, new) {
            (None, Some(now)) => (
                Class::Breaking,
                format!("is now paged; the next link is {}", code(&link(now))),
            ),
            (Some(_), None) => (Class::Behaviour, "is no longer paged".into()),
            (Some(was), Some(now)) if link(was) != link(now) || items(was) != items(now) => {
                let facts = [
                    ("nextLinkName", link(was), link(now)),
                    ("itemName", items(was), items(now)),
                ];
                let facts = facts.iter().filter(|(_, was, now)| was != now);
                let facts =
                    facts.map(|(name, was, now)| format!("{name}: {} → {}", code(was), code(now)));
                (Class::Breaking, facts.collect::<Vec<_>>().join(", "))
            }
            (Some(was), Some(now)) if was.operation_name != now.operation_name => {
                let what =
                    "a different operation gets the next page; the client follows the link".into();
                (Class::Documentation, what)
            }
            _ => return None,
        };
        let change = self.of.change(Kind::Changed, "paging", what);
        let rust = self.rust(wire.min(Class::Behaviour));
        Some(change.wire(wire).rust(rust, self.of.method()))
    }
}

/// Returns the item for reading a header of a success response.
fn read_by(operation: &Operation<'_>, name: &str) -> Option<(String, String)> {
    let mut all = operation.api.headers.iter();
    let header = all.find(|h| h.name.eq_ignore_ascii_case(name))?;
    Some(items::header(operation.api, header))
}

/// Returns the model of a body, or bytes.
fn body_of(response: &Response) -> Option<String> {
    let schema = response.schema.as_ref()?;
    if schema.is_file() {
        return Some("bytes".into());
    }
    let reference = schema.reference.as_deref();
    let name = reference.and_then(|reference| reference.rsplit('/').next());
    Some(name.unwrap_or("no definition").to_owned())
}

fn header_type(header: &Header) -> String {
    let facts = facts::header(header);
    facts.get(&(0, Aspect::Type)).cloned().unwrap_or_default()
}

fn header_descriptions(status: &str, was: &Response, now: &Response, places: &mut Vec<String>) {
    let after: BTreeMap<_, _> = Operation::headers(now);
    for (key, (name, header)) in Operation::headers(was) {
        let other = after.get(&key);
        if other.is_some_and(|(_, now)| now.description != header.description) {
            places.push(format!("{} of response {status}", code(name)));
        }
    }
}
