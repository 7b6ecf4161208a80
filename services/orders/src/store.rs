//! Orders as streams; commits state and outbox together.

use tradewind_db::{DbError, Tx};
use tradewind_eventstore::{Loaded, append, load};
use tradewind_orders_contract::OrderId;

use crate::domain::{Event, Order};
use crate::{announce, mutants};

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
    append(tx, &stream(id), order.version, events).await?;
    if mutants::ANNOUNCED_APART.is_planted() && order.version == 0 {
        return Ok(None);
    }
    let mut last = None;
    for event in events {
        last = announce::tell(tx, id, &order.state, event).await?.or(last);
    }
    Ok(last)
}

fn stream(id: OrderId) -> String {
    format!("order-{id}")
}
