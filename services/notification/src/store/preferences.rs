//! What people want to be told.

use tradewind_db::{Db, DbError, Json, Tx, params, sql};
use tradewind_kernel::Id;
use tradewind_notification_contract::SetPreferences;

sql! {
    pub(super) SHOWN = "select customer_id from preference order by customer_id";
    FIND = "select content from preference where customer_id = $1";
    SET = "insert into preference (customer_id, content, changed_at) values ($1, $2, $3)
        on conflict (customer_id) do update set content = excluded.content, changed_at = excluded.changed_at";
    FORGET = "delete from preference where customer_id = $1";
}

pub(crate) async fn find(db: &Db, customer: Id) -> Result<Option<SetPreferences>, DbError> {
    let row: Option<(Json<SetPreferences>,)> = db.query_optional(&FIND, params![customer]).await?;
    Ok(row.map(|(Json(preferences),)| preferences))
}

pub(crate) async fn find_in(tx: &mut Tx, customer: Id) -> Result<Option<SetPreferences>, DbError> {
    let row: Option<(Json<SetPreferences>,)> = tx.query_optional(&FIND, params![customer]).await?;
    Ok(row.map(|(Json(preferences),)| preferences))
}

pub(crate) async fn set(tx: &mut Tx, customer: Id, preferences: &SetPreferences) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&SET, params![customer, Json(preferences), now]).await.map(drop)
}

pub(crate) async fn forget(tx: &mut Tx, customer: Id) -> Result<(), DbError> {
    tx.execute(&FORGET, params![customer]).await.map(drop)
}
