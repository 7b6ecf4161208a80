//! The secrets of endpoints, sealed.

use tradewind_db::{DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

sql! {
    ADD = "insert into endpoint_secret (endpoint_id, secret_id, sealed, made_at) values ($1, $2, $3, $4)";
    IS_THERE = "select made_at from endpoint_secret where endpoint_id = $1 and secret_id = $2";
    HOLDING = "select secret_id, sealed from endpoint_secret
        where endpoint_id = $1 and (ends_at is null or ends_at > $2) order by made_at desc, secret_id";
    END_OTHERS = "update endpoint_secret set ends_at = $3
        where endpoint_id = $1 and secret_id <> $2 and ends_at is null";
    FORGET = "delete from endpoint_secret where endpoint_id = $1 and ends_at <= $2";
}

/// A secret as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) id: Id,
    pub(crate) sealed: Vec<u8>,
}

impl FromRow for Sealed {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self { id: row.get(0)?, sealed: row.get(1)? })
    }
}

pub(crate) async fn add(tx: &mut Tx, endpoint: Id, secret: &Sealed) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&ADD, params![endpoint, secret.id, secret.sealed, now]).await.map(drop)
}

pub(crate) async fn is_there(tx: &mut Tx, endpoint: Id, secret: Id) -> Result<bool, DbError> {
    Ok(tx.query_optional::<(i64,)>(&IS_THERE, params![endpoint, secret]).await?.is_some())
}

/// The secrets that hold now, the newest first.
pub(crate) async fn holding(tx: &mut Tx, endpoint: Id) -> Result<Vec<Sealed>, DbError> {
    let now = tx.now();
    tx.query(&HOLDING, params![endpoint, now]).await
}

/// Lets all secrets but this one end at a moment, and forgets those that have ended.
pub(crate) async fn end_others(tx: &mut Tx, endpoint: Id, newest: Id, at: Timestamp) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&END_OTHERS, params![endpoint, newest, at]).await?;
    tx.execute(&FORGET, params![endpoint, now]).await.map(drop)
}
