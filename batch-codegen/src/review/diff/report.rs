//! All differences between two descriptions, and what they sum up to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::change::{Change, Class, Kind, Subject};
use crate::swagger::Info;

/// What differs between two descriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub(super) old: Described,
    pub(super) new: Described,
    changes: Vec<Change>,
}

/// How a description calls itself.
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

/// How many changes there are of each class.
pub(super) type Counts = [(Class, usize); 4];

impl Report {
    pub(super) fn new(old: &Info, new: &Info, mut changes: Vec<Change>) -> Self {
        // By subject; in it the worst first, and what is the subject's own before its parts.
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

    /// Whether nothing differs, texts included.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether something other than texts differs, be it a fact that stands only in docs.
    pub fn facts_differ(&self) -> bool {
        self.changes.iter().any(|change| change.kind != Kind::Texts)
    }

    /// How grave it is for callers of the service; `None` where the wire is not touched.
    pub fn worst_wire(&self) -> Option<Class> {
        self.changes.iter().filter_map(|change| change.wire).max()
    }

    /// How grave it is for users of the crates; `None` where nothing of them is touched.
    pub fn worst_rust(&self) -> Option<Class> {
        self.changes.iter().filter_map(|change| change.rust).max()
    }

    /// All changes, by what they belong to: the description, operations, models, enums; the worst
    /// first in each.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The version that the crates should get, by Cargo's rules: what breaks users, where they
    /// compile or where they run, raises the minor version before 1.0 and the major one after;
    /// additions and behaviour raise the patch version before 1.0 and the minor one after; what
    /// else differs raises the patch version. `current` itself where nothing differs, and where it
    /// is no version.
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

    /// Places whose texts differ, with the subjects that have them: a text that operations share is
    /// told once.
    pub(super) fn texts(&self) -> Vec<(&str, String)> {
        let texts = self.changes.iter().filter(|c| c.kind == Kind::Texts);
        let mut groups: BTreeMap<&str, Vec<&Subject>> = BTreeMap::new();
        for change in texts {
            groups
                .entry(&change.what)
                .or_default()
                .push(&change.subject);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by(|a, b| (b.1.len(), &a.1).cmp(&(a.1.len(), &b.1)));
        let groups = groups.into_iter();
        groups.map(|(what, whose)| (what, those(&whose))).collect()
    }

    /// `2 breaking, 1 addition`.
    pub(super) fn counted(counts: &Counts) -> String {
        let some = counts.iter().filter(|(_, count)| *count > 0);
        let words: Vec<String> = some
            .map(|(class, count)| match (class, count) {
                (Class::Addition, 2..) => format!("{count} additions"),
                _ => format!("{count} {class}"),
            })
            .collect();
        match words.as_slice() {
            [] => "not touched".into(),
            words => words.join(", "),
        }
    }

    /// `0.1.0 → 0.2.0`: of the crates of this workspace, which share their version.
    pub(super) fn versions(&self) -> String {
        let current = env!("CARGO_PKG_VERSION");
        let next = self.next_version(current);
        if next == current {
            format!("{current}, as it is")
        } else {
            format!("{current} → {next}")
        }
    }

    /// The versions of the API.
    pub(super) fn title(&self) -> String {
        format!("Batch API {} → {}", self.old.version, self.new.version)
    }
}

/// The subjects by name where they are few, else how many of each kind.
fn those(subjects: &[&Subject]) -> String {
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
