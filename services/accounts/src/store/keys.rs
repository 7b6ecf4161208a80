//! Keys that sign tokens.

use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::Timestamp;

use crate::domain::rotation::Times;

sql! {
    ALL = "select number, key_id, public_key, sealed, signs_from, signs_until, shown_until from signing_key
        order by number";
    ADD = "insert into signing_key
            (number, key_id, public_key, sealed, signs_from, signs_until, shown_until)
        values ($1, $2, $3, $4, $5, $6, $7)";
    REMOVE_OLD = "delete from signing_key where shown_until <= $1";
}

/// A key as it is kept.
#[derive(Clone)]
pub(crate) struct Key {
    /// Keys are counted, so that two instances cannot make the same one twice.
    pub(crate) number: i64,
    pub(crate) id: String,
    /// What everybody may know of it: a set of one key, as a JSON document.
    pub(crate) public: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) times: Times,
}

impl FromRow for Key {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (signs_from, signs_until, shown_until): (Timestamp, Timestamp, Timestamp) =
            (row.get(4)?, row.get(5)?, row.get(6)?);
        Ok(Self {
            number: row.get(0)?,
            id: row.get(1)?,
            public: row.get(2)?,
            sealed: row.get(3)?,
            times: Times { signs_from, signs_until, shown_until },
        })
    }
}

pub(crate) async fn all(db: &Db) -> Result<Vec<Key>, DbError> {
    db.query(&ALL, &[]).await
}

pub(crate) async fn all_in(tx: &mut Tx) -> Result<Vec<Key>, DbError> {
    tx.query(&ALL, &[]).await
}

pub(crate) async fn add(tx: &mut Tx, key: &Key) -> Result<(), DbError> {
    let Key { number, id, public, sealed, times } = key;
    let Times { signs_from, signs_until, shown_until } = *times;
    tx.execute(&ADD, params![number, id, public, sealed, signs_from, signs_until, shown_until])
        .await
        .map(drop)
}

pub(crate) async fn remove_old(tx: &mut Tx) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&REMOVE_OLD, params![now]).await.map(drop)
}
