//! One difference between two descriptions: where, what, how grave, which Rust items.

use std::fmt;

use serde::Serialize;

/// How grave a change is; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Class {
    /// Nothing that a program notices: texts, and facts that only stand in docs.
    Documentation,
    /// More than before; what was there stays as it was.
    Addition,
    /// What was written still fits, and does something else.
    Behaviour,
    /// What was written does not fit any more.
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

/// Where something is.
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

/// What a change belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Subject {
    /// The description as a whole.
    Description,
    /// An operation, by its id; the new one where it was renamed.
    Operation(String),
    /// A model, by its name; the new one where it was renamed.
    Model(String),
    /// An enum, by its name; the new one where it was renamed.
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

/// What happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It goes by another name; see [`Change::renamed`].
    Renamed,
    /// A fact of it differs.
    Changed,
    /// Only texts differ.
    Texts,
}

/// A guess that two names mean the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Renaming {
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: String,
    /// How sure that is, in percent.
    pub confidence: u8,
    /// What makes it likely.
    pub how: String,
}

/// A Rust item of the crates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Item {
    /// `batch_client::models::CloudPool::vm_size`.
    pub path: String,
    /// In which of the two generated clients it is.
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

    /// One that is there before and after, under a name that may differ.
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
    /// What it belongs to.
    pub subject: Subject,
    /// Where in the subject (`property vmSize`, `parameter timeout`); `None` for the subject
    /// itself.
    pub part: Option<String>,
    /// What happened.
    pub kind: Kind,
    /// The same in words, on one line; names and values in backticks.
    pub what: String,
    /// The guess behind a [`Kind::Renamed`].
    pub renamed: Option<Renaming>,
    /// For callers of the service; `None` where the wire is not touched.
    pub wire: Option<Class>,
    /// For users of the crates; `None` where nothing of them is touched.
    pub rust: Option<Class>,
    /// The Rust items that it touches.
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

    /// The change that a renaming is.
    pub(super) fn renaming(subject: &Subject, renaming: &Renaming) -> Self {
        let what = format!(
            "renamed from {} to {} ({} % sure: {})",
            code(&renaming.from),
            code(&renaming.to),
            renaming.confidence,
            renaming.how
        );
        let mut change = Self::of(subject, Kind::Renamed, what);
        change.renamed = Some(renaming.clone());
        change
    }

    /// The one change that stands for all texts of a subject that differ.
    /// The places are named, the texts are not shown: a report may not carry sentences of others.
    pub(super) fn texts(subject: &Subject, places: &[String]) -> Option<Self> {
        if places.is_empty() {
            return None;
        }
        let class = Class::Documentation;
        let change = Self::of(subject, Kind::Texts, places.join(", "));
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

    /// The worse of both classes.
    pub fn worst(&self) -> Option<Class> {
        self.wire.max(self.rust)
    }
}

/// A name or value as it is shown: on one line, in backticks that nothing within can end.
pub(super) fn code(value: &str) -> String {
    let plain = value.replace('`', "'").replace(char::is_control, " ");
    format!("`{plain}`")
}
