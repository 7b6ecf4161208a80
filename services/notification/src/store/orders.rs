//! What is known of orders, and news of orders that are not known yet.

use tradewind_db::{DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

use crate::domain::{Content, Known, News};

sql! {
    pub(super) SHOWN_EARLY = "select event_id, order_id from early_news order by event_id";
    FIND = "select customer_id, content from known_order where order_id = $1 and customer_id is not null";
    LEARN = "insert into known_order (order_id, customer_id, content, heard_at) values ($1, $2, $3, $4)
        on conflict (order_id) do update
            set customer_id = excluded.customer_id, content = excluded.content, heard_at = excluded.heard_at
            where known_order.customer_id is null";
    /// Written even where nothing changes: whoever learns of the order at this moment meets it here.
    MEET = "insert into known_order (order_id, heard_at) values ($1, $2)
        on conflict (order_id) do update set heard_at = known_order.heard_at";
    KEEP = "insert into early_news (event_id, order_id, content, heard_at) values ($1, $2, $3, $4)
        on conflict (event_id) do nothing";
    EARLY = "select content from early_news where order_id = $1 order by event_id";
    TAKE = "delete from early_news where order_id = $1";
    OLD = "delete from early_news where event_id in
        (select event_id from early_news where heard_at < $1 order by heard_at, event_id limit $2)";
}

impl FromRow for Known {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(content): Json<Content> = row.get(1)?;
        Ok(Self { customer: row.get(0)?, content })
    }
}

pub(crate) async fn find(tx: &mut Tx, order: Id) -> Result<Option<Known>, DbError> {
    tx.query_optional(&FIND, params![order]).await
}

/// Writes down what is known of an order; `false` when it was known.
pub(crate) async fn learn(tx: &mut Tx, order: Id, known: &Known) -> Result<bool, DbError> {
    let now = tx.now();
    let content = Json(&known.content);
    Ok(tx.execute(&LEARN, params![order, known.customer, content, now]).await? == 1)
}

/// Keeps news until its order is known.
pub(crate) async fn keep(tx: &mut Tx, news: &News) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&MEET, params![news.order, now]).await?;
    tx.execute(&KEEP, params![news.event, news.order, Json(news), now]).await.map(drop)
}

/// Takes the news that waited for an order.
pub(crate) async fn take(tx: &mut Tx, order: Id) -> Result<Vec<News>, DbError> {
    let kept: Vec<(Json<News>,)> = tx.query(&EARLY, params![order]).await?;
    if !kept.is_empty() {
        tx.execute(&TAKE, params![order]).await?;
    }
    Ok(kept.into_iter().map(|(Json(news),)| news).collect())
}

/// Forgets up to `limit` news that waited in vain since before a time; gives how many.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
    tx.execute(&OLD, params![before, limit]).await
}
