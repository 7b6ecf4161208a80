//! What is known of the objects that are followed, and how well.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use tradewind_kernel::Timestamp;

use crate::Snapshot;

/// How well objects are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowState {
    /// The first whole list has not come yet, and nothing went wrong.
    Starting,
    /// Changes come as they happen.
    Following,
    /// What is known may be old.
    Behind {
        /// Since when.
        since: Timestamp,
        /// Why, in a sentence for operators.
        trouble: String,
        /// How many tries failed since.
        tries: u32,
    },
}

/// The objects that are followed. Clones look at the same ones; each remembers what it has seen. Of a kind that the API
/// server does not know there are none, and it is asked again.
///
/// They are followed until the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Followed {
    board: Arc<Board>,
    seen: u64,
    seen_turns: u64,
    /// Its end is the end of the task.
    _alive: Arc<oneshot::Sender<()>>,
}

/// Nobody follows any more: the runtime ends, or a mistake ended the task. What is known stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody follows the objects any more; follow them anew")]
pub struct FollowingEnded;

/// Who tells what is known.
#[derive(Debug)]
pub(crate) struct Teller {
    board: Arc<Board>,
}

#[derive(Debug, Default)]
struct Board {
    told: Mutex<Told>,
    news: Notify,
}

#[derive(Debug)]
struct Told {
    snapshot: Option<Arc<Snapshot>>,
    /// Counts snapshots.
    number: u64,
    /// Counts states that are of another sort than that before.
    turns: u64,
    state: FollowState,
    has_ended: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self { snapshot: None, number: 0, turns: 0, state: FollowState::Starting, has_ended: false }
    }
}

/// Both sides, and what resolves when nobody looks any more.
pub(crate) fn board() -> (Teller, Followed, oneshot::Receiver<()>) {
    let board = Arc::new(Board::default());
    let (alive, gone) = oneshot::channel();
    (
        Teller { board: board.clone() },
        Followed { board, seen: 0, seen_turns: 0, _alive: Arc::new(alive) },
        gone,
    )
}

impl Followed {
    /// All objects as they are known now, which counts as seen; `None` before the first whole list.
    pub fn latest(&mut self) -> Option<Arc<Snapshot>> {
        let told = self.board.told();
        self.seen = told.number;
        told.snapshot.clone()
    }

    /// Waits until there is a snapshot that was not seen yet. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`FollowingEnded`] when there will be no further one.
    pub async fn changed(&mut self) -> Result<(), FollowingEnded> {
        let seen = self.seen;
        self.board.until(|told| told.number != seen).await
    }

    /// Waits until there is a snapshot that was not seen yet, or the objects begin or cease to be followed; what is the
    /// state then counts as heard. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`FollowingEnded`] when there will be nothing further.
    pub async fn stirred(&mut self) -> Result<(), FollowingEnded> {
        let (seen, turns) = (self.seen, self.seen_turns);
        self.board.until(|told| told.number != seen || told.turns != turns).await?;
        self.seen_turns = self.board.told().turns;
        Ok(())
    }

    /// How well they are followed.
    #[must_use]
    pub fn state(&self) -> FollowState {
        self.board.told().state.clone()
    }
}

impl Teller {
    /// Changes the snapshot in place, or a copy if somebody holds it; tells of it if `change` says that it did.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot) -> bool) {
        let mut told = self.board.told();
        let mut snapshot = told.snapshot.take().unwrap_or_default();
        let did = change(Arc::make_mut(&mut snapshot));
        told.snapshot = Some(snapshot);
        if did {
            told.number += 1;
            drop(told);
            self.board.news.notify_waiters();
        }
    }

    /// The API server knows no such kind: there are no objects of it, until it does. What was known before stays.
    pub(crate) fn none_is_known(&self) {
        if self.board.told().snapshot.is_none() {
            self.replace(Snapshot::default());
        }
    }

    /// A whole list: what is as it was stays the very same, and the first one is told of in any case.
    pub(crate) fn replace(&self, mut whole: Snapshot) {
        let mut told = self.board.told();
        let differs = told.snapshot.as_ref().is_none_or(|former| whole.settle(former));
        if differs {
            told.snapshot = Some(Arc::new(whole));
            told.number += 1;
            drop(told);
            self.board.news.notify_waiters();
        }
    }

    /// Changes come again.
    pub(crate) fn follows(&self) {
        self.board.turn(|_| FollowState::Following);
    }

    /// What is known may be old, for this reason.
    pub(crate) fn is_behind(&self, now: Timestamp, trouble: String) {
        self.board.turn(|former| {
            let (since, tries) = match former {
                FollowState::Behind { since, tries, .. } => (*since, tries.saturating_add(1)),
                FollowState::Starting | FollowState::Following => (now, 1),
            };
            FollowState::Behind { since, trouble, tries }
        });
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.board.told().has_ended = true;
        self.board.news.notify_waiters();
    }
}

impl Board {
    /// Waits until what is told is like that.
    async fn until(&self, is_so: impl Fn(&Told) -> bool) -> Result<(), FollowingEnded> {
        loop {
            let mut news = pin!(self.news.notified());
            // From here on it is woken, so that nothing is missed between looking and waiting.
            news.as_mut().enable();
            {
                let told = self.told();
                if is_so(&told) {
                    return Ok(());
                }
                if told.has_ended {
                    return Err(FollowingEnded);
                }
            }
            news.await;
        }
    }

    /// Goes over to another state; wakes whoever waits if it is of another sort.
    fn turn(&self, next: impl FnOnce(&FollowState) -> FollowState) {
        let mut told = self.told();
        let state = next(&told.state);
        let is_turn = std::mem::discriminant(&state) != std::mem::discriminant(&told.state);
        told.state = state;
        if is_turn {
            told.turns += 1;
            drop(told);
            self.news.notify_waiters();
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
