//! Programs.

use tradewind_db::{Db, DbError, Tx, params, sql};
use tradewind_kernel::Slug;

sql! {
    SET = "insert into client (client_id, secret, changed_at) values ($1, $2, $3)
        on conflict (client_id) do update set secret = excluded.secret, changed_at = excluded.changed_at";
    FIND = "select secret from client where client_id = $1";
    REMOVE = "delete from client where client_id = $1";
}

/// What is kept of the secret of a program.
pub(crate) async fn secret(db: &Db, id: &str) -> Result<Option<String>, DbError> {
    // What holds this character is in no database, and must not be asked for.
    if id.contains('\0') {
        return Ok(None);
    }
    let row: Option<(String,)> = db.query_optional(&FIND, params![id]).await?;
    Ok(row.map(|(secret,)| secret))
}

pub(crate) async fn set(tx: &mut Tx, id: &Slug, secret: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&SET, params![id, secret, now]).await.map(drop)
}

pub(crate) async fn remove(tx: &mut Tx, id: &Slug) -> Result<(), DbError> {
    tx.execute(&REMOVE, params![id]).await.map(drop)
}
