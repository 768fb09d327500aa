//! Properties of a matched model, and their effect on the Rust struct.

use super::constructor::constructor;
use super::matching::{Matched, Matching, matching};
use super::names::Names;
use crate::api::Property;
use crate::emit::items;
use crate::names::snake;
use crate::review::diff::change::{Change, Class, Item, Kind, Subject, code};
use crate::review::diff::facts::{self, Aspect, Delta, type_name};
use crate::review::diff::rules::{Direction, Effect};
use crate::review::diff::similarity::{Candidate, Weight};
use crate::review::diff::view::Definition;
use crate::swagger::Schema;

/// A matched pair of models.
pub(super) struct ModelPair<'a> {
    pub(super) subject: Subject,
    pub(super) direction: Direction,
    pub(super) old: Definition<'a>,
    pub(super) new: Definition<'a>,
    pub(super) names: &'a Names<'a>,
    pub(super) properties: Matching<'a>,
    constructor: Option<(Class, Item)>,
}

impl<'a> ModelPair<'a> {
    pub(super) fn new(
        subject: Subject,
        direction: Direction,
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
            direction,
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
        changes.extend(Change::descriptions(&self.subject, &places));
    }

    fn pair(&self, pair: &Matched<'_>, changes: &mut Vec<Change>, places: &mut Vec<String>) {
        let (Some(before), Some(after)) =
            (self.old.property(pair.old), self.new.property(pair.new))
        else {
            return;
        };
        if let Some(renaming) = &pair.renamed {
            let direction = self.direction.of(after.0.read_only);
            let change = Change::renaming(&self.subject, renaming).part(part(after.0));
            let (from, to) = self.fields(before.0, after.0);
            let class = if from == to {
                Class::Behaviour
            } else {
                Class::Breaking
            };
            let wire = direction.worst(Class::Breaking, Class::Breaking);
            changes.push(change.wire(wire).rust(class, Item::moved(from, to)));
        }
        self.changed(before, after, pair.renamed.is_some(), changes);
        if descriptions_of(before.1) != descriptions_of(after.1) {
            places.push(code(pair.new));
        }
    }

    fn fields(&self, old: &Property, new: &Property) -> (String, String) {
        (
            items::field(self.old.model, old),
            items::field(self.new.model, new),
        )
    }

    /// Returns the class and items of a change that also changes `new(…)` if the property is
    /// required.
    fn with_constructor(
        &self,
        required: bool,
        class: Class,
        mut items: Vec<Item>,
    ) -> (Class, Vec<Item>) {
        match &self.constructor {
            Some((severity, item)) if required => {
                items.push(item.clone());
                (class.max(*severity), items)
            }
            _ => (class, items),
        }
    }

    fn removed(&self, wire: &str) -> Option<Change> {
        let (property, _) = self.old.property(wire)?;
        let direction = self.direction.of(property.read_only);
        let items = vec![Item::old(items::field(self.old.model, property))];
        let (class, items) = self.with_constructor(property.required, Class::Breaking, items);
        let what = format!("removed: {}", outline(property));
        let change = Change::of(&self.subject, Kind::Removed, what);
        let wire = direction.worst(Class::Breaking, Class::Breaking);
        Some(change.part(part(property)).wire(wire).rust(class, items))
    }

    fn added(&self, wire: &str) -> Option<Change> {
        let (property, _) = self.new.property(wire)?;
        let direction = self.direction.of(property.read_only);
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
                .wire(direction.worst(sent, Class::Addition))
                .rust(class, items),
        )
    }

    /// Reports every changed fact of a property.
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
        // `x-ms-client-name` counts only if it changes the name in Rust.
        let fields = self.fields(old, new);
        let named = |delta: &&Delta| delta.aspect == Aspect::ClientName && fields.0 == fields.1;
        for delta in deltas.iter().filter(|delta| !named(delta)) {
            let read_only = new.read_only && delta.aspect != Aspect::ReadOnly;
            let step = Effect::of(delta.aspect, delta.old.as_deref(), delta.new.as_deref());
            let wire = step.class(self.direction.of(read_only));
            let (rust, items) = self.rust(delta, (old, new), retyped, renamed);
            if matches!(delta.aspect, Aspect::Type | Aspect::Required) {
                retyped = false;
            }
            let change = Change::of(&self.subject, Kind::Changed, delta.what());
            changes.push(change.part(part(new)).wire(wire).rust(rust, items));
        }
        if retyped {
            let what = format!(
                "the field is {} → {}, because the model is {} in responses",
                code(&old_type.replace(' ', "")),
                code(&new_type.replace(' ', "")),
                if self.new.model.in_responses {
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

    /// Returns the class and items of a changed fact in Rust. `retyped`: the field's type differs,
    /// and no earlier fact explains it.
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
            // The field's docs state these.
            Aspect::Minimum | Aspect::Maximum | Aspect::MaxItems | Aspect::ReadOnly => {
                Some(Class::Documentation)
            }
            _ => None,
        };
        let items = if class.is_some() { items } else { Vec::new() };
        (class, items)
    }

    /// Reports that `new(…)` was added, removed or reordered, if no property explains it. It is
    /// invisible on the wire.
    fn order(&self, first: usize, changes: &mut Vec<Change>) {
        let Some((class, item)) = &self.constructor else {
            return;
        };
        let reported = changes[first..]
            .iter()
            .any(|change| change.items.iter().any(|known| known.path == item.path));
        if reported {
            return;
        }
        let has_none = |side: &Definition<'_>| !items::has_constructor(side.model);
        let lost = items::has_default(self.old.model) && !items::has_default(self.new.model);
        let (kind, part, what) = match (has_none(&self.old), has_none(&self.new)) {
            (true, _) if lost => (Kind::Added, "new", "now has `new`, and no longer `Default`"),
            (true, _) => (Kind::Added, "new", "now has `new`"),
            (_, true) => (Kind::Removed, "new", "no longer has `new`"),
            _ => (
                Kind::Changed,
                "order",
                "the order of the required properties changed, and with it that of the arguments of `new`",
            ),
        };
        let change = Change::of(&self.subject, kind, what).part(part);
        changes.push(change.rust(*class, vec![item.clone()]));
    }
}

/// Returns the properties of one side, to be matched.
fn candidates<'a>(of: &Definition<'a>) -> Vec<Candidate<'a>> {
    let properties = of.model.properties.iter();
    properties
        .map(|p| Candidate {
            name: &p.wire,
            facts: [type_name(&p.kind), format!("required: {}", p.required)].into(),
            certain: Some((snake(&p.client), "the name in clients is the same")),
        })
        .collect()
}

fn part(property: &Property) -> String {
    format!("property {}", property.wire)
}

/// Returns the descriptions of a property.
fn descriptions_of(schema: &Schema) -> (Option<&str>, Option<&str>, Option<&str>) {
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
        words.push("set only by the service".into());
    }
    words.join(", ")
}
