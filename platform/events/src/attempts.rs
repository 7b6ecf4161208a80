//! Attempts at the event where a subscription does not get on, counted in the consumer's database.

use tradewind_db::{Db, DbError, Tx, Work, params, sql};
use tradewind_kernel::Timestamp;

use crate::envelope::Recorded;
use crate::turn::Pass;

/// Attempts after which an event is parked.
pub const MAX_ATTEMPTS: u32 = 5;

sql! {
    FIND = "select position, attempts, last_error from event_attempt where subscription = $1 and position > $2";
    SINCE = "select first_failed_at from event_attempt where subscription = $1 and position = $2";
    NOTE = "insert into event_attempt (subscription, position, attempts, last_error, first_failed_at)
        values ($1, $2, $3, $4, $5)
        on conflict (subscription) do update set
            first_failed_at = case when event_attempt.position = excluded.position
                then event_attempt.first_failed_at else excluded.first_failed_at end,
            position = excluded.position, attempts = excluded.attempts, last_error = excluded.last_error";
    FORGET = "delete from event_attempt where subscription = $1 and position <= $2";
}

/// What is known of the event where the subscription does not get on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(crate) position: i64,
    pub(crate) count: u32,
    pub(crate) error: String,
}

/// What an earlier life, or another replica, may have died of: its last batch, which held no more than this many
/// events and nothing that was announced later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doubt {
    pub(crate) left: usize,
    /// The last event that was there then.
    pub(crate) until: i64,
    /// The end of its turn: what is younger it cannot have died of, but for what the clocks of two services differ.
    pub(crate) before: Option<Timestamp>,
}

impl Doubt {
    /// Whether the next event may be what it died of.
    pub(crate) fn covers(self, next: &Recorded) -> bool {
        let is_older = self.before.is_none_or(|before| next.event.time <= before);
        self.left > 0 && next.position <= self.until && is_older
    }
}

/// What was counted for an event behind the cursor at `position`.
pub(crate) async fn find(db: &Db, subscription: &str, position: i64) -> Result<Option<Attempts>, DbError> {
    let row = db.query_optional::<(i64, u32, String)>(&FIND, params![subscription, position]).await?;
    Ok(row.map(|(position, count, error)| Attempts { position, count, error }))
}

/// When the event at `position` failed first, as far as that was written down.
pub(crate) async fn since(
    tx: &mut Tx,
    subscription: &str,
    position: i64,
) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_optional::<(Timestamp,)>(&SINCE, params![subscription, position]).await?;
    Ok(row.map(|(since,)| since))
}

/// Forgets the attempts at events up to `position`, in the transaction of what became of them.
pub(crate) async fn forget(tx: &mut Tx, subscription: &str, position: i64) -> Result<(), DbError> {
    tx.execute(&FORGET, params![subscription, position]).await.map(drop)
}

/// Writes down how often an event was tried; none at all forgets it.
pub(crate) struct Note {
    pub(crate) subscription: String,
    pub(crate) attempts: Attempts,
    pub(crate) pass: Pass,
}

impl Work for Note {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Attempts { position, count, error } = &self.attempts;
        self.pass.check(tx).await?;
        if *count == 0 {
            return forget(tx, &self.subscription, *position).await;
        }
        let now = tx.now();
        tx.execute(&NOTE, params![self.subscription, position, count, error, now]).await.map(drop)
    }
}
