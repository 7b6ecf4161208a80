//! Wake-ups after commits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Hears of commits that touched a topic. A wake-up, not a message: several commits may be one wake-up.
#[derive(Debug, Clone)]
pub struct Signal {
    receiver: watch::Receiver<u64>,
}

impl Signal {
    /// Forgets every commit so far. Call it before reading, so that no later commit is missed.
    pub fn mark_seen(&mut self) {
        self.receiver.mark_unchanged();
    }

    /// Waits for a commit since the last [`Signal::mark_seen`].
    ///
    /// Gives `false` when the database is gone and no commit will follow.
    pub async fn changed(&mut self) -> bool {
        self.receiver.changed().await.is_ok()
    }
}

/// The topics of one database.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    topics: Mutex<BTreeMap<&'static str, watch::Sender<u64>>>,
}

impl Signals {
    pub(crate) fn listen(&self, topic: &'static str) -> Signal {
        Signal { receiver: self.sender(topic).subscribe() }
    }

    pub(crate) fn raise(self: &Arc<Self>, topic: &'static str) {
        self.sender(topic).send_modify(|count| *count += 1);
    }

    fn sender(&self, topic: &'static str) -> watch::Sender<u64> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic).or_insert_with(|| watch::Sender::new(0)).clone()
    }
}
