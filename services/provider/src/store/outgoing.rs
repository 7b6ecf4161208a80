//! Callbacks: each change of a charge, until whoever takes payments has heard of it.

use std::time::Duration;

use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Currency, Id, Money, Timestamp};
use tradewind_provider_contract::Callback;

use crate::store::{Telling, state_named};

/// Raised when there is a callback to tell.
pub(crate) const WRITTEN: &str = "callbacks";

/// The most callbacks told at a time.
pub(crate) const BATCH: u16 = 16;

sql! {
    WRITE = "insert into callback (callback_id, reference, number, state, currency, captured, refunded, changed_at,
            correlation_id, sends_left, due_at, attempts)
        select $2, reference, changes, state, currency, captured, refunded, updated_at, $3, $4, updated_at + $5, 0
        from charge where reference = $1";
    /// The oldest untold callback of each charge.
    DUE = "select callback_id, reference, state, currency, captured, refunded, changed_at, correlation_id, attempts,
            due_at
        from callback where sends_left > 0 and not exists (select 1 from callback before
            where before.reference = callback.reference and before.number < callback.number
                and before.sends_left > 0)
        order by due_at, callback_id limit $1";
    DUE_OF = "select callback_id, reference, state, currency, captured, refunded, changed_at, correlation_id,
            attempts, due_at
        from callback where reference = $1 and sends_left > 0 order by number limit 1";
    CLAIM = "update callback set attempts = attempts + 1, due_at = $3
        where callback_id = $1 and attempts = $2 and sends_left > 0";
    TOLD = "update callback set sends_left = sends_left - 1, last_status = $2, answered_at = $3, due_at = $3
        where callback_id = $1 and sends_left > 0";
    FAILED = "update callback set last_status = $2 where callback_id = $1";
    FORGET = "delete from callback where changed_at < $1";
}

/// A callback that is to be told.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) id: Id,
    pub(crate) callback: Callback,
    pub(crate) correlation: Option<Id>,
    pub(crate) attempts: i64,
    pub(crate) due_at: Timestamp,
}

impl FromRow for Outgoing {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (state, currency): (String, Currency) = (row.get(2)?, row.get(3)?);
        let callback = Callback {
            reference: row.get(1)?,
            state: state_named(&state),
            captured: Money::from_minor(row.get(4)?, currency),
            refunded: Money::from_minor(row.get(5)?, currency),
            at: row.get(6)?,
        };
        let (correlation, attempts, due_at) = (row.get(7)?, row.get(8)?, row.get(9)?);
        Ok(Self { id: row.get(0)?, callback, correlation, attempts, due_at })
    }
}

/// Writes down that the last change of a charge is to be told, in the transaction of the change.
pub(crate) async fn write(tx: &mut Tx, reference: Id, telling: Option<Telling>) -> Result<(), DbError> {
    let Some(Telling { sends, delay }) = telling else { return Ok(()) };
    let (id, correlation) = (tx.id(), tx.context().map(|context| context.correlation));
    let delay = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
    tx.execute(&WRITE, params![reference, id, correlation, sends, delay]).await?;
    tx.signal(WRITTEN);
    Ok(())
}

/// The first untold callback of up to [`BATCH`] charges, those that are due first.
pub(crate) async fn next(db: &Db) -> Result<Vec<Outgoing>, DbError> {
    db.query(&DUE, params![BATCH]).await
}

/// The first untold callback of a charge.
pub(crate) async fn next_of(db: &Db, reference: Id) -> Result<Option<Outgoing>, DbError> {
    db.query_optional(&DUE_OF, params![reference]).await
}

/// Makes an attempt one's own, counted before it is made: another replica leaves it alone until `again`, when it is
/// due once more if nothing was heard of it. `false` when somebody else was faster.
pub(crate) async fn claim(tx: &mut Tx, callback: &Outgoing, again: Duration) -> Result<bool, DbError> {
    let due = tx.now().plus(again);
    Ok(tx.execute(&CLAIM, params![callback.id, callback.attempts, due]).await? == 1)
}

/// Writes down how the attempt ended: with an answer, or with the status of a problem.
pub(crate) async fn ended(tx: &mut Tx, id: Id, status: u16) -> Result<(), DbError> {
    let now = tx.now();
    if status < 300 {
        return tx.execute(&TOLD, params![id, status, now]).await.map(drop);
    }
    tx.execute(&FAILED, params![id, status]).await.map(drop)
}

/// Forgets callbacks from before `since`, told or not.
pub(crate) async fn forget(tx: &mut Tx, since: Timestamp) -> Result<u64, DbError> {
    tx.execute(&FORGET, params![since]).await
}
