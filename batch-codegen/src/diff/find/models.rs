//! Models: their properties, and what the properties make of the Rust struct.

use super::{Names, matching, renamed, texts};
use crate::api::{Model, Property};
use crate::diff::change::{Change, Class, Item, Kind, Subject, code};
use crate::diff::facts::{self, Aspect, Delta, type_name};
use crate::diff::likeness::{Candidate, Weight};
use crate::diff::report::plural;
use crate::diff::rules::{Move, Way};
use crate::diff::view::View;
use crate::emit::items;
use crate::names::snake;
use crate::swagger::Schema;

pub(super) fn changes(old: &View, new: &View, names: &Names<'_>, changes: &mut Vec<Change>) {
    for name in &names.models.removed {
        let change = Change::of(
            &Subject::Model((*name).to_owned()),
            Kind::Removed,
            "removed",
        );
        let items = vec![Item::old(items::model(name))];
        changes.push(change.rust(Class::Breaking, items));
    }
    for name in &names.models.added {
        let subject = Subject::Model((*name).to_owned());
        let count = new.api.model(name).map_or(0, |m| m.properties.len());
        let use_ = match new.way(name) {
            Way {
                sent: true,
                received: true,
            } => ", sent and received",
            Way { sent: true, .. } => ", sent",
            Way { received: true, .. } => ", received",
            _ => ", in no request and no answer",
        };
        let what = format!("new, with {}{use_}", plural(count, "property"));
        let items = vec![Item::new(items::model(name))];
        changes.push(Change::of(&subject, Kind::Added, what).rust(Class::Addition, items));
    }
    for pair in &names.models.both {
        let (Some(before), Some(after)) = (Side::of(old, pair.old), Side::of(new, pair.new)) else {
            continue;
        };
        let subject = Subject::Model(pair.new.to_owned());
        if let Some(renaming) = &pair.renamed {
            let items = Item::moved(items::model(pair.old), items::model(pair.new));
            changes.push(renamed(&subject, renaming).rust(Class::Breaking, items));
        }
        let constructor = constructor(before.model, after.model, names);
        let comparison = Comparison {
            way: old.way(pair.old).and(new.way(pair.new)),
            subject,
            old: before,
            new: after,
            names,
            constructor,
        };
        comparison.run(changes);
    }
}

/// A model on one side.
#[derive(Clone, Copy)]
struct Side<'a> {
    model: &'a Model,
    schema: &'a Schema,
}

impl<'a> Side<'a> {
    fn of(view: &'a View, name: &str) -> Option<Self> {
        Some(Self {
            model: view.api.model(name)?,
            schema: view.schema(name)?,
        })
    }

    fn property(&self, wire: &str) -> Option<(&'a Property, &'a Schema)> {
        let property = self.model.properties.iter().find(|p| p.wire == wire)?;
        Some((property, self.schema.properties.get(wire)?))
    }

    fn candidates(&self) -> Vec<Candidate<'a>> {
        let properties = self.model.properties.iter();
        properties
            .map(|p| Candidate {
                name: &p.wire,
                facts: [type_name(&p.kind), format!("required: {}", p.required)].into(),
                certain: Some((snake(&p.client), "clients know it by the same name")),
            })
            .collect()
    }
}

/// What became of `new(…)`: how grave, and the item.
fn constructor(old: &Model, new: &Model, names: &Names<'_>) -> Option<(Class, Item)> {
    let arguments = |model: &Model, old: bool| -> Vec<_> {
        let required = model.properties.iter().filter(|p| p.required);
        required
            .map(|p| {
                let kind = if old {
                    names.kind(&p.kind)
                } else {
                    p.kind.clone()
                };
                (snake(&p.client), type_name(&kind))
            })
            .collect()
    };
    let (before, after) = (arguments(old, true), arguments(new, false));
    if before == after {
        return None;
    }
    Some(match (before.is_empty(), after.is_empty()) {
        (true, _) if items::has_default(old) && !items::has_default(new) => {
            (Class::Breaking, Item::new(items::constructor(new)))
        }
        (true, _) => (Class::Addition, Item::new(items::constructor(new))),
        (_, true) => (Class::Breaking, Item::old(items::constructor(old))),
        _ => {
            let (from, to) = (items::constructor(old), items::constructor(new));
            let item = if from == to {
                Item::both(from)
            } else {
                Item::new(to)
            };
            (Class::Breaking, item)
        }
    })
}

/// Two models that are the same one.
struct Comparison<'a> {
    subject: Subject,
    way: Way,
    old: Side<'a>,
    new: Side<'a>,
    names: &'a Names<'a>,
    constructor: Option<(Class, Item)>,
}

impl Comparison<'_> {
    fn run(&self, changes: &mut Vec<Change>) {
        let properties = matching(self.old.candidates(), self.new.candidates(), Weight::PART);
        let first = changes.len();
        for wire in &properties.removed {
            changes.extend(self.removed(wire));
        }
        for wire in &properties.added {
            changes.extend(self.added(wire));
        }
        let mut differing_texts = Vec::new();
        for title in [
            ("title", self.old.schema.title != self.new.schema.title),
            (
                "description",
                self.old.schema.description != self.new.schema.description,
            ),
        ] {
            if title.1 {
                differing_texts.push(title.0.to_owned());
            }
        }
        for pair in &properties.both {
            let (Some(before), Some(after)) =
                (self.old.property(pair.old), self.new.property(pair.new))
            else {
                continue;
            };
            if let Some(renaming) = &pair.renamed {
                let way = self.way.of(after.0.read_only);
                let change =
                    renamed(&self.subject, renaming).part(format!("property {}", pair.new));
                let (from, to) = self.fields(before.0, after.0);
                let class = if from == to {
                    Class::Behaviour
                } else {
                    Class::Breaking
                };
                let wire = way.worst(Class::Breaking, Class::Breaking);
                changes.push(change.wire(wire).rust(class, Item::moved(from, to)));
            }
            self.changed(before, after, pair.renamed.is_some(), changes);
            if texts_of(before.1) != texts_of(after.1) {
                differing_texts.push(code(pair.new));
            }
        }
        self.order(first, changes);
        changes.extend(texts(&self.subject, &differing_texts));
    }

    fn fields(&self, old: &Property, new: &Property) -> (String, String) {
        (
            items::field(self.old.model, old),
            items::field(self.new.model, new),
        )
    }

    /// The class and items of a change that comes with another `new(…)` where the property is required.
    fn with_constructor(
        &self,
        required: bool,
        class: Class,
        mut items: Vec<Item>,
    ) -> (Class, Vec<Item>) {
        match &self.constructor {
            Some((grave, item)) if required => {
                items.push(item.clone());
                (class.max(*grave), items)
            }
            _ => (class, items),
        }
    }

    fn removed(&self, wire: &str) -> Option<Change> {
        let (property, _) = self.old.property(wire)?;
        let way = self.way.of(property.read_only);
        let items = vec![Item::old(items::field(self.old.model, property))];
        let (class, items) = self.with_constructor(property.required, Class::Breaking, items);
        let what = format!("removed: {}", outline(property));
        let change = Change::of(&self.subject, Kind::Removed, what);
        let wire = way.worst(Class::Breaking, Class::Breaking);
        Some(
            change
                .part(format!("property {wire_name}", wire_name = property.wire))
                .wire(wire)
                .rust(class, items),
        )
    }

    fn added(&self, wire: &str) -> Option<Change> {
        let (property, _) = self.new.property(wire)?;
        let way = self.way.of(property.read_only);
        let items = vec![Item::new(items::field(self.new.model, property))];
        let (class, items) = self.with_constructor(property.required, Class::Addition, items);
        let what = format!("new: {}", outline(property));
        let sent = if property.required {
            Class::Breaking
        } else {
            Class::Addition
        };
        let change = Change::of(&self.subject, Kind::Added, what);
        Some(
            change
                .part(format!("property {}", property.wire))
                .wire(way.worst(sent, Class::Addition))
                .rust(class, items),
        )
    }

    /// Every fact of a property that differs.
    fn changed(
        &self,
        (old, old_schema): (&Property, &Schema),
        (new, new_schema): (&Property, &Schema),
        renamed: bool,
        changes: &mut Vec<Change>,
    ) {
        let kind = self.names.kind(&old.kind);
        let before = facts::property(old_schema, &kind, old.required);
        let after = facts::property(new_schema, &new.kind, new.required);
        let deltas = facts::deltas(&before, &after);
        let old_type = items::field_type(self.old.model, old, &kind);
        let new_type = items::field_type(self.new.model, new, &new.kind);
        let mut retyped = old_type != new_type;
        // What `x-ms-client-name` says counts as far as Rust shows another name.
        let fields = self.fields(old, new);
        let named = |delta: &&Delta| delta.aspect == Aspect::ClientName && fields.0 == fields.1;
        for delta in deltas.iter().filter(|delta| !named(delta)) {
            let read_only = new.read_only && delta.aspect != Aspect::ReadOnly;
            let step = Move::of(delta.aspect, delta.old.as_deref(), delta.new.as_deref());
            let wire = step.class(self.way.of(read_only));
            let (rust, items) = self.rust(delta, (old, new), retyped, renamed);
            if matches!(delta.aspect, Aspect::Type | Aspect::Required) {
                retyped = false;
            }
            let change = Change::of(&self.subject, Kind::Changed, delta.what());
            changes.push(
                change
                    .part(format!("property {}", new.wire))
                    .wire(wire)
                    .rust(rust, items),
            );
        }
        if retyped {
            let what = format!(
                "the field is {} → {}, as the model is {} in answers",
                code(&old_type.replace(' ', "")),
                code(&new_type.replace(' ', "")),
                if self.new.model.in_answers {
                    "now"
                } else {
                    "no longer"
                }
            );
            let (from, to) = self.fields(old, new);
            let change = Change::of(&self.subject, Kind::Changed, what);
            changes.push(
                change
                    .part(format!("property {}", new.wire))
                    .rust(Class::Breaking, Item::moved(from, to)),
            );
        }
    }

    /// What a changed fact is for Rust. `retyped`: the field has another type, and no fact before accounts for it.
    fn rust(
        &self,
        delta: &Delta,
        (old, new): (&Property, &Property),
        retyped: bool,
        renamed: bool,
    ) -> (Option<Class>, Vec<Item>) {
        let (from, to) = self.fields(old, new);
        let moved = from != to && !renamed;
        let items = Item::moved(from, to);
        let class = match delta.aspect {
            Aspect::Type | Aspect::Required => {
                let class = if retyped {
                    Class::Breaking
                } else {
                    Class::Documentation
                };
                let required = old.required || new.required;
                let (class, items) = self.with_constructor(required, class, items);
                return (Some(class), items);
            }
            Aspect::ClientName if moved => {
                let required = old.required && new.required;
                let (class, items) = self.with_constructor(required, Class::Breaking, items);
                return (Some(class), items);
            }
            Aspect::Secret => {
                let hidden = items::is_secret(self.old.model, old);
                let hides = items::is_secret(self.new.model, new);
                (hidden != hides).then_some(Class::Behaviour)
            }
            Aspect::Default => Some(Class::Behaviour),
            // These stand in the field's docs.
            Aspect::Minimum | Aspect::Maximum | Aspect::MaxItems | Aspect::ReadOnly => {
                Some(Class::Documentation)
            }
            _ => None,
        };
        let items = if class.is_some() { items } else { Vec::new() };
        (class, items)
    }

    /// `new(…)` that takes the same in another order; the wire does not know of any.
    fn order(&self, first: usize, changes: &mut Vec<Change>) {
        let Some((class, item)) = &self.constructor else {
            return;
        };
        let told = changes[first..]
            .iter()
            .any(|change| change.items.iter().any(|known| known.path == item.path));
        if !told {
            let what =
                "the required properties stand in another order, and so do the arguments of `new`";
            let change = Change::of(&self.subject, Kind::Changed, what).part("order");
            changes.push(change.rust(*class, vec![item.clone()]));
        }
    }
}

/// The texts of a property.
fn texts_of(schema: &Schema) -> (Option<&str>, Option<&str>, Option<&str>) {
    let link = schema.external_docs.as_ref().map(|docs| docs.url.as_str());
    (schema.title.as_deref(), schema.description.as_deref(), link)
}

/// `array of string, required`.
fn outline(property: &Property) -> String {
    let mut words = vec![code(&type_name(&property.kind))];
    words.push(
        if property.required {
            "required"
        } else {
            "optional"
        }
        .into(),
    );
    if property.read_only {
        words.push("only the service sets it".into());
    }
    words.join(", ")
}
