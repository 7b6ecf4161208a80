//! The newest records of one kind, within bounds, for those who look on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How much a ring keeps. What is over either bound drops the oldest records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
}

/// What takes up room.
pub(crate) trait Weigh {
    /// About how many bytes it takes up.
    fn weight(&self) -> usize;
}

/// The newest records, numbered from 1 without a gap. Writing never waits for a reader.
#[derive(Debug)]
pub(crate) struct Ring<T> {
    bounds: Bounds,
    kept: Mutex<Kept<T>>,
    grown: Notify,
}

#[derive(Debug)]
struct Kept<T> {
    records: VecDeque<Arc<T>>,
    bytes: usize,
    /// The position of the newest record there ever was.
    head: i64,
}

/// What a reader gets.
#[derive(Debug)]
pub(crate) struct Part<T> {
    pub(crate) records: Vec<(i64, Arc<T>)>,
    /// Where to read on: the last position that was looked at.
    pub(crate) next: i64,
    /// Records that were dropped before this reader came to them, whether it wanted them or not.
    pub(crate) missed: i64,
}

impl<T> Kept<T> {
    fn dropped(&self) -> i64 {
        self.head - i64::try_from(self.records.len()).unwrap_or(i64::MAX)
    }
}

impl<T: Weigh> Ring<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let kept = Kept { records: VecDeque::new(), bytes: 0, head: 0 };
        Self { bounds, kept: Mutex::new(kept), grown: Notify::new() }
    }

    pub(crate) fn push(&self, record: T) {
        let record = Arc::new(record);
        {
            let mut kept = self.kept();
            kept.head += 1;
            kept.bytes += record.weight();
            kept.records.push_back(record);
            while kept.records.len() > self.bounds.records || kept.bytes > self.bounds.bytes {
                let Some(oldest) = kept.records.pop_front() else { break };
                kept.bytes -= oldest.weight();
            }
        }
        self.grown.notify_waiters();
    }

    /// Up to `limit` records after `after` that are `wanted`, oldest first.
    ///
    /// A position beyond the newest is one of an earlier life of the service: reading begins anew.
    pub(crate) fn read(&self, after: i64, limit: usize, wanted: impl Fn(&T) -> bool) -> Part<T> {
        let kept = self.kept();
        let after = if after > kept.head { 0 } else { after.max(0) };
        let dropped = kept.dropped();
        let from = after.max(dropped);
        let mut part = Part { records: Vec::new(), next: from, missed: from - after };
        let skip = usize::try_from(from - dropped).unwrap_or(usize::MAX);
        for (position, record) in (from + 1..).zip(kept.records.iter().skip(skip)) {
            if part.records.len() == limit {
                break;
            }
            part.next = position;
            if wanted(record) {
                part.records.push((position, record.clone()));
            }
        }
        part
    }

    /// Waits until there is a record after `after`.
    pub(crate) async fn wait(&self, after: i64) {
        loop {
            let grown = self.grown.notified();
            if self.head() > after {
                return;
            }
            grown.await;
        }
    }

    /// How many records there ever were.
    pub(crate) fn head(&self) -> i64 {
        self.kept().head
    }

    /// How many of them have made room for newer ones.
    pub(crate) fn dropped(&self) -> i64 {
        self.kept().dropped()
    }

    fn kept(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Entropy;

    use super::*;

    /// A number that weighs as much as it says.
    struct Weight(i64, usize);

    impl Weigh for Weight {
        fn weight(&self) -> usize {
            self.1
        }
    }

    /// Whatever is pushed: the bounds hold, what is kept is the newest, and a reader who was told of every gap
    /// has seen or been told of every record.
    #[test]
    fn a_ring_has_bounds_and_tells_of_every_gap() {
        for seed in 0..200 {
            let entropy = Entropy::seeded(seed);
            let below = |bound: u64| usize::try_from(entropy.below(bound)).unwrap();
            let bounds = Bounds { records: 1 + below(20), bytes: 1 + below(200) };
            let ring = Ring::new(bounds);
            let (mut pushed, mut after, mut seen, mut missed) = (0, 0, 0, 0);
            for _ in 0..200 {
                for _ in 0..below(30) {
                    pushed += 1;
                    ring.push(Weight(pushed, below(30)));
                }
                let kept = ring.kept();
                assert!(kept.records.len() <= bounds.records && kept.bytes <= bounds.bytes);
                assert_eq!(kept.bytes, kept.records.iter().map(|record| record.1).sum::<usize>());
                drop(kept);
                let part = ring.read(after, 1 + below(10), |_| true);
                assert!(part.records.iter().all(|(position, record)| *position == record.0));
                seen += part.records.len();
                missed += part.missed;
                after = part.next;
                assert_eq!(i64::try_from(seen).unwrap() + missed, after, "seed {seed}");
            }
            let rest = ring.read(after, usize::MAX, |_| true);
            assert_eq!(rest.next, pushed);
        }
    }

    #[test]
    fn a_filter_passes_over_what_is_not_wanted_for_good() {
        let ring = Ring::new(Bounds { records: 10, bytes: 1_000 });
        (1..=6).for_each(|number| ring.push(Weight(number, 1)));
        let part = ring.read(0, 2, |weight| weight.0 % 2 == 0);
        assert_eq!(part.records.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(part.next, 4);
        assert_eq!(ring.read(4, 2, |_| false).next, 6);
    }

    #[test]
    fn a_reader_of_an_earlier_life_begins_anew() {
        let ring = Ring::new(Bounds { records: 10, bytes: 1_000 });
        ring.push(Weight(1, 1));
        assert_eq!(ring.read(500, 10, |_| true).records.len(), 1);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken_by_the_next_record() {
        let ring = Arc::new(Ring::new(Bounds { records: 10, bytes: 1_000 }));
        ring.push(Weight(1, 1));
        ring.wait(0).await;
        let mut waiting = std::pin::pin!(ring.wait(1));
        let waker = std::task::Waker::noop();
        assert!(waiting.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        ring.push(Weight(2, 1));
        waiting.await;
    }
}
