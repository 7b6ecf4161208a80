//! What relays, feeds and connections count; read by metrics.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// One number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a relay counted since the start.
#[derive(Debug, Default)]
pub struct RelayCounts {
    pub(crate) published: Count,
    pub(crate) confirmed: Count,
    pub(crate) returned: Count,
    pub(crate) refused: Count,
    pub(crate) left_out: Count,
}

impl RelayCounts {
    /// Messages handed to the broker.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.published.get()
    }

    /// Messages that the broker confirmed.
    #[must_use]
    pub fn confirmed(&self) -> u64 {
        self.confirmed.get()
    }

    /// Messages that came back because no queue takes them: nobody has subscribed yet.
    #[must_use]
    pub fn returned(&self) -> u64 {
        self.returned.get()
    }

    /// Messages that the broker refused or did not confirm in time.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.get()
    }

    /// Events that are too large for a message.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out.get()
    }
}

/// What a subscription's feed counted since the start.
#[derive(Debug, Default)]
pub struct FeedCounts {
    pub(crate) delivered: Count,
    pub(crate) duplicates: Count,
    pub(crate) gaps: Count,
    pub(crate) fetched: Count,
    pub(crate) rejected: Count,
    pub(crate) attached: AtomicBool,
}

impl FeedCounts {
    /// Messages that came from the broker.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.get()
    }

    /// Messages whose event had been read before.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates.get()
    }

    /// How often events were missing between messages, or behind the last one, and were read from the producer's log.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.gaps.get()
    }

    /// Events read from the producer's log.
    #[must_use]
    pub fn fetched(&self) -> u64 {
        self.fetched.get()
    }

    /// Messages that are no events of the producer; they are in the queue of dead letters.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected.get()
    }

    /// Whether the subscription consumes its queue.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.attached.load(Ordering::Relaxed)
    }
}

/// A connection to the broker, as metrics see it.
#[derive(Debug, Default)]
pub struct LinkState {
    pub(crate) connected: AtomicBool,
    pub(crate) blocked: AtomicBool,
    pub(crate) connects: Count,
    pub(crate) failures: Count,
}

impl LinkState {
    /// Whether it is open.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Whether the broker takes no messages, as when its disk is full.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    /// How often it was opened.
    #[must_use]
    pub fn connects(&self) -> u64 {
        self.connects.get()
    }

    /// How often it could not be opened.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.get()
    }
}
