//! Places for work that nobody waits for: a bounded number of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many places, of which each is taken by one piece of work.
#[derive(Debug, Clone)]
pub struct Places {
    taken: Arc<AtomicUsize>,
    most: usize,
}

/// A place, free again when it is dropped.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Places {
    /// `most` places, all of them free.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { taken: Arc::default(), most }
    }

    /// A place, if one is free.
    #[must_use]
    pub fn take(&self) -> Option<Place> {
        let add = |taken: usize| (taken < self.most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        Some(Place(self.taken.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_given_back() {
        let places = Places::new(2);
        let first = places.take();
        let second = places.take();
        assert!(first.is_some() && second.is_some() && places.take().is_none());
        drop(first);
        let third = places.take();
        assert!(third.is_some() && places.take().is_none());
    }
}
