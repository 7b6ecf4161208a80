//! Wake-ups after commits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Hears of commits that touched a topic. A wake-up, not a message: several commits may be one wake-up.
#[derive(Clone)]
pub struct Signal {
    topic: Arc<Topic>,
    seen: u64,
}

/// Not a `watch` channel: that wakes its receivers in random sequence, and a simulated run must not differ
/// from the next. `Notify` wakes them in the sequence in which they wait.
#[derive(Default)]
struct Topic {
    commits: AtomicU64,
    wake: Notify,
}

impl Signal {
    /// Forgets every commit so far. Call it before reading, so that no later commit is missed.
    pub fn mark_seen(&mut self) {
        self.seen = self.topic.commits.load(Ordering::Acquire);
    }

    /// Waits for a commit since the last [`Signal::mark_seen`].
    pub async fn changed(&mut self) {
        loop {
            let mut wake = pin!(self.topic.wake.notified());
            // In line before looking: a commit between the two must not be missed.
            wake.as_mut().enable();
            if self.topic.commits.load(Ordering::Acquire) != self.seen {
                return;
            }
            wake.await;
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal(seen {})", self.seen)
    }
}

/// The topics of one database.
#[derive(Default)]
pub(crate) struct Signals {
    topics: Mutex<BTreeMap<&'static str, Arc<Topic>>>,
    /// What commits of this process touched since [`Signals::touched`] was answered last.
    touched: Mutex<BTreeSet<&'static str>>,
    has_touched: Notify,
}

impl Signals {
    pub(crate) fn listen(&self, topic: &'static str) -> Signal {
        let topic = self.topic(topic);
        let seen = topic.commits.load(Ordering::Acquire);
        Signal { topic, seen }
    }

    /// After a commit of this process.
    pub(crate) fn raise(&self, topic: &'static str) {
        wake(&self.topic(topic));
        if self.touched.lock().unwrap_or_else(PoisonError::into_inner).insert(topic) {
            self.has_touched.notify_one();
        }
    }

    /// After a commit of another process, which named the topic.
    pub(crate) fn raise_named(&self, topic: &str) {
        let known = self.topics.lock().unwrap_or_else(PoisonError::into_inner).get(topic).cloned();
        if let Some(topic) = known {
            wake(&topic);
        }
    }

    /// When commits may have been missed.
    pub(crate) fn raise_all(&self) {
        let all: Vec<_> =
            self.topics.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        all.iter().for_each(|topic| wake(topic));
    }

    /// Waits until commits of this process have touched topics, and gives them.
    pub(crate) async fn touched(&self) -> BTreeSet<&'static str> {
        loop {
            let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
            if !touched.is_empty() {
                return touched;
            }
            self.has_touched.notified().await;
        }
    }

    fn topic(&self, topic: &'static str) -> Arc<Topic> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).entry(topic).or_default().clone()
    }
}

fn wake(topic: &Topic) {
    topic.commits.fetch_add(1, Ordering::AcqRel);
    topic.wake.notify_waiters();
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signals")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_commit_between_reading_and_waiting_is_not_missed() {
        let signals = Signals::default();
        let mut signal = signals.listen("topic");
        signal.mark_seen();
        signals.raise("topic");
        signal.changed().await;
    }

    #[tokio::test]
    async fn other_topics_do_not_wake() {
        let signals = Signals::default();
        let mut signal = signals.listen("topic");
        signals.raise("other");
        let mut waiting = pin!(signal.changed());
        let waker = std::task::Waker::noop();
        assert!(waiting.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        signals.raise("topic");
        waiting.await;
    }
}
