//! Whose turn it is: of the replicas of a service, one carries on the instances of a definition.
//!
//! The turn is a lease in the service's database, one for each version of a saga, so that a replica of another
//! release carries on what it knows. It is taken when there is something to do, extended while something is under
//! way, and lapses otherwise.

use std::time::Duration;

use tradewind_db::lease::{self, Acquired, Held};
use tradewind_db::{Db, DbError, Signal, Tx, Work};
use tradewind_kernel::{Clock, Context};

/// How long a replica that says nothing keeps the others waiting.
pub(crate) const TTL: Duration = Duration::from_secs(10);

/// The lease that says whose turn it is at a version of a saga.
#[must_use]
pub fn turn_lease(saga: &str, version: u32) -> String {
    format!("saga/{saga}/{version}")
}

/// The turn at one definition, as one replica sees it.
pub(crate) struct Turn {
    lease: String,
    holder: String,
    db: Db,
    clock: Clock,
    signal: Signal,
    ours: Option<Ours>,
    outwaited: Option<Held>,
}

/// Under which token, and when that was said last, by the monotonic clock.
struct Ours {
    token: i64,
    said: Duration,
}

/// What a transaction shows so that it can commit only while the turn is its replica's.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    lease: String,
    pub(crate) token: i64,
}

impl Turn {
    pub(crate) fn new(lease: String, holder: &str, db: &Db, clock: &Clock) -> Self {
        Self {
            lease,
            holder: holder.to_owned(),
            db: db.clone(),
            clock: clock.clone(),
            signal: db.signal(lease::TOPIC),
            ours: None,
            outwaited: None,
        }
    }

    /// Takes the turn, or gives who has it.
    pub(crate) async fn take(&mut self, context: &Context) -> Result<Option<Held>, DbError> {
        if self.ours.is_some() {
            return Ok(None);
        }
        // Before looking: what happens from now on ends the next wait.
        self.signal.mark_seen();
        let said = self.clock.monotonic();
        let outwaited = self.outwaited.take();
        let take = Take { lease: self.lease.clone(), holder: self.holder.clone(), outwaited };
        match self.db.write(context, take).await? {
            Acquired::Ours { token, .. } => {
                self.ours = Some(Ours { token, said });
                Ok(None)
            }
            Acquired::Theirs(held) => Ok(Some(held)),
        }
    }

    /// Waits until the holder may be gone, or gave the turn back.
    pub(crate) async fn wait(&mut self, held: Held) {
        if self.clock.timeout(held.wait(), self.signal.changed()).await.is_err() {
            self.outwaited = Some(held);
        }
    }

    /// How long it can go on before it has to be said again that it is ours.
    pub(crate) fn left(&self) -> Option<Duration> {
        let ours = self.ours.as_ref()?;
        Some((ours.said + TTL / 2).saturating_sub(self.clock.monotonic()))
    }

    /// Says that it is still ours.
    pub(crate) async fn renew(&mut self, context: &Context) -> Result<(), DbError> {
        let Some(pass) = self.pass() else { return Ok(()) };
        let said = self.clock.monotonic();
        self.db.write(context, Renew(pass)).await?;
        if let Some(ours) = &mut self.ours {
            ours.said = said;
        }
        Ok(())
    }

    /// What transactions show; `None` while the turn is not ours.
    pub(crate) fn pass(&self) -> Option<Pass> {
        self.ours.as_ref().map(|ours| Pass { lease: self.lease.clone(), token: ours.token })
    }

    /// Another took the turn.
    pub(crate) fn lost(&mut self) {
        self.ours = None;
    }
}

impl Pass {
    /// Fails the transaction when another took the turn.
    pub(crate) async fn check(&self, tx: &mut Tx) -> Result<(), DbError> {
        lease::check(tx, &self.lease, self.token).await
    }
}

struct Take {
    lease: String,
    holder: String,
    outwaited: Option<Held>,
}

impl Work for Take {
    type Output = Acquired;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Acquired, DbError> {
        lease::acquire(tx, &self.lease, &self.holder, TTL, self.outwaited.as_ref()).await
    }
}

struct Renew(Pass);

impl Work for Renew {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        lease::renew(tx, &self.0.lease, self.0.token, TTL).await
    }
}
