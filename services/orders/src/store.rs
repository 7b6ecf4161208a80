//! Orders as streams; commits state and outbox together.

use tradewind_db::{DbError, Evidence, Tx, sql};
use tradewind_eventstore::{Loaded, append, load};
use tradewind_orders_contract::OrderId;

use crate::domain::{Event, Order};
use crate::{announce, mutants};

sql! {
    /// Without what a snapshot knows of people.
    SHOWN_SNAPSHOTS = {
        postgres: "select stream, version, state->>'status' as status,
                cast(cast(state->>'stock_confirmed' as boolean) as integer) as stock_confirmed,
                cast(cast(state->>'payment_confirmed' as boolean) as integer) as payment_confirmed,
                cast(cast(state->>'is_cancelling' as boolean) as integer) as is_cancelling
            from stream_snapshot where stream like 'order-%' order by stream",
        sqlite: "select stream, version, state->>'status' as status, state->>'stock_confirmed' as stock_confirmed,
                state->>'payment_confirmed' as payment_confirmed, state->>'is_cancelling' as is_cancelling
            from stream_snapshot where stream like 'order-%' order by stream",
    };
}

/// What is shown of the snapshots, to be compared with the streams.
pub(crate) static EVIDENCE: &[Evidence] = &[Evidence { table: "order_snapshot", rows: &SHOWN_SNAPSHOTS }];

/// The order as its events say it is.
pub(crate) async fn find(tx: &mut Tx, id: OrderId) -> Result<Loaded<Order>, DbError> {
    load(tx, &stream(id)).await
}

/// Appends what was decided and announces it; gives the position of the last announcement, if any.
pub(crate) async fn save(
    tx: &mut Tx,
    id: OrderId,
    order: &Loaded<Order>,
    events: &[Event],
) -> Result<Option<i64>, DbError> {
    append::<Order>(tx, &stream(id), order.version, events).await?;
    if mutants::ANNOUNCED_APART.is_planted() && order.version == 0 {
        return Ok(None);
    }
    let mut last = None;
    for event in events {
        last = announce::tell(tx, id, &order.state, event).await?.or(last);
    }
    Ok(last)
}

/// What the names of the streams begin with.
pub(crate) const PREFIX: &str = "order-";

pub(crate) fn stream(id: OrderId) -> String {
    format!("{PREFIX}{id}")
}

/// The order that a stream is of.
pub(crate) fn order_of(stream: &str) -> Result<OrderId, DbError> {
    let id = stream.strip_prefix(PREFIX).and_then(|id| id.parse().ok());
    id.ok_or_else(|| DbError::Column { message: format!("{stream} is no stream of an order") })
}
