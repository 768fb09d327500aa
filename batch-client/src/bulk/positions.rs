//! Which tasks are settled, by their positions: ranges, since they are settled nearly in their
//! order.

/// A set of positions, kept as ranges that neither touch nor overlap, in ascending order; both ends
/// belong to a range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Positions(Vec<(u64, u64)>);

impl Positions {
    /// Returns the set of these ranges; `None` if they are not as the type keeps them.
    pub(super) fn from_ranges(ranges: Vec<(u64, u64)>) -> Option<Self> {
        let apart = |pair: &[(u64, u64)]| pair[0].1 + 1 < pair[1].0;
        let ascends = |&(first, last): &(u64, u64)| first <= last && last < u64::MAX;
        let valid = ranges.iter().all(ascends) && ranges.windows(2).all(apart);
        valid.then_some(Self(ranges))
    }

    pub(super) fn ranges(&self) -> &[(u64, u64)] {
        &self.0
    }

    #[inline]
    pub(super) fn contains(&self, position: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= position);
        after > 0 && self.0[after - 1].1 >= position
    }

    #[inline]
    pub(super) fn insert(&mut self, position: u64) {
        let after = self.0.partition_point(|(first, _)| *first <= position);
        if after > 0 && self.0[after - 1].1 >= position {
            return;
        }
        let joins_before = after > 0 && self.0[after - 1].1 + 1 == position;
        let joins_after = self
            .0
            .get(after)
            .is_some_and(|(first, _)| *first == position + 1);
        match (joins_before, joins_after) {
            (true, true) => {
                self.0[after - 1].1 = self.0[after].1;
                self.0.remove(after);
            }
            (true, false) => self.0[after - 1].1 = position,
            (false, true) => self.0[after].0 = position,
            (false, false) => self.0.insert(after, (position, position)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        let mut positions = Positions::default();
        for position in [5, 3, 4, 9, 0, 1, 4] {
            positions.insert(position);
        }
        assert_eq!(positions.0, [(0, 1), (3, 5), (9, 9)]);
    }

    proptest! {
        #[test]
        fn it_is_a_set(inserted in prop::collection::vec(0u64..60, 0..80)) {
            let mut positions = Positions::default();
            let mut set = BTreeSet::new();
            for position in inserted {
                positions.insert(position);
                set.insert(position);
                let apart = positions.0.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0);
                prop_assert!(apart, "{:?}", positions);
            }
            for position in 0..61 {
                prop_assert_eq!(positions.contains(position), set.contains(&position));
            }
        }
    }
}
