//! Whose turn it is: of the replicas that share a subscription, one handles its events.
//!
//! The turn is a lease in the consumer's database. It is taken when there is something to handle and extended
//! within the transactions that handle it; who has nothing to do lets it lapse, which costs nothing, and goes on
//! under the same token if nobody took it meanwhile.

use std::time::Duration;

use tradewind_db::lease::{self, Acquired, Held};
use tradewind_db::{Db, DbError, Signal, Tx, Work};
use tradewind_kernel::{Clock, Context, Timestamp};

use crate::mutants;

/// How long a replica that says nothing keeps the others waiting.
pub(crate) const TTL: Duration = Duration::from_secs(10);

/// The lease that says whose turn it is at the subscription to this producer: whoever seizes it keeps every replica
/// from handling events until it is given back or lapses.
#[must_use]
pub fn turn_lease(producer: &str) -> String {
    format!("subscription/{producer}")
}

/// The turn at one subscription, as one replica sees it.
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
    pub(crate) lease: String,
    pub(crate) token: i64,
    extends: bool,
    taken: Duration,
}

/// Whose turn it turned out to be.
pub(crate) enum Whose {
    /// Ours, as it was before.
    Still,
    /// Ours from now on: others may have moved the cursor. One that did not give the turn back may have died of what
    /// it did then.
    New { lapsed: Option<Timestamp> },
    /// Another's.
    Theirs(Held),
}

impl Turn {
    pub(crate) fn new(subscription: &str, holder: &str, db: &Db, clock: &Clock) -> Self {
        Self::of(turn_lease(subscription), holder, db, clock)
    }

    /// The turn that is the lease called `lease`.
    pub(crate) fn of(lease: String, holder: &str, db: &Db, clock: &Clock) -> Self {
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

    /// Takes the turn, unless another has it. Who `is_chosen` takes it from another replica, which gets no events and
    /// would only let it lapse; not from whoever else holds it.
    pub(crate) async fn take(&mut self, context: &Context, is_chosen: bool) -> Result<Whose, DbError> {
        if self.ours.is_some() {
            return Ok(Whose::Still);
        }
        if mutants::EVERYBODYS_TURN.is_planted() {
            self.ours = Some(Ours { token: 0, said: self.clock.monotonic() });
            return Ok(Whose::New { lapsed: None });
        }
        // Before looking: what happens from now on ends the next wait.
        self.signal.mark_seen();
        let seen = lease::find(&self.db, &self.lease).await?;
        if let Some(held) = seen
            && held.holder != self.holder
            && !held.is_free()
            && !self.outwaited.as_ref().is_some_and(|seen| held.is_unchanged_since(seen))
        {
            if is_chosen && self.is_replica(&held.holder) {
                return self.seize(context).await;
            }
            return Ok(Whose::Theirs(held));
        }
        let said = self.clock.monotonic();
        let outwaited = self.outwaited.take();
        let take = Take { lease: self.lease.clone(), holder: self.holder.clone(), outwaited };
        match self.db.write(context, take).await? {
            Acquired::Ours { token, lapsed } => {
                self.ours = Some(Ours { token, said });
                Ok(Whose::New { lapsed })
            }
            Acquired::Theirs(held) => Ok(Whose::Theirs(held)),
        }
    }

    /// Replicas are called after their service, and then apart.
    fn is_replica(&self, holder: &str) -> bool {
        let service = |name: &str| name.split_once('/').map(|(service, _)| service.to_owned());
        service(holder).is_some_and(|other| service(&self.holder) == Some(other))
    }

    /// The other may be alive, and finds out with its next write; or it died of what it did.
    async fn seize(&mut self, context: &Context) -> Result<Whose, DbError> {
        let (said, now) = (self.clock.monotonic(), self.clock.now());
        let seize = Seize { lease: self.lease.clone(), holder: self.holder.clone() };
        let token = self.db.write(context, seize).await?;
        self.outwaited = None;
        self.ours = Some(Ours { token, said });
        Ok(Whose::New { lapsed: Some(now) })
    }

    /// Waits until the holder may be gone, or says that it did something.
    pub(crate) async fn wait(&mut self, held: Held) {
        let wait = held.wait();
        if self.clock.timeout(wait, self.signal.changed()).await.is_err() {
            self.outwaited = Some(held);
        }
    }

    /// Whether it is ours and was not said for so long that others may be about to take it.
    pub(crate) fn is_stale(&self) -> bool {
        let now = self.clock.monotonic();
        self.ours.as_ref().is_some_and(|ours| now.saturating_sub(ours.said) > TTL / 2)
    }

    /// What the next transaction shows; `None` while the turn is not ours.
    pub(crate) fn pass(&self) -> Option<Pass> {
        let Ours { token, said } = self.ours.as_ref()?;
        let taken = self.clock.monotonic();
        let extends = taken.saturating_sub(*said) > TTL / 2;
        Some(Pass { lease: self.lease.clone(), token: *token, extends, taken })
    }

    /// The transaction that showed `pass` is committed.
    pub(crate) fn passed(&mut self, pass: &Pass) {
        if let Some(ours) = self.ours.as_mut().filter(|_| pass.extends) {
            ours.said = pass.taken;
        }
    }

    /// Another took the turn.
    pub(crate) fn lost(&mut self) {
        self.ours = None;
    }
}

impl Pass {
    /// Extends the lease within a transaction, if it is time to.
    pub(crate) async fn extend(&self, tx: &mut Tx) -> Result<(), DbError> {
        if mutants::EVERYBODYS_TURN.is_planted() {
            return Ok(());
        }
        if self.extends { lease::renew(tx, &self.lease, self.token, TTL).await } else { Ok(()) }
    }

    /// Fails the transaction when another took the turn.
    pub(crate) async fn check(&self, tx: &mut Tx) -> Result<(), DbError> {
        if mutants::EVERYBODYS_TURN.is_planted() {
            return Ok(());
        }
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

struct Seize {
    lease: String,
    holder: String,
}

impl Work for Seize {
    type Output = i64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<i64, DbError> {
        lease::seize(tx, &self.lease, &self.holder, TTL).await
    }
}
