//! Properties of a model that is on both sides, and what they make of the Rust struct.

use super::constructor::constructor;
use super::matching::{Matched, Matching, matching};
use super::names::Names;
use crate::api::Property;
use crate::emit::items;
use crate::names::snake;
use crate::review::diff::change::{Change, Class, Item, Kind, Subject, code};
use crate::review::diff::facts::{self, Aspect, Delta, type_name};
use crate::review::diff::likeness::{Candidate, Weight};
use crate::review::diff::rules::{Move, Way};
use crate::review::diff::view::Definition;
use crate::swagger::Schema;

/// Two models that are the same one.
pub(super) struct ModelPair<'a> {
    pub(super) subject: Subject,
    pub(super) way: Way,
    pub(super) old: Definition<'a>,
    pub(super) new: Definition<'a>,
    pub(super) names: &'a Names<'a>,
    pub(super) properties: Matching<'a>,
    constructor: Option<(Class, Item)>,
}

impl<'a> ModelPair<'a> {
    pub(super) fn new(
        subject: Subject,
        way: Way,
        (old, new): (Definition<'a>, Definition<'a>),
        names: &'a Names<'a>,
    ) -> Self {
        let properties = matching(candidates(&old), candidates(&new), Weight::PART);
        let now = properties
            .both
            .iter()
            .map(|pair| (pair.old, pair.new))
            .collect();
        Self {
            constructor: constructor(old.model, new.model, names, &now),
            subject,
            way,
            old,
            new,
            names,
            properties,
        }
    }

    pub(super) fn run(&self, changes: &mut Vec<Change>) {
        let first = changes.len();
        for wire in &self.properties.removed {
            changes.extend(self.removed(wire));
        }
        for wire in &self.properties.added {
            changes.extend(self.added(wire));
        }
        let (old, new) = (self.old.schema, self.new.schema);
        let own = [
            ("title", old.title != new.title),
            ("description", old.description != new.description),
        ];
        let own = own.iter().filter(|(_, differs)| *differs);
        let mut places: Vec<String> = own.map(|(place, _)| (*place).to_owned()).collect();
        for pair in &self.properties.both {
            self.pair(pair, changes, &mut places);
        }
        self.order(first, changes);
        changes.extend(Change::texts(&self.subject, &places));
    }

    fn pair(&self, pair: &Matched<'_>, changes: &mut Vec<Change>, places: &mut Vec<String>) {
        let (Some(before), Some(after)) =
            (self.old.property(pair.old), self.new.property(pair.new))
        else {
            return;
        };
        if let Some(renaming) = &pair.renamed {
            let way = self.way.of(after.0.read_only);
            let change = Change::renaming(&self.subject, renaming).part(part(after.0));
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
            places.push(code(pair.new));
        }
    }

    fn fields(&self, old: &Property, new: &Property) -> (String, String) {
        (
            items::field(self.old.model, old),
            items::field(self.new.model, new),
        )
    }

    /// The class and items of a change that comes with another `new(…)` where the property is
    /// required.
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
        Some(change.part(part(property)).wire(wire).rust(class, items))
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
                .part(part(property))
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
            changes.push(change.part(part(new)).wire(wire).rust(rust, items));
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
                    .part(part(new))
                    .rust(Class::Breaking, Item::moved(from, to)),
            );
        }
    }

    /// What a changed fact is for Rust. `retyped`: the field has another type, and no fact before
    /// accounts for it.
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
            Aspect::ClientName if moved => Some(Class::Breaking),
            Aspect::Secret => {
                let hidden = old.is_secret();
                let hides = new.is_secret();
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

    /// `new(…)` that comes, goes, or takes the same in another order, where no property accounts
    /// for it. The wire does not know of any.
    fn order(&self, first: usize, changes: &mut Vec<Change>) {
        let Some((class, item)) = &self.constructor else {
            return;
        };
        let told = changes[first..]
            .iter()
            .any(|change| change.items.iter().any(|known| known.path == item.path));
        if told {
            return;
        }
        let has_none = |side: &Definition<'_>| !items::has_constructor(side.model);
        let lost = items::has_default(self.old.model) && !items::has_default(self.new.model);
        let (kind, part, what) = match (has_none(&self.old), has_none(&self.new)) {
            (true, _) if lost => (
                Kind::Added,
                "new",
                "has a `new` now, and no `Default` any more",
            ),
            (true, _) => (Kind::Added, "new", "has a `new` now"),
            (_, true) => (Kind::Removed, "new", "has no `new` any more"),
            _ => (
                Kind::Changed,
                "order",
                "the required properties stand in another order, and so do the arguments of `new`",
            ),
        };
        let change = Change::of(&self.subject, kind, what).part(part);
        changes.push(change.rust(*class, vec![item.clone()]));
    }
}

/// The properties of one side, to be matched.
fn candidates<'a>(of: &Definition<'a>) -> Vec<Candidate<'a>> {
    let properties = of.model.properties.iter();
    properties
        .map(|p| Candidate {
            name: &p.wire,
            facts: [type_name(&p.kind), format!("required: {}", p.required)].into(),
            certain: Some((snake(&p.client), "clients know it by the same name")),
        })
        .collect()
}

fn part(property: &Property) -> String {
    format!("property {}", property.wire)
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
