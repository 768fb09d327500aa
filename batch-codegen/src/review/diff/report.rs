//! All differences between two descriptions, with totals.

use std::collections::BTreeMap;

use serde::Serialize;

use super::change::{Change, Class, Kind, Subject};
use crate::swagger::Info;

/// The differences between two descriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub(super) old: Described,
    pub(super) new: Described,
    changes: Vec<Change>,
}

/// Title and version of a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Described {
    pub(super) title: String,
    pub(super) version: String,
}

impl Described {
    fn of(info: &Info) -> Self {
        Self {
            title: info.title.clone(),
            version: info.version.clone(),
        }
    }
}

/// The number of changes of each class.
pub(super) type Counts = [(Class, usize); 4];

impl Report {
    pub(super) fn new(old: &Info, new: &Info, mut changes: Vec<Change>) -> Self {
        // By subject; within it the worst first, and changes of the subject itself before its
        // parts.
        changes.sort_by(|a, b| {
            let key = |c: &Change| {
                (
                    c.subject.clone(),
                    std::cmp::Reverse(c.worst()),
                    c.part.clone(),
                )
            };
            key(a).cmp(&key(b))
        });
        Self {
            old: Described::of(old),
            new: Described::of(new),
            changes,
        }
    }

    /// Returns true if nothing differs, including descriptions.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns true if anything other than descriptions differs, even a fact that only the docs
    /// show.
    pub fn facts_differ(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.kind != Kind::Descriptions)
    }

    /// Returns the severity for callers of the service; `None` if the wire is not affected.
    pub fn worst_wire(&self) -> Option<Class> {
        self.changes.iter().filter_map(|change| change.wire).max()
    }

    /// Returns the severity for users of the crates; `None` if the Rust API is not affected.
    pub fn worst_rust(&self) -> Option<Class> {
        self.changes.iter().filter_map(|change| change.rust).max()
    }

    /// Returns all changes by subject: the description, operations, models, enums; the worst first
    /// in each.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns the version that the crates should get, by Cargo's rules. Changes that break users,
    /// at compile time or at run time, raise the minor version before 1.0 and the major one after;
    /// additions and behaviour raise the patch version before 1.0 and the minor one after; any
    /// other difference raises the patch version. Returns `current` itself if nothing differs or if
    /// it is not a version.
    pub fn next_version(&self, current: &str) -> String {
        let Ok(mut version) = semver::Version::parse(current) else {
            return current.to_owned();
        };
        if self.is_empty() {
            return current.to_owned();
        }
        let stable = version.major > 0;
        match (self.worst_wire().max(self.worst_rust()), stable) {
            (Some(Class::Breaking), true) => {
                (version.major, version.minor, version.patch) = (version.major + 1, 0, 0);
            }
            (Some(Class::Breaking), false) | (Some(Class::Behaviour | Class::Addition), true) => {
                (version.minor, version.patch) = (version.minor + 1, 0);
            }
            _ => version.patch += 1,
        }
        version.pre = semver::Prerelease::EMPTY;
        version.build = semver::BuildMetadata::EMPTY;
        version.to_string()
    }

    pub(super) fn wire_counts(&self) -> Counts {
        self.counts(|change| change.wire)
    }

    pub(super) fn rust_counts(&self) -> Counts {
        self.counts(|change| change.rust)
    }

    fn counts(&self, class: impl Fn(&Change) -> Option<Class>) -> Counts {
        Class::WORST_FIRST.map(|of| {
            let count = self.changes.iter().filter(|c| class(c) == Some(of)).count();
            (of, count)
        })
    }

    /// Returns the places whose descriptions differ, with their subjects: a description that
    /// operations share is listed once.
    pub(super) fn descriptions(&self) -> Vec<(&str, String)> {
        let changes = self.changes.iter().filter(|c| c.kind == Kind::Descriptions);
        let mut groups: BTreeMap<&str, Vec<&Subject>> = BTreeMap::new();
        for change in changes {
            groups
                .entry(&change.what)
                .or_default()
                .push(&change.subject);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by(|a, b| (b.1.len(), &a.1).cmp(&(a.1.len(), &b.1)));
        let groups = groups.into_iter();
        groups
            .map(|(what, whose)| (what, name_or_count(&whose)))
            .collect()
    }

    /// `2 breaking, 1 addition`.
    pub(super) fn summary(counts: &Counts) -> String {
        let some = counts.iter().filter(|(_, count)| *count > 0);
        let words: Vec<String> = some
            .map(|(class, count)| match (class, count) {
                (Class::Addition, 2..) => format!("{count} additions"),
                _ => format!("{count} {class}"),
            })
            .collect();
        match words.as_slice() {
            [] => "not affected".into(),
            words => words.join(", "),
        }
    }

    /// Returns `0.1.0 → 0.2.0`, the versions of the crates of this workspace, which share them.
    pub(super) fn versions(&self) -> String {
        let current = env!("CARGO_PKG_VERSION");
        let next = self.next_version(current);
        if next == current {
            format!("{current}, unchanged")
        } else {
            format!("{current} → {next}")
        }
    }

    /// Returns the heading with the versions of the API.
    pub(super) fn title(&self) -> String {
        format!("Batch API {} → {}", self.old.version, self.new.version)
    }
}

/// Lists the subjects by name if they are few, otherwise counts them by kind.
fn name_or_count(subjects: &[&Subject]) -> String {
    const FEW: usize = 3;
    if subjects.len() <= FEW {
        let names = subjects.iter().map(ToString::to_string);
        return names.collect::<Vec<_>>().join(", ");
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for subject in subjects {
        let kind = match subject {
            Subject::Description => "description",
            Subject::Operation(_) => "operation",
            Subject::Model(_) => "model",
            Subject::Enum(_) => "enum",
        };
        *kinds.entry(kind).or_default() += 1;
    }
    let words = kinds.into_iter().map(|(kind, count)| plural(count, kind));
    words.collect::<Vec<_>>().join(", ")
}

/// `1 model`, `2 models`, `2 properties`.
pub(super) fn plural(count: usize, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {word}s"),
    }
}
