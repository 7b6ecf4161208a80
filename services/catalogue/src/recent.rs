//! What was found lately, as long as nothing has changed.
//!
//! Everything in it is of one revision of the catalogue, which each change raises in its transaction: who asks reads
//! the revision first, and what is kept from another one is forgotten. So nobody is shown what is out of date, on
//! whichever replica the change was made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::domain::categories::Tree;
use crate::views::search::Called;

/// The most bytes of answers that are kept; as many again of what was asked are never reached.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most answers that are kept.
const MAX_ANSWERS: usize = 2_000;

/// What every answer needs: the tree of categories, and what attributes are called.
#[derive(Debug, Default)]
pub(crate) struct Around {
    pub(crate) tree: Tree,
    pub(crate) called: Called,
}

#[derive(Default)]
struct Kept {
    revision: i64,
    answers: BTreeMap<String, Bytes>,
    bytes: usize,
    around: Option<Arc<Around>>,
}

/// What was found lately.
#[derive(Default)]
pub(crate) struct Recent(Mutex<Kept>);

impl Recent {
    /// The answer to a question, if it was given at this revision.
    pub(crate) fn answer(&self, revision: i64, question: &str) -> Option<Bytes> {
        self.at(revision)?.answers.get(question).cloned()
    }

    /// Keeps an answer that was made after this revision was read.
    pub(crate) fn keep(&self, revision: i64, question: String, answer: &Bytes) {
        let Some(mut kept) = self.at(revision) else { return };
        if kept.answers.len() >= MAX_ANSWERS || kept.bytes + answer.len() > MAX_BYTES {
            kept.answers.clear();
            kept.bytes = 0;
        }
        if answer.len() <= MAX_BYTES && kept.answers.insert(question, answer.clone()).is_none() {
            kept.bytes += answer.len();
        }
    }

    pub(crate) fn around(&self, revision: i64) -> Option<Arc<Around>> {
        self.at(revision)?.around.clone()
    }

    pub(crate) fn keep_around(&self, revision: i64, around: &Arc<Around>) {
        if let Some(mut kept) = self.at(revision) {
            kept.around = Some(Arc::clone(around));
        }
    }

    /// What is kept of this revision; `None` when there is something of a later one already.
    fn at(&self, revision: i64) -> Option<MutexGuard<'_, Kept>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revision < revision {
            *kept = Kept { revision, ..Kept::default() };
        }
        (kept.revision == revision).then_some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_forgotten_and_what_is_late_is_not_kept() {
        let recent = Recent::default();
        recent.keep(1, "anvil".to_owned(), &Bytes::from_static(b"old"));
        assert_eq!(recent.answer(1, "anvil"), Some(Bytes::from_static(b"old")));
        assert_eq!(recent.answer(2, "anvil"), None, "the catalogue changed");
        recent.keep(1, "anvil".to_owned(), &Bytes::from_static(b"late"));
        assert_eq!(recent.answer(2, "anvil"), None, "it was made before the change");
        assert_eq!(recent.answer(1, "anvil"), None);
    }

    #[test]
    fn there_is_a_bound() {
        let recent = Recent::default();
        let answer = Bytes::from(vec![0; MAX_BYTES / 4]);
        for number in 0..10 {
            recent.keep(1, number.to_string(), &answer);
            assert!(recent.at(1).unwrap().bytes <= MAX_BYTES);
        }
        assert!(recent.answer(1, "9").is_some());
    }
}
