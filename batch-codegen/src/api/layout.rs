//! Which properties are boxed: an optional model that would make its owner large.
//!
//! A response holds every property as an `Option`, and an absent one takes as much room as one that
//! is there. So a property that holds a single model, and need not, is an `Option<Box<_>>` if that
//! model takes more than [`LARGE`] bytes. Nothing else is boxed: texts, lists and maps have their
//! content elsewhere, and what a request requires is always there.
//!
//! Sizes are counted from the inside out, each model with its own properties boxed, as rustc lays
//! structs out on a 64-bit machine. They decide the types on every machine.

use std::collections::BTreeMap;

use super::types::{Kind, Model, Property};

/// A model of more bytes than this is boxed where it is optional.
///
/// With 128, a `CloudTask` takes 592 bytes instead of 1,528, and reading one that has run allocates
/// twice more, for its node and its execution.
const LARGE: usize = 128;

/// What a type takes.
#[derive(Clone, Copy)]
struct Layout {
    size: usize,
    align: usize,
    /// Bit patterns that are no value, in which an `Option` can put its `None`.
    spare: u8,
}

const MANY: u8 = u8::MAX;

const BOX: Layout = Layout::new(8, 8, 1);

impl Layout {
    const fn new(size: usize, align: usize, spare: u8) -> Self {
        Self { size, align, spare }
    }

    fn optional(self) -> Self {
        match self.spare {
            0 => Self::new(self.size + self.align, self.align, MANY),
            MANY => self,
            spare => Self::new(self.size, self.align, spare - 1),
        }
    }
}

/// Decides which properties are boxed. A model must not hold itself by value.
pub(super) fn decide(models: &mut [Model]) {
    let mut layouts = BTreeMap::new();
    for model in models.iter() {
        measure(models, model, &mut layouts);
    }
    for model in models {
        for index in 0..model.properties.len() {
            model.properties[index].boxed = is_boxed(model, &model.properties[index], &layouts);
        }
    }
}

fn is_boxed(model: &Model, property: &Property, layouts: &BTreeMap<String, Layout>) -> bool {
    let Kind::Model(name) = &property.kind else {
        return false;
    };
    let layout = layouts.get(name);
    !model.is_plain(property) && layout.is_some_and(|layout| layout.size > LARGE)
}

/// Measures a model, after those that it holds.
fn measure(models: &[Model], model: &Model, layouts: &mut BTreeMap<String, Layout>) {
    if layouts.contains_key(&model.name) {
        return;
    }
    let (mut size, mut align, mut spare) = (0, 1, 0);
    for property in &model.properties {
        if let Kind::Model(name) = &property.kind
            && let Some(inner) = models.iter().find(|inner| inner.name == *name)
        {
            measure(models, inner, layouts);
        }
        let layout = field(model, property, layouts);
        // rustc sorts fields by their alignment, so that there is no gap but at the end.
        size += layout.size;
        align = align.max(layout.align);
        spare = spare.max(layout.spare);
    }
    let size = size.next_multiple_of(align);
    layouts.insert(model.name.clone(), Layout::new(size, align, spare));
}

fn field(model: &Model, property: &Property, layouts: &BTreeMap<String, Layout>) -> Layout {
    let value = if is_boxed(model, property, layouts) {
        BOX
    } else {
        of_kind(&property.kind, layouts)
    };
    if model.is_plain(property) {
        value
    } else {
        value.optional()
    }
}

fn of_kind(kind: &Kind, layouts: &BTreeMap<String, Layout>) -> Layout {
    match kind {
        Kind::Text | Kind::Array(_) => Layout::new(24, 8, MANY),
        Kind::Map => Layout::new(24, 8, 0),
        Kind::I32 => Layout::new(4, 4, 0),
        Kind::I64 | Kind::F64 | Kind::Duration => Layout::new(8, 8, 0),
        Kind::Bool => Layout::new(1, 1, MANY),
        Kind::DateTime => Layout::new(12, 4, 1),
        // A tag, and the box of a value that is not known.
        Kind::Enum(_) => Layout::new(16, 8, MANY),
        Kind::Json => Layout::new(32, 8, MANY),
        Kind::Model(name) => layouts.get(name).copied().unwrap_or(BOX),
    }
}
