//! Letters: events that could not be handled, and what an operator can do about them.
//!
//! A letter is parked by the subscription and lies in the consumer's database. While a key has letters, later
//! events of the key are parked behind them, so that a [`Replay`] handles all of them in order.

mod commands;
mod error;
mod replay;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{Db, DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

use crate::Envelope;

pub use commands::{Discard, Edit};
pub use error::LetterError;
pub use replay::{FailedLetter, Replay, Replayed};

/// The greatest number of letters in one answer of [`list`].
pub const MAX_PAGE: u16 = 1_000;

sql! {
    LIST = "select subscription, position, event_id, type, partition_key, sequence, attempts, last_error,
        first_failed_at, parked_at, original is not null from dead_letters
        where subscription > $1 or (subscription = $1 and position > $2)
        order by subscription, position limit $3";
    FIND = "select position, envelope, original, attempts, last_error, first_failed_at, parked_at
        from dead_letters where subscription = $1 and position = $2";
    HEAD = "select position, envelope, original, attempts, last_error, first_failed_at, parked_at
        from dead_letters where subscription = $1 and partition_key = $2 order by position limit $3";
}

/// What a list shows of a letter: everything but what the event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LetterSummary {
    /// The subscription, named after its producer.
    pub subscription: String,
    /// The event's position in the producer's log; with the subscription it names the letter.
    pub position: i64,
    /// The event's id.
    pub event_id: Id,
    /// The event's type.
    pub kind: String,
    /// The event's key.
    pub partition_key: String,
    /// Its place among the events of its key.
    pub sequence: i64,
    /// How often it was tried; 0 when it only waits behind another.
    pub attempts: u32,
    /// Why it is here.
    pub last_error: String,
    /// When it failed first.
    pub first_failed_at: Timestamp,
    /// When it was parked.
    pub parked_at: Timestamp,
    /// Whether it was edited.
    pub edited: bool,
}

impl FromRow for LetterSummary {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            subscription: row.get(0)?,
            position: row.get(1)?,
            event_id: row.get(2)?,
            kind: row.get(3)?,
            partition_key: row.get(4)?,
            sequence: row.get(5)?,
            attempts: row.get(6)?,
            last_error: row.get(7)?,
            first_failed_at: row.get(8)?,
            parked_at: row.get(9)?,
            edited: row.get(10)?,
        })
    }
}

/// A letter with its event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// The event's position in the producer's log.
    pub position: i64,
    /// How often it was tried; 0 when it only waits behind another.
    pub attempts: u32,
    /// Why it is here.
    pub last_error: String,
    /// When it failed first.
    pub first_failed_at: Timestamp,
    /// When it was parked.
    pub parked_at: Timestamp,
    /// The event as it will be handled.
    pub event: Envelope,
    /// The event as it arrived, once it was edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Envelope>,
}

impl FromRow for Letter {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(event) = row.get(1)?;
        let original: Option<Json<Envelope>> = row.get(2)?;
        Ok(Self {
            position: row.get(0)?,
            attempts: row.get(3)?,
            last_error: row.get(4)?,
            first_failed_at: row.get(5)?,
            parked_at: row.get(6)?,
            event,
            original: original.map(|Json(original)| original),
        })
    }
}

/// Up to `limit` letters, by subscription and position, after the one that `after` names.
///
/// # Errors
/// Any failure of the database.
pub async fn list(db: &Db, after: (&str, i64), limit: u16) -> Result<Vec<LetterSummary>, DbError> {
    db.query(&LIST, params![after.0, after.1, limit.min(MAX_PAGE)]).await
}

/// One letter with its event; `None` when there is none of this name.
///
/// # Errors
/// Any failure of the database.
pub async fn show(db: &Db, subscription: &str, position: i64) -> Result<Option<Letter>, DbError> {
    db.query_optional(&FIND, params![subscription, position]).await
}

async fn find(tx: &mut Tx, subscription: &str, position: i64) -> Result<Letter, LetterError> {
    let found = tx.query_optional(&FIND, params![subscription, position]).await?;
    found.ok_or(LetterError::NotFound)
}

/// The first letters of a key, in order.
async fn first(tx: &mut Tx, subscription: &str, key: &str, limit: u16) -> Result<Vec<Letter>, DbError> {
    tx.query(&HEAD, params![subscription, key, limit]).await
}
