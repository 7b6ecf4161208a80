//! Numbers that stay as long as what has them does.

use std::collections::BTreeSet;

/// Numbers from 0 on, of which those that are free are taken again.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    free: BTreeSet<usize>,
    next: usize,
}

impl Numbers {
    /// The least number that is free.
    pub(super) fn take(&mut self) -> usize {
        self.free.pop_first().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// All that were ever taken are below this one.
    pub(super) fn end(&self) -> usize {
        self.next
    }

    pub(super) fn give_back(&mut self, number: usize) {
        self.free.insert(number);
    }
}
