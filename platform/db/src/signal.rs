//! Wake-ups after commits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tokio::sync::Notify;

use crate::mutants;

/// Hears of commits that touched a topic. A wake-up, not a message: several commits may be one wake-up.
#[derive(Clone)]
pub struct Signal {
    topic: Arc<Topic>,
    seen: u64,
    /// Forgets the key when nobody listens to it any more.
    _key: Option<Arc<KeyOf>>,
}

/// A key that is listened to; the last listener takes it out.
struct KeyOf {
    signals: Arc<Signals>,
    topic: &'static str,
    key: String,
}

impl Drop for KeyOf {
    fn drop(&mut self) {
        self.signals.forget_key(self.topic, &self.key);
    }
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
    /// Single keys of topics, while somebody listens to them.
    keyed: Mutex<BTreeMap<&'static str, BTreeMap<String, Weak<Topic>>>>,
    /// What commits of this process touched since [`Signals::touched`] was answered last.
    touched: Mutex<BTreeSet<&'static str>>,
    has_touched: Notify,
    /// Handles of other processes on the same database, which hear of commits at once.
    beside: OnceLock<Beside>,
}

/// The signals of every handle on one database.
pub(crate) type Beside = Arc<Mutex<Vec<Weak<Signals>>>>;

impl Signals {
    pub(crate) fn listen(&self, topic: &'static str) -> Signal {
        let topic = self.topic(topic);
        let seen = topic.commits.load(Ordering::Acquire);
        Signal { topic, seen, _key: None }
    }

    /// Listens to one key of a topic: commits that touched others do not wake it.
    pub(crate) fn listen_to_key(self: &Arc<Self>, topic: &'static str, key: &str) -> Signal {
        let mut keyed = self.keyed.lock().unwrap_or_else(PoisonError::into_inner);
        let place = keyed.entry(topic).or_default().entry(key.to_owned()).or_default();
        let listened = place.upgrade().unwrap_or_else(|| {
            let fresh = Arc::new(Topic::default());
            *place = Arc::downgrade(&fresh);
            fresh
        });
        let seen = listened.commits.load(Ordering::Acquire);
        let key = KeyOf { signals: self.clone(), topic, key: key.to_owned() };
        Signal { topic: listened, seen, _key: Some(Arc::new(key)) }
    }

    /// After a commit of this process that touched one key of a topic.
    pub(crate) fn raise_key(&self, topic: &'static str, key: &str) {
        let keyed = self.keyed.lock().unwrap_or_else(PoisonError::into_inner);
        let listened = keyed.get(topic).and_then(|keys| keys.get(key)).and_then(Weak::upgrade);
        drop(keyed);
        if let Some(listened) = listened {
            wake(&listened);
        }
        self.touch(topic);
    }

    fn forget_key(&self, topic: &'static str, key: &str) {
        let mut keyed = self.keyed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = keyed.get_mut(topic)
            && keys.get(key).is_some_and(|listened| listened.strong_count() == 0)
        {
            keys.remove(key);
        }
    }

    /// Everybody who listens to some key of a topic, whichever it is.
    fn all_keys(&self, topic: &str) -> Vec<Arc<Topic>> {
        let keyed = self.keyed.lock().unwrap_or_else(PoisonError::into_inner);
        keyed.get(topic).into_iter().flat_map(BTreeMap::values).filter_map(Weak::upgrade).collect()
    }

    /// After a commit of this process.
    pub(crate) fn raise(&self, topic: &'static str) {
        wake(&self.topic(topic));
        self.touch(topic);
    }

    /// Tells `beside` of commits from now on, and hears of theirs.
    pub(crate) fn join(self: &Arc<Self>, beside: &Beside) {
        let mut all = beside.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| other.strong_count() > 0);
        all.push(Arc::downgrade(self));
        drop(self.beside.set(beside.clone()));
    }

    fn tell_beside(&self, topic: &str) {
        let Some(beside) = self.beside.get() else { return };
        let others: Vec<_> = {
            let all = beside.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        others
            .iter()
            .filter(|other| !std::ptr::eq(other.as_ref(), self))
            .for_each(|other| other.raise_named(topic));
    }

    fn touch(&self, topic: &'static str) {
        self.tell_beside(topic);
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
        // Which keys were touched is not told between processes.
        self.all_keys(topic).iter().for_each(|listened| wake(listened));
    }

    /// When commits may have been missed.
    pub(crate) fn raise_all(&self) {
        let all: Vec<_> =
            self.topics.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        all.iter().for_each(|topic| wake(topic));
        let topics: Vec<&'static str> =
            self.keyed.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        for topic in topics {
            self.all_keys(topic).iter().for_each(|listened| wake(listened));
        }
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
    if mutants::ONE_WOKEN.is_planted() {
        return topic.wake.notify_one();
    }
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

    fn is_woken(signal: &mut Signal) -> bool {
        let waker = std::task::Waker::noop();
        pin!(signal.changed()).as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready()
    }

    #[test]
    fn who_listens_to_a_key_hears_of_it_alone() {
        let signals = Arc::new(Signals::default());
        let mut signal = signals.listen_to_key("topic", "a");
        signals.raise_key("topic", "b");
        signals.raise_key("other", "a");
        signals.raise("topic");
        assert!(!is_woken(&mut signal));
        signals.raise_key("topic", "a");
        assert!(is_woken(&mut signal));
    }

    #[test]
    fn another_process_tells_of_no_keys_so_each_is_woken() {
        let signals = Arc::new(Signals::default());
        let (mut a, mut b) = (signals.listen_to_key("topic", "a"), signals.listen_to_key("topic", "b"));
        signals.raise_named("topic");
        assert!(is_woken(&mut a) && is_woken(&mut b));
        a.mark_seen();
        signals.raise_all();
        assert!(is_woken(&mut a));
    }

    #[test]
    fn a_key_is_forgotten_with_its_last_listener() {
        let signals = Arc::new(Signals::default());
        let first = signals.listen_to_key("topic", "a");
        let mut second = signals.listen_to_key("topic", "a");
        drop(first);
        signals.raise_key("topic", "a");
        assert!(is_woken(&mut second));
        drop(second);
        assert!(signals.all_keys("topic").is_empty());
        assert!(signals.keyed.lock().unwrap().values().all(BTreeMap::is_empty));
    }
}
