//! Resources of one kind, found by case-insensitive id or by number, and ordered by id.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::numbers::Number;

/// Resources of one kind. Numbers are never reused, so a stale one finds nothing, and they increase
/// with each addition.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Catalog<N, T> {
    numbers: BTreeMap<Box<str>, N>,
    items: Vec<Option<Box<T>>>,
}

impl<N, T> Default for Catalog<N, T> {
    fn default() -> Self {
        Self {
            numbers: BTreeMap::new(),
            items: Vec::new(),
        }
    }
}

/// Returns the normalized form of an id for comparisons.
///
/// Source: descriptions of `CloudJob.id` and other ids: case is preserved, but ignored in
/// comparisons.
pub(crate) fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}

impl<N: Number, T> Catalog<N, T> {
    /// Returns the number of an id.
    pub(crate) fn number(&self, id: &str) -> Option<N> {
        self.numbers.get(key(id).as_str()).copied()
    }

    pub(crate) fn get(&self, number: N) -> Option<&T> {
        self.items.get(number.index())?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, number: N) -> Option<&mut T> {
        self.items.get_mut(number.index())?.as_deref_mut()
    }

    /// Adds a resource whose id does not exist yet.
    pub(crate) fn add(&mut self, id: &str, item: T) -> N {
        let number = self.next_number();
        self.items.push(Some(Box::new(item)));
        self.numbers.insert(key(id).into_boxed_str(), number);
        number
    }

    /// Returns how many resources there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Returns the number of the next resource.
    pub(crate) fn next_number(&self) -> N {
        N::from_index(self.items.len())
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Box<T>> {
        let number = self.numbers.remove(key(id).as_str())?;
        self.items.get_mut(number.index())?.take()
    }

    /// Returns the resources in the order of their ids, optionally only those after a key.
    ///
    /// No source for this order; chosen because the id of the last item then determines where the
    /// next page starts, whatever is added or deleted in between.
    pub(crate) fn from<'a>(
        &'a self,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, &'a T)> + use<'a, N, T> {
        let start = after.map_or(Bound::Unbounded, |key| {
            Bound::Excluded(Box::<str>::from(key))
        });
        let range = self.numbers.range((start, Bound::Unbounded));
        range.filter_map(|(key, number)| Some((key.as_ref(), self.get(*number)?)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (N, &T)> {
        let numbered = self.items.iter().enumerate();
        numbered.filter_map(|(number, item)| Some((N::from_index(number), item.as_deref()?)))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (N, &mut T)> {
        let numbered = self.items.iter_mut().enumerate();
        numbered.filter_map(|(number, item)| Some((N::from_index(number), item.as_deref_mut()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::numbers::JobNumber;

    #[test]
    fn ids_ignore_case_and_list_in_order() {
        let mut catalog = Catalog::<JobNumber, i32>::default();
        catalog.add("B", 1);
        catalog.add("a", 2);
        catalog.add("c", 3);
        assert_eq!(catalog.number("b"), Some(JobNumber::from_index(0)));
        let keys: Vec<_> = catalog.from(None).map(|(key, _)| key).collect();
        assert_eq!(keys, ["a", "b", "c"]);
        let keys: Vec<_> = catalog.from(Some("a")).map(|(key, _)| key).collect();
        assert_eq!(keys, ["b", "c"]);
        assert!(catalog.remove("A").is_some());
        assert_eq!(
            (catalog.number("a"), catalog.get(JobNumber::from_index(1))),
            (None, None)
        );
        assert_eq!(catalog.add("a", 4), JobNumber::from_index(3));
    }
}
