//! Detection of renamed items: do two names mean the same thing?
//!
//! Structure and name are compared separately and weighted. The best pair is taken first, each side
//! once. A pair with an equally good rival is not taken, because a guess must not depend on the
//! order of a file.

use std::collections::BTreeSet;

/// The minimum confidence, in percent, at which two names count as a renaming.
pub const RENAMED: u8 = 70;

/// An item that exists under this name on one side only.
pub(super) struct Candidate<'a> {
    pub(super) name: &'a str,
    /// The facts of its structure.
    pub(super) facts: BTreeSet<String>,
    /// A key that identifies it beyond doubt, with a description of the key.
    pub(super) certain: Option<(String, &'static str)>,
}

/// The share of the structure in the confidence; the rest comes from the name.
#[derive(Clone, Copy)]
pub(super) struct Weight(pub(super) f64);

impl Weight {
    /// For models, enums and operations, which their structure describes well.
    pub(super) const WHOLE: Self = Self(0.7);
    /// For properties, which mainly their names distinguish.
    pub(super) const PART: Self = Self(0.3);
}

/// A detected pair.
pub(super) struct Pair {
    pub(super) old: usize,
    pub(super) new: usize,
    pub(super) confidence: u8,
    pub(super) how: String,
}

/// Returns the pairs among the items of one side only, as indices into the lists.
pub(super) fn pairs(old: &[Candidate<'_>], new: &[Candidate<'_>], weight: Weight) -> Vec<Pair> {
    let mut all: Vec<Pair> = Vec::new();
    for (o, left) in old.iter().enumerate() {
        for (n, right) in new.iter().enumerate() {
            let (confidence, how) = confidence(left, right, weight);
            if confidence >= RENAMED {
                all.push(Pair {
                    old: o,
                    new: n,
                    confidence,
                    how,
                });
            }
        }
    }
    all.sort_by_key(|pair| (std::cmp::Reverse(pair.confidence), pair.old, pair.new));
    let mut taken: Vec<Pair> = Vec::new();
    let mut spent: Vec<(Option<usize>, Option<usize>)> = Vec::new();
    for pair in &all {
        let free = |p: &Pair| {
            !spent
                .iter()
                .any(|(o, n)| *o == Some(p.old) || *n == Some(p.new))
        };
        if !free(pair) {
            continue;
        }
        let rival = all.iter().any(|other| {
            let other_pair = (other.old, other.new) != (pair.old, pair.new);
            let shares = other.old == pair.old || other.new == pair.new;
            other_pair && shares && other.confidence == pair.confidence && free(other)
        });
        if rival {
            continue;
        }
        spent.push((Some(pair.old), Some(pair.new)));
        taken.push(Pair {
            how: pair.how.clone(),
            ..*pair
        });
    }
    taken
}

fn confidence(old: &Candidate<'_>, new: &Candidate<'_>, weight: Weight) -> (u8, String) {
    if let (Some((a, how)), Some((b, _))) = (&old.certain, &new.certain)
        && a == b
    {
        return (100, (*how).to_owned());
    }
    let same = old.facts.intersection(&new.facts).count();
    let total = old.facts.union(&new.facts).count();
    let structure = if total == 0 {
        0.0
    } else {
        ratio(2 * same, old.facts.len() + new.facts.len())
    };
    let name =
        strsim::normalized_damerau_levenshtein(&old.name.to_lowercase(), &new.name.to_lowercase());
    let sum = weight.0 * structure + (1.0 - weight.0) * name;
    let how = format!(
        "{same} of {total} facts are the same, the names are {} % similar",
        percent(name)
    );
    (percent(sum), how)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of parts of a description"
)]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 100"
)]
fn percent(share: f64) -> u8 {
    (share * 100.0).floor() as u8
}
