//! Matching of the items of both sides: by name, then by similarity.

use std::collections::BTreeSet;

use crate::review::diff::change::Renaming;
use crate::review::diff::similarity::{self, Candidate, Weight};

/// The old and the new name of an item.
pub(super) struct Matched<'a> {
    pub(super) old: &'a str,
    pub(super) new: &'a str,
    pub(super) renamed: Option<Renaming>,
}

/// The items of both sides, and those of one side only.
pub(super) struct Matching<'a> {
    pub(super) both: Vec<Matched<'a>>,
    pub(super) removed: Vec<&'a str>,
    pub(super) added: Vec<&'a str>,
}

/// Matches by name, then the rest by similarity.
pub(super) fn matching<'a>(
    old: Vec<Candidate<'a>>,
    new: Vec<Candidate<'a>>,
    weight: Weight,
) -> Matching<'a> {
    let names = |all: &[Candidate<'a>]| all.iter().map(|c| c.name).collect::<BTreeSet<_>>();
    let (old_names, new_names) = (names(&old), names(&new));
    let same = old_names.intersection(&new_names);
    let mut both: Vec<Matched<'a>> = same
        .map(|name| Matched {
            old: name,
            new: name,
            renamed: None,
        })
        .collect();
    let mut old: Vec<_> = old
        .into_iter()
        .filter(|c| !new_names.contains(c.name))
        .collect();
    let mut new: Vec<_> = new
        .into_iter()
        .filter(|c| !old_names.contains(c.name))
        .collect();
    old.sort_by_key(|c| c.name);
    new.sort_by_key(|c| c.name);
    let pairs = similarity::pairs(&old, &new, weight);
    let mut removed: BTreeSet<&str> = old.iter().map(|c| c.name).collect();
    let mut added: BTreeSet<&str> = new.iter().map(|c| c.name).collect();
    for pair in pairs {
        let (from, to) = (old[pair.old].name, new[pair.new].name);
        removed.remove(from);
        added.remove(to);
        both.push(Matched {
            old: from,
            new: to,
            renamed: Some(Renaming {
                from: from.to_owned(),
                to: to.to_owned(),
                confidence: pair.confidence,
                how: pair.how,
            }),
        });
    }
    Matching {
        both,
        removed: removed.into_iter().collect(),
        added: added.into_iter().collect(),
    }
}
