//! A list that stays on the stack while it is short.

/// A list of at most `N` items on the stack; if there are more, all of them are on the heap.
///
/// A request has few parameters and `ocp-*` headers, so this saves two allocations per signature.
pub(crate) struct Few<T, const N: usize> {
    stack: [T; N],
    length: usize,
    /// All items once there are more than `N`; empty before.
    heap: Vec<T>,
}

impl<T: Copy + Default, const N: usize> Few<T, N> {
    pub(crate) fn new() -> Self {
        Self {
            stack: [T::default(); N],
            length: 0,
            heap: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, item: T) {
        if let Some(place) = self.stack.get_mut(self.length) {
            *place = item;
            self.length += 1;
            return;
        }
        if self.heap.is_empty() {
            self.heap.extend_from_slice(&self.stack);
        }
        self.heap.push(item);
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        if self.heap.is_empty() {
            &self.stack[..self.length]
        } else {
            &self.heap
        }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        if self.heap.is_empty() {
            &mut self.stack[..self.length]
        } else {
            &mut self.heap
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_order_when_they_move_to_the_heap() {
        let mut few = Few::<usize, 3>::new();
        for length in 0..8 {
            let expected: Vec<_> = (1..=length).collect();
            assert_eq!(few.as_slice(), expected);
            assert_eq!(few.as_mut_slice(), expected);
            assert_eq!(few.heap.is_empty(), length <= 3);
            few.push(length + 1);
        }
    }
}
