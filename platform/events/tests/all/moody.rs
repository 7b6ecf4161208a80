//! A consumer whose handler fails in every way there is, chosen by the event's count.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tradewind_db::{Db, DbError, Tx, Work, params, sql};
use tradewind_events::letters::{self, LetterError, LetterSummary, Replay, Replayed};
use tradewind_events::{Progress, Received, Subscription, run};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::support::{INSERT, LampLit, World};

sql! {
    pub NOTED = "select position, attempts from event_attempt";
    pub AUDIT = "select action, reason, actor, position from letter_audit order by entry";
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Fail,
    Panic,
    /// The database is busy, this often.
    Busy(u32),
    /// A peer is away, this often.
    Away(u32),
    /// The process dies.
    Kill,
    /// It writes a mebibyte first, and says nothing of what the database said.
    Big,
}

#[derive(Default)]
pub struct Moody {
    pub troubles: Mutex<BTreeMap<i64, Trouble>>,
    pub troubled_runs: AtomicU32,
}

impl Moody {
    pub fn with(troubles: &[(i64, Trouble)]) -> Arc<Self> {
        Arc::new(Self { troubles: Mutex::new(troubles.iter().copied().collect()), ..Self::default() })
    }

    pub fn cure(&self) {
        self.troubles.lock().unwrap().clear();
    }

    fn trouble(&self, count: i64) -> Option<Trouble> {
        let mut troubles = self.troubles.lock().unwrap();
        let trouble = *troubles.get(&count)?;
        self.troubled_runs.fetch_add(1, Ordering::Relaxed);
        let next = match trouble {
            Trouble::Busy(1) | Trouble::Away(1) => None,
            Trouble::Busy(left) => Some(Trouble::Busy(left - 1)),
            Trouble::Away(left) => Some(Trouble::Away(left - 1)),
            other => Some(other),
        };
        match next {
            Some(next) => troubles.insert(count, next),
            None => troubles.remove(&count),
        };
        Some(trouble)
    }
}

pub struct Note {
    event: LampLit,
    trouble: Option<Trouble>,
}

impl Work for Note {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        if self.trouble == Some(Trouble::Big) {
            let lamp = "x".repeat(1024 * 1024);
            let written = tx.execute(&INSERT, params![lamp, self.event.count]).await;
            return written.map(drop).map_err(|_| Problem::internal("no comment"));
        }
        tx.execute(&INSERT, params![self.event.lamp, self.event.count]).await?;
        match self.trouble {
            None | Some(Trouble::Big) => Ok(()),
            Some(Trouble::Fail) => Err(Problem::internal("on purpose")),
            Some(Trouble::Panic) => panic!("on purpose"),
            Some(Trouble::Busy(_)) => Err(DbError::Busy { waited_ms: 1 }.into()),
            Some(Trouble::Away(_)) => Err(Problem::new(&UNAVAILABLE)),
            Some(Trouble::Kill) => std::process::abort(),
        }
    }
}

pub fn subscription() -> Subscription<Moody> {
    Subscription::to("lamps").on::<LampLit, _>(|moody, received: Received<LampLit>| {
        let trouble = moody.trouble(received.count);
        Note { event: received.event, trouble }
    })
}

pub async fn follow(world: &World, moody: &Arc<Moody>, limit: Duration) -> Arc<Progress> {
    let progress = Arc::new(Progress::default());
    let runner =
        run(Arc::new(subscription()), moody.clone(), Box::new(world.feed()), world.options(&progress));
    world.clock.timeout(limit, runner).await.unwrap_err();
    progress
}

/// Replays a key as a door does: once, and once more up to what failed.
pub async fn replay(
    world: &World,
    moody: &Arc<Moody>,
    position: i64,
    progress: &Arc<Progress>,
) -> Result<Replayed, LetterError> {
    let replay = || {
        let entropy = world.entropy.fork("replay");
        Replay::new(Arc::new(subscription()), moody.clone(), position, entropy, progress.clone())
    };
    match world.consumer.write(&world.context(), replay()).await {
        Err(LetterError::Failed(failed)) => {
            world.consumer.write(&world.context(), replay().stopping_at(failed)).await
        }
        other => other,
    }
}

pub async fn parked(db: &Db) -> Vec<LetterSummary> {
    letters::list(db, ("", 0), 1_000).await.unwrap()
}

/// The parked letters as (key, attempts), by position.
pub async fn keys(db: &Db) -> Vec<(String, u32)> {
    parked(db).await.into_iter().map(|letter| (letter.partition_key, letter.attempts)).collect()
}
