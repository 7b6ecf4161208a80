//! Retention: how long the log keeps its events, and who still needs them.
//!
//! Subscribers register with the producer by name and report how far they have come. The log is pruned from its
//! beginning: what is past its age and has been passed by all subscribers. What is gone is written down, as the
//! *horizon*, so that nobody takes a log that begins later for a whole one.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{Db, DbError, FromRow, Row, Tx, Work, params, sql};
use tradewind_kernel::{Id, Timestamp};

/// Events removed in one transaction: a bound on how long the writer is held.
const PORTION: u16 = 1_000;

sql! {
    HORIZON = "select position, recorded_at from event_horizon";
    /// Changes the row without changing it: on a served engine a subscriber that registers and a pruning that does not
    /// see it yet must not both commit.
    MEET = "update event_horizon set position = position returning position, recorded_at";
    REPORT = "insert into event_subscriber (subscriber, position, reported_at) values ($1, $2, $3)
        on conflict (subscriber) do update set position = excluded.position, reported_at = excluded.reported_at";
    SUBSCRIBERS = "select subscriber, position, reported_at from event_subscriber order by subscriber";
    OLDEST = "select position, id, recorded_at from event_log order by position limit $1";
    FORGET = "delete from event_subscriber where subscriber = $1";
    COUNT_KEYS = "update event_key set pruned = (select max(event_log.sequence) from event_log
            where event_log.partition_key = event_key.partition_key and event_log.position <= $1)
        where partition_key in (select event_log.partition_key from event_log where event_log.position <= $1)";
    PRUNE = "delete from event_log where position <= $1";
    LAST = "select last_id from event_horizon";
    MOVE = "update event_horizon set position = $1, recorded_at = $2, last_id = $3";
}

/// Where a log begins: everything up to here was removed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Horizon {
    /// The position of the last event that was removed; 0 while none was.
    pub position: i64,
    /// When the youngest of them was recorded.
    pub time: Option<Timestamp>,
}

impl FromRow for Horizon {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (position, time) = (row.get(0)?, row.get(1)?);
        Ok(Self { position, time: Some(time).filter(|_| position > 0) })
    }
}

/// Where the log in `db` begins.
///
/// # Errors
/// Any failure of the database.
pub async fn horizon(db: &Db) -> Result<Horizon, DbError> {
    let found = db.query_optional(&HORIZON, &[]).await?;
    Ok(found.unwrap_or(Horizon { position: 0, time: None }))
}

/// A subscriber says how far it has come: what lies behind it is no longer kept for it.
pub(crate) struct Report {
    pub(crate) subscriber: String,
    pub(crate) position: i64,
}

impl Work for Report {
    /// Where the log begins; a subscriber that stands before that is not registered.
    type Output = Horizon;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Horizon, DbError> {
        let horizon: Horizon = tx.query_one(&MEET, &[]).await?;
        if self.position >= horizon.position {
            let now = tx.now();
            tx.execute(&REPORT, params![self.subscriber, self.position, now]).await?;
        }
        Ok(horizon)
    }
}

/// Somebody for whom events are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The service's name.
    pub name: String,
    /// How far it has come, as far as it said.
    pub position: i64,
    /// When it said so.
    pub reported_at: Timestamp,
}

impl FromRow for Subscriber {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { name: row.get(0)?, position: row.get(1)?, reported_at: row.get(2)? })
    }
}

/// Removes a portion of what the log need not keep.
#[derive(Debug, Clone, Copy)]
pub struct Prune {
    /// How long events are kept at least.
    pub keep: Duration,
    /// How long a subscriber that holds this back may be silent before it is forgotten.
    pub forget_after: Duration,
}

/// What a [`Prune`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// Events removed.
    pub events: u64,
    /// Whether there may be more to remove.
    pub is_full: bool,
    /// Where the log begins now.
    pub horizon: i64,
    /// Those who held it back and were silent for too long; they are registered no longer.
    pub forgotten: Vec<Subscriber>,
    /// Those who are registered.
    pub subscribers: Vec<Subscriber>,
}

#[derive(Clone, Copy)]
struct Old {
    position: i64,
    id: Id,
    recorded_at: Timestamp,
}

impl FromRow for Old {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { position: row.get(0)?, id: row.get(1)?, recorded_at: row.get(2)? })
    }
}

impl Work for Prune {
    type Output = Pruned;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Pruned, DbError> {
        let now = tx.now();
        let horizon: Horizon = tx.query_one(&HORIZON, &[]).await?;
        let mut subscribers: Vec<Subscriber> = tx.query(&SUBSCRIBERS, &[]).await?;
        let mut old: Vec<Old> = tx.query(&OLDEST, params![PORTION]).await?;
        // Only a beginning of the log, whatever clocks did.
        let aged = old.iter().take_while(|event| event.recorded_at < now.minus(self.keep)).count();
        old.truncate(aged);
        let Some(newest) = old.last().copied() else {
            return Ok(Pruned {
                events: 0,
                is_full: false,
                horizon: horizon.position,
                forgotten: Vec::new(),
                subscribers,
            });
        };
        let silent = now.minus(self.forget_after);
        let is_lost = |each: &Subscriber| each.position < newest.position && each.reported_at < silent;
        let forgotten: Vec<Subscriber> = subscribers.extract_if(.., |each| is_lost(each)).collect();
        for subscriber in &forgotten {
            tx.execute(&FORGET, params![subscriber.name]).await?;
        }
        let least = subscribers.iter().map(|each| each.position).min().unwrap_or(i64::MAX);
        old.truncate(old.iter().take_while(|event| event.position <= least).count());
        let events = old.len() as u64;
        let is_full = old.len() == usize::from(PORTION);
        let horizon = remove(tx, &old).await?.unwrap_or(horizon.position);
        Ok(Pruned { events, is_full, horizon, forgotten, subscribers })
    }
}

/// Removes these events, a beginning of the log, and writes down that they are gone; gives the new horizon.
async fn remove(tx: &mut Tx, old: &[Old]) -> Result<Option<i64>, DbError> {
    let Some(last) = old.last() else { return Ok(None) };
    let (known,): (Option<Id>,) = tx.query_one(&LAST, &[]).await?;
    let greatest = old.iter().map(|event| event.id).chain(known).max();
    let youngest = old.iter().map(|event| event.recorded_at).max();
    tx.execute(&COUNT_KEYS, params![last.position]).await?;
    tx.execute(&PRUNE, params![last.position]).await?;
    tx.execute(&MOVE, params![last.position, youngest.unwrap_or(last.recorded_at), greatest]).await?;
    Ok(Some(last.position))
}
