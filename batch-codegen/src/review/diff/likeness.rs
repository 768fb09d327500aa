//! Pairs of what goes by another name: same thing or another?
//!
//! Structure and name are compared apart and weighed. The best pair is taken first, each side once;
//! a pair with a rival that is as good is no pair, because a guess must not depend on the order of
//! a file.

use std::collections::BTreeSet;

/// The least confidence, in percent, at which two names are taken for one thing renamed.
pub const RENAMED: u8 = 70;

/// Something that has lost its name, or has a new one.
pub(super) struct Candidate<'a> {
    pub(super) name: &'a str,
    /// What it is made of.
    pub(super) facts: BTreeSet<String>,
    /// What makes it the same beyond doubt, with the words for it.
    pub(super) certain: Option<(String, &'static str)>,
}

/// How much of the confidence comes from the structure; the rest comes from the name.
#[derive(Clone, Copy)]
pub(super) struct Weight(pub(super) f64);

impl Weight {
    /// Models, enums and operations say much by what they hold.
    pub(super) const WHOLE: Self = Self(0.7);
    /// Properties are told apart by their names.
    pub(super) const PART: Self = Self(0.3);
}

/// One found pair.
pub(super) struct Pair {
    pub(super) old: usize,
    pub(super) new: usize,
    pub(super) confidence: u8,
    pub(super) how: String,
}

/// The pairs among what is only on one side, by their places in the lists.
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
        "{same} of {total} facts of both are the same, the names are {} % alike",
        percent(name)
    );
    (percent(sum), how)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a description's parts"
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
