//! Parking: an event that cannot be handled steps aside, and what follows of its key lines up behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tradewind_db::{Db, DbError, Json, Tx, Work, params, sql};
use tradewind_kernel::Timestamp;

use crate::attempts;
use crate::cursor;
use crate::envelope::Recorded;
use crate::progress::Progress;
use crate::subscription::HandleError;
use crate::turn::Pass;

/// Keys of one subscription that may have parked letters.
pub const MAX_PARKED_KEYS: u32 = 1_024;

/// Letters of one key that may be parked.
pub const MAX_PARKED_LETTERS: u32 = 1_024;

/// The greatest length of an error that is kept, in characters.
const MAX_ERROR: usize = 2_000;

sql! {
    KEYS = "select partition_key from parked_key where subscription = $1";
    COUNT = "select count(*), cast(coalesce(sum(letters), 0) as bigint) from parked_key where subscription = $1";
    OPEN = "insert into parked_key (subscription, partition_key, letters, parked_at) values ($1, $2, 0, $3)
        on conflict (subscription, partition_key) do nothing";
    LETTERS = "select letters from parked_key where subscription = $1 and partition_key = $2";
    MORE = "update parked_key set letters = letters + 1
        where subscription = $1 and partition_key = $2 and letters < $3";
    FEWER = "update parked_key set letters = letters - 1
        where subscription = $1 and partition_key = $2 returning letters";
    CLOSE = "delete from parked_key where subscription = $1 and partition_key = $2 and letters = 0";
    PUT = "insert into dead_letters (subscription, position, event_id, type, partition_key, sequence, envelope,
        attempts, last_error, first_failed_at, parked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    REMOVE = "delete from dead_letters where subscription = $1 and position = $2";
}

/// Text as it is kept: no longer than anybody reads.
pub(crate) fn shortened(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}

/// The keys with parked letters.
pub(crate) async fn keys(tx: &mut Tx, subscription: &str) -> Result<BTreeSet<String>, DbError> {
    let rows: Vec<(String,)> = tx.query(&KEYS, params![subscription]).await?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Reads how many keys and letters are parked, at the start of a life.
pub(crate) async fn load(db: &Db, subscription: &str, progress: &Progress) -> Result<(), DbError> {
    let counts = db.query_optional::<(i64, i64)>(&COUNT, params![subscription]).await?;
    let (keys, letters) = counts.unwrap_or_default();
    progress.set_parked(keys, letters);
    Ok(())
}

/// Reports how many keys and letters are parked, once the transaction is committed.
pub(crate) async fn report(tx: &mut Tx, subscription: &str, progress: &Arc<Progress>) -> Result<(), DbError> {
    let (keys, letters): (i64, i64) = tx.query_one(&COUNT, params![subscription]).await?;
    let progress = progress.clone();
    tx.after_commit(move || progress.set_parked(keys, letters));
    Ok(())
}

/// Parks an event behind others of its key.
pub(crate) async fn behind(tx: &mut Tx, subscription: &str, recorded: &Recorded) -> Result<(), HandleError> {
    let now = tx.now();
    put(tx, subscription, recorded, 0, "parked behind an earlier event of its key", now).await
}

async fn put(
    tx: &mut Tx,
    subscription: &str,
    recorded: &Recorded,
    attempts: u32,
    error: &str,
    since: Timestamp,
) -> Result<(), HandleError> {
    let (event, now) = (&recorded.event, tx.now());
    let key = &event.partitionkey;
    if tx.execute(&MORE, params![subscription, key, MAX_PARKED_LETTERS]).await? == 0 {
        return match tx.query_optional::<(i64,)>(&LETTERS, params![subscription, key]).await? {
            Some(_) => Err(HandleError::Full { what: format!("key {key}"), bound: MAX_PARKED_LETTERS }),
            // A replay has emptied the key meanwhile: run again, and the event is handled.
            None => Err(tx.conflict().into()),
        };
    }
    let envelope = Json(event);
    let values = params![
        subscription,
        recorded.position,
        event.id,
        event.kind,
        key,
        event.sequence,
        envelope,
        attempts,
        error,
        since,
        now,
    ];
    tx.execute(&PUT, values).await?;
    Ok(())
}

/// Takes a letter away; the last one of its key lets the key flow again.
pub(crate) async fn remove(tx: &mut Tx, subscription: &str, position: i64, key: &str) -> Result<(), DbError> {
    if tx.execute(&REMOVE, params![subscription, position]).await? == 0 {
        return Err(tx.conflict());
    }
    let (left,): (i64,) = tx.query_one(&FEWER, params![subscription, key]).await?;
    if left == 0 {
        tx.execute(&CLOSE, params![subscription, key]).await?;
    }
    Ok(())
}

/// Parks an event that was tried often enough and moves the cursor past it, as one work.
pub(crate) struct Park {
    pub(crate) subscription: String,
    pub(crate) recorded: Recorded,
    pub(crate) attempts: u32,
    pub(crate) error: String,
    pub(crate) from: i64,
    pub(crate) progress: Arc<Progress>,
    pub(crate) pass: Pass,
}

impl Work for Park {
    type Output = ();
    type Error = HandleError;

    async fn run(&self, tx: &mut Tx) -> Result<(), HandleError> {
        let (name, now) = (&self.subscription, tx.now());
        let position = self.recorded.position;
        let opened = tx.execute(&OPEN, params![name, self.recorded.event.partitionkey, now]).await?;
        let (keys, _): (i64, i64) = tx.query_one(&COUNT, params![name]).await?;
        if opened > 0 && keys > i64::from(MAX_PARKED_KEYS) {
            return Err(HandleError::Full { what: format!("subscription {name}"), bound: MAX_PARKED_KEYS });
        }
        let since = attempts::since(tx, name, position).await?.unwrap_or(now);
        put(tx, name, &self.recorded, self.attempts, &self.error, since).await?;
        attempts::forget(tx, name, position).await?;
        cursor::advance(tx, name, self.from, position, &self.pass).await?;
        report(tx, name, &self.progress).await?;
        Ok(())
    }
}
