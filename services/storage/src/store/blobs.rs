//! The rows of blobs. A blob has begun, then it is named by one object, then condemned; only then its file is removed.
//! Each step changes the row that the others change, so that no two of them happen to one blob.

use tradewind_db::{Db, DbError, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

sql! {
    BEGIN = "insert into blob (blob_id, state, size, changed_at) values ($1, 'begun', $2, $3)";
    NAME = "update blob set state = 'named', changed_at = $2 where blob_id = $1 and state = 'begun'";
    CONDEMN = "update blob set state = 'condemned', changed_at = $2 where blob_id = $1 and state = 'named'";
    CONDEMN_OLD = "update blob set state = 'condemned', changed_at = $3 where state = 'begun' and blob_id in
        (select blob_id from blob where state = 'begun' and changed_at < $1 order by changed_at limit $2)";
    CONDEMNED = "select blob_id from blob where state = 'condemned' and changed_at < $1
        order by changed_at, blob_id limit $2";
    FORGET = "delete from blob where blob_id = $1 and state = 'condemned'";
}

pub(crate) async fn begin(tx: &mut Tx, blob: Id, size: i64) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&BEGIN, params![blob, size, now]).await.map(drop)
}

/// `false` when it took so long that it was given up.
pub(crate) async fn name(tx: &mut Tx, blob: Id) -> Result<bool, DbError> {
    let now = tx.now();
    tx.execute(&NAME, params![blob, now]).await.map(|changed| changed == 1)
}

pub(crate) async fn condemn(tx: &mut Tx, blob: Id) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&CONDEMN, params![blob, now]).await.map(drop)
}

/// Gives up some of those that have been on their way since before a time.
pub(crate) async fn condemn_old(tx: &mut Tx, before: Timestamp, limit: u16) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&CONDEMN_OLD, params![before, limit, now]).await.map(drop)
}

/// Some of those that were condemned before a time.
pub(crate) async fn condemned(db: &Db, before: Timestamp, limit: u16) -> Result<Vec<Id>, DbError> {
    let found: Vec<(Id,)> = db.query(&CONDEMNED, params![before, limit]).await?;
    Ok(found.into_iter().map(|(blob,)| blob).collect())
}

pub(crate) async fn forget(tx: &mut Tx, blob: Id) -> Result<(), DbError> {
    tx.execute(&FORGET, params![blob]).await.map(drop)
}
