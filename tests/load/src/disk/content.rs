//! The content of one file: what processes see, and what a power cut leaves.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Loss, Lost};

/// What a disk writes in one piece.
pub(super) const PAGE: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// The pages in which the two may differ.
    dirty: BTreeSet<usize>,
}

impl Content {
    pub(super) fn len(&self) -> usize {
        self.now.len()
    }

    /// Up to `length` bytes from `offset`.
    pub(super) fn read(&self, offset: usize, length: usize) -> &[u8] {
        let from = offset.min(self.now.len());
        let to = offset.saturating_add(length).min(self.now.len());
        &self.now[from..to]
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        // What lies between the old end and the write becomes zeros, and changes too.
        self.touch(offset.min(self.now.len())..end);
        if self.now.len() < end {
            self.now.resize(end, 0);
        }
        self.now[offset..end].copy_from_slice(bytes);
    }

    pub(super) fn resize(&mut self, length: usize) {
        let old = self.now.len();
        self.touch(old.min(length)..old.max(length));
        self.now.resize(length, 0);
    }

    /// Makes what is seen now durable.
    pub(super) fn sync(&mut self) {
        self.durable.resize(self.now.len(), 0);
        for page in std::mem::take(&mut self.dirty) {
            copy(page, &self.now, &mut self.durable);
        }
    }

    /// The power is cut.
    pub(super) fn lose(&mut self, loss: Loss<'_>) -> Lost {
        let mut lost = Lost::default();
        if self.now.len() != self.durable.len() && loss.spares() {
            self.durable.resize(self.now.len(), 0);
        }
        for page in std::mem::take(&mut self.dirty) {
            if loss.spares() {
                copy(page, &self.now, &mut self.durable);
                lost.spared += 1;
            } else {
                lost.pages += 1;
            }
        }
        self.now.clone_from(&self.durable);
        lost
    }

    fn touch(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.dirty.extend(range.start / PAGE..=(range.end - 1) / PAGE);
        }
    }
}

/// Copies one page as far as both sides have it.
fn copy(page: usize, from: &[u8], to: &mut [u8]) {
    let start = page * PAGE;
    let end = (start + PAGE).min(from.len()).min(to.len());
    if start < end {
        to[start..end].copy_from_slice(&from[start..end]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;
    use tradewind_kernel::Entropy;

    #[derive(Debug, Clone)]
    enum Step {
        Write(usize, Vec<u8>),
        Resize(usize),
        Sync,
    }

    const LONGEST: usize = 5 * PAGE;

    fn step() -> impl Strategy<Value = Step> {
        let bytes = (1_u8.., 1..2 * PAGE).prop_map(|(byte, length)| vec![byte; length]);
        prop_oneof![
            4 => (0..LONGEST, bytes).prop_map(|(offset, bytes)| Step::Write(offset, bytes)),
            2 => (0..LONGEST).prop_map(Step::Resize),
            2 => Just(Step::Sync),
        ]
    }

    /// The content after `steps`, what a plain file would hold, and what it held at the last sync.
    fn after(steps: &[Step]) -> (Content, Vec<u8>, Vec<u8>) {
        let (mut content, mut plain, mut synced) = (Content::default(), Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Write(offset, bytes) => {
                    content.write(*offset, bytes);
                    let end = offset + bytes.len();
                    plain.resize(end.max(plain.len()), 0);
                    plain[*offset..end].copy_from_slice(bytes);
                }
                Step::Resize(length) => {
                    content.resize(*length);
                    plain.resize(*length, 0);
                }
                Step::Sync => {
                    content.sync();
                    synced.clone_from(&plain);
                }
            }
        }
        (content, plain, synced)
    }

    fn all(content: &Content) -> Vec<u8> {
        content.read(0, usize::MAX).to_vec()
    }

    /// The bytes of one page of a file of `length` bytes, as far as `bytes` has it and zeros behind that.
    fn page_of(bytes: &[u8], page: usize, length: usize) -> Vec<u8> {
        let range = page * PAGE..((page + 1) * PAGE).min(length);
        range.map(|at| bytes.get(at).copied().unwrap_or(0)).collect()
    }

    proptest! {
        #[test]
        fn until_the_power_is_cut_it_is_a_plain_file(steps in prop::collection::vec(step(), 0..24)) {
            let (content, plain, _) = after(&steps);
            prop_assert_eq!(content.len(), plain.len());
            prop_assert_eq!(all(&content), plain);
        }

        #[test]
        fn a_cut_leaves_what_was_synced_last(steps in prop::collection::vec(step(), 0..24)) {
            let (mut content, _, synced) = after(&steps);
            content.lose(Loss::All);
            prop_assert_eq!(&all(&content), &synced);
            prop_assert_eq!(content.lose(Loss::All), Lost::default(), "a second cut takes nothing");
            prop_assert_eq!(all(&content), synced);
        }

        #[test]
        fn a_torn_cut_leaves_each_page_as_it_was_or_as_it_is(
            steps in prop::collection::vec(step(), 0..24),
            seed in any::<u64>(),
        ) {
            let (mut content, plain, synced) = after(&steps);
            content.lose(Loss::Torn(&Entropy::seeded(seed)));
            let left = all(&content);
            prop_assert!([plain.len(), synced.len()].contains(&left.len()));
            for page in 0..left.len().div_ceil(PAGE) {
                let is = page_of(&left, page, left.len());
                let was = page_of(&synced, page, left.len());
                // A page that ends within the longer file keeps its old end where the new one has none.
                let mut mixed = was.clone();
                let seen = plain.len().min(left.len()).saturating_sub(page * PAGE).min(mixed.len());
                mixed[..seen].copy_from_slice(&page_of(&plain, page, left.len())[..seen]);
                prop_assert!(is == was || is == mixed, "page {}", page);
            }
        }

        #[test]
        fn what_was_synced_and_not_touched_again_survives_every_cut(
            steps in prop::collection::vec(step(), 0..24),
            seed in any::<u64>(),
        ) {
            let (mut content, plain, _) = after(&steps);
            content.sync();
            content.lose(Loss::Torn(&Entropy::seeded(seed)));
            prop_assert_eq!(all(&content), plain);
        }
    }

    #[test]
    fn a_torn_cut_spares_some_pages_and_not_others() {
        let mut content = Content::default();
        content.write(0, &vec![7; 64 * PAGE]);
        content.sync();
        content.write(0, &vec![8; 64 * PAGE]);
        let lost = content.lose(Loss::Torn(&Entropy::seeded(1)));
        assert!(lost.pages > 8 && lost.spared > 8 && lost.pages + lost.spared == 64, "{lost:?}");
        let kept = all(&content).chunks(PAGE).filter(|page| page[0] == 8).count();
        assert_eq!(u32::try_from(kept), Ok(lost.spared));
    }
}
