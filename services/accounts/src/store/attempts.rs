//! What is held against accounts, addresses and programs; by digests, so that nobody is named here.

use tradewind_db::{DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::Timestamp;

use crate::domain::attempts::Attempts;

/// How many old ones are removed at once.
const AT_ONCE: i64 = 1_000;

sql! {
    FIND = "select count, last_at, not_before from attempt where subject = $1";
    SET = "insert into attempt (subject, count, last_at, not_before) values ($1, $2, $3, $4)
        on conflict (subject) do update set count = excluded.count, last_at = excluded.last_at,
            not_before = excluded.not_before";
    REMOVE = "delete from attempt where subject = $1";
    REMOVE_OLD = "delete from attempt where subject in
        (select subject from attempt where last_at < $1 order by last_at limit $2)";
}

struct AttemptsRow(Attempts);

impl FromRow for AttemptsRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Attempts { count: row.get(0)?, last: row.get(1)?, not_before: row.get(2)? }))
    }
}

pub(crate) async fn find(tx: &mut Tx, subject: &[u8]) -> Result<Option<Attempts>, DbError> {
    let row: Option<AttemptsRow> = tx.query_optional(&FIND, params![subject]).await?;
    Ok(row.map(|row| row.0))
}

pub(crate) async fn set(tx: &mut Tx, subject: &[u8], held: Attempts) -> Result<(), DbError> {
    let Attempts { count, last, not_before } = held;
    tx.execute(&SET, params![subject, count, last, not_before]).await.map(drop)
}

pub(crate) async fn remove(tx: &mut Tx, subject: &[u8]) -> Result<(), DbError> {
    tx.execute(&REMOVE, params![subject]).await.map(drop)
}

/// Removes some of those that were made before.
pub(crate) async fn remove_old(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    tx.execute(&REMOVE_OLD, params![before, AT_ONCE]).await.map(drop)
}
