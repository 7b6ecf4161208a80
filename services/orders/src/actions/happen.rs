//! Writes what happened to an order, and what follows from it for its fulfilment.

use std::time::Duration;

use tradewind_db::{DbError, Tx};
use tradewind_eventstore::Loaded;
use tradewind_orders_contract::OrderId;
use tradewind_saga::{Cancelled, Instances, Reason};

use crate::domain::{Event, Fulfilment, Order, Payment};
use crate::store;
use crate::views::orders;

/// Why a fulfilment turns back when somebody has asked for it.
pub(crate) const ON_REQUEST: &str = "cancelled";

/// The fulfilments of orders.
#[derive(Debug, Clone)]
pub(crate) struct Fulfilments {
    pub(crate) instances: Instances<Fulfilment>,
    /// How long an open order can be called off before anything is done for it.
    pub(crate) window: Duration,
}

/// What came of it.
pub(crate) enum Happened {
    /// The position of the last announcement, if there was any.
    Written(Option<i64>),
    /// It was to be called off, and is past that: nothing was written.
    TooLate,
}

/// Writes `events`, begins the fulfilment of an order that opens, and turns that of one back which is to be called off.
pub(crate) async fn happen(
    tx: &mut Tx,
    fulfilments: &Fulfilments,
    (id, order): (OrderId, &Loaded<Order>),
    events: &[Event],
) -> Result<Happened, DbError> {
    let is_by_card = matches!(order.state.payment, Payment::Card { .. });
    for event in events {
        match event {
            Event::Opened => fulfilments.begin(tx, id, is_by_card).await?,
            Event::CancellationRequested { reason } => {
                let reason = reason.clone().unwrap_or_else(|| ON_REQUEST.to_owned());
                if !fulfilments.turn_back(tx, id, is_by_card, Reason::new(reason)).await? {
                    return Ok(Happened::TooLate);
                }
            }
            _ => {}
        }
    }
    let position = store::save(tx, id, order, events).await?;
    orders::follow(tx, id, events).await?;
    Ok(Happened::Written(position))
}

impl Fulfilments {
    /// Begins to fulfil an order, unless that was begun.
    pub(crate) async fn begin(&self, tx: &mut Tx, id: OrderId, is_by_card: bool) -> Result<(), DbError> {
        let waits_until = tx.now().plus(self.window);
        self.instances.start(tx, id.id(), &Fulfilment { is_by_card, waits_until }).await.map(drop)
    }

    /// `false` when it is too late. An order that was opened before there were fulfilments gets one that turns back.
    async fn turn_back(
        &self,
        tx: &mut Tx,
        id: OrderId,
        is_by_card: bool,
        reason: Reason,
    ) -> Result<bool, DbError> {
        let mut cancelled = self.instances.cancel(tx, id.id(), reason.clone()).await?;
        if cancelled == Cancelled::Unknown {
            self.begin(tx, id, is_by_card).await?;
            cancelled = self.instances.cancel(tx, id.id(), reason).await?;
        }
        Ok(matches!(cancelled, Cancelled::Asked | Cancelled::Before))
    }
}
