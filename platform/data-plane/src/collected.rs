//! What a thread holds of requests whose bodies have not come to their end.

use std::cell::Cell;

/// Bytes of bodies that one thread holds while it waits for the rest of them.
#[derive(Debug, Default)]
pub(crate) struct Collected(Cell<usize>);

/// The part of one request, as long as it is waited for.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    all: &'a Collected,
    bytes: usize,
}

impl Collected {
    /// The part of a request of which nothing is here yet.
    pub(crate) fn part(&self) -> Part<'_> {
        Part { all: self, bytes: 0 }
    }
}

impl Part<'_> {
    /// The part has so many bytes now; false, and nothing is counted, where all parts were more than `most` then.
    pub(crate) fn is_now(&mut self, bytes: usize, most: usize) -> bool {
        let others = self.all.0.get().saturating_sub(self.bytes);
        let all = others.saturating_add(bytes);
        if all > most {
            return false;
        }
        self.all.0.set(all);
        self.bytes = bytes;
        true
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.all.0.set(self.all.0.get().saturating_sub(self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_sum_is_that_of_the_parts_and_never_more_than_it_may_be(
            steps in prop::collection::vec((0_usize..8, 0_usize..100, any::<bool>()), 0..200),
            most in 0_usize..300,
        ) {
            let all = Collected::default();
            let mut parts: Vec<Part<'_>> = (0..8).map(|_| all.part()).collect();
            for (at, bytes, is_over) in steps {
                if is_over {
                    parts[at] = all.part();
                } else {
                    let others = all.0.get() - parts[at].bytes;
                    prop_assert_eq!(parts[at].is_now(bytes, most), others + bytes <= most);
                }
                prop_assert_eq!(all.0.get(), parts.iter().map(|part| part.bytes).sum::<usize>());
                prop_assert!(all.0.get() <= most);
            }
            drop(parts);
            prop_assert_eq!(all.0.get(), 0);
        }
    }
}
