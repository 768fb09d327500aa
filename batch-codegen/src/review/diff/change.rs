//! One difference between two descriptions: place, kind, severity, and Rust items.

use std::fmt;

use serde::Serialize;

/// The severity of a change; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Class {
    /// Invisible to programs: descriptions, and facts that only the docs show.
    Documentation,
    /// Something new; everything that existed is unchanged.
    Addition,
    /// Existing code still compiles but does something else.
    Behaviour,
    /// Existing code no longer works.
    Breaking,
}

impl Class {
    /// All classes, the worst first.
    pub(super) const WORST_FIRST: [Self; 4] = [
        Self::Breaking,
        Self::Behaviour,
        Self::Addition,
        Self::Documentation,
    ];

    /// `breaking`, `behaviour`, `addition` or `documentation`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::Addition => "addition",
            Self::Behaviour => "behaviour",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The side that has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Side {
    /// Only in the old description.
    Old,
    /// Only in the new one.
    New,
    /// In both.
    Both,
}

/// The part of the API that a change belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Subject {
    /// The description as a whole.
    Description,
    /// An operation, by its id; the new one if it was renamed.
    Operation(String),
    /// A model, by its name; the new one if it was renamed.
    Model(String),
    /// An enum, by its name; the new one if it was renamed.
    Enum(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Description => f.write_str("the description"),
            Self::Operation(name) => write!(f, "operation {name}"),
            Self::Model(name) => write!(f, "model {name}"),
            Self::Enum(name) => write!(f, "enum {name}"),
        }
    }
}

/// The kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// Added.
    Added,
    /// Removed.
    Removed,
    /// Renamed; see [`Change::renamed`].
    Renamed,
    /// A fact changed.
    Changed,
    /// Only descriptions changed.
    #[serde(rename = "texts")]
    Descriptions,
}

/// A guess that two names mean the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Renaming {
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: String,
    /// The confidence in the guess, in percent.
    pub confidence: u8,
    /// The evidence.
    pub how: String,
}

/// A Rust item of the crates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Item {
    /// `batch_client::models::CloudPool::vm_size`.
    pub path: String,
    /// The side whose generated client has it.
    #[serde(rename = "in")]
    pub side: Side,
}

impl Item {
    pub(super) fn old(path: String) -> Self {
        let side = Side::Old;
        Self { path, side }
    }

    pub(super) fn new(path: String) -> Self {
        let side = Side::New;
        Self { path, side }
    }

    pub(super) fn both(path: String) -> Self {
        let side = Side::Both;
        Self { path, side }
    }

    /// Returns an item of both sides, under a name that may differ.
    pub(super) fn moved(old: String, new: String) -> Vec<Self> {
        if old == new {
            vec![Self::both(old)]
        } else {
            vec![Self::old(old), Self::new(new)]
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The operation, model or enum that changed.
    pub subject: Subject,
    /// The place in the subject (`property vmSize`, `parameter timeout`); `None` for the subject
    /// itself.
    pub part: Option<String>,
    /// The kind of change.
    pub kind: Kind,
    /// The change in words, on one line; names and values in backticks.
    pub what: String,
    /// The guess behind a [`Kind::Renamed`].
    pub renamed: Option<Renaming>,
    /// The severity for callers of the service; `None` if the wire is not affected.
    pub wire: Option<Class>,
    /// The severity for users of the crates; `None` if the Rust API is not affected.
    pub rust: Option<Class>,
    /// The affected Rust items.
    pub items: Vec<Item>,
}

impl Change {
    pub(super) fn of(subject: &Subject, kind: Kind, what: impl Into<String>) -> Self {
        Self {
            subject: subject.clone(),
            part: None,
            kind,
            what: what.into(),
            renamed: None,
            wire: None,
            rust: None,
            items: Vec::new(),
        }
    }

    /// Returns the change for a renaming.
    pub(super) fn renaming(subject: &Subject, renaming: &Renaming) -> Self {
        let what = format!(
            "renamed from {} to {} (confidence {} %: {})",
            code(&renaming.from),
            code(&renaming.to),
            renaming.confidence,
            renaming.how
        );
        let mut change = Self::of(subject, Kind::Renamed, what);
        change.renamed = Some(renaming.clone());
        change
    }

    /// Returns the one change that stands for all differing descriptions of a subject. It names the
    /// places without quoting: a report must not contain other people's sentences.
    pub(super) fn descriptions(subject: &Subject, places: &[String]) -> Option<Self> {
        if places.is_empty() {
            return None;
        }
        let class = Class::Documentation;
        let change = Self::of(subject, Kind::Descriptions, places.join(", "));
        Some(change.wire(class).rust(class, Vec::new()))
    }

    pub(super) fn part(mut self, part: impl Into<String>) -> Self {
        self.part = Some(part.into());
        self
    }

    pub(super) fn wire(mut self, class: impl Into<Option<Class>>) -> Self {
        self.wire = class.into();
        self
    }

    pub(super) fn rust(mut self, class: impl Into<Option<Class>>, items: Vec<Item>) -> Self {
        self.rust = class.into();
        self.items = items;
        self
    }

    /// Returns the worse of both classes.
    pub fn worst(&self) -> Option<Class> {
        self.wire.max(self.rust)
    }
}

/// Formats a name or value: on one line, in backticks that its content cannot close.
pub(super) fn code(value: &str) -> String {
    let plain = value.replace('`', "'").replace(char::is_control, " ");
    format!("`{plain}`")
}
