//! Takes the answers of stock, customers and payments into account.

use tradewind_db::{DbError, Tx, Work};
use tradewind_eventstore::Aggregate;
use tradewind_kernel::Id;
use tradewind_orders_contract::OrderId;

use crate::actions::happen::{Fulfilments, happen};
use crate::domain::Command;
use crate::store;

pub(crate) struct Advance {
    pub(crate) order: Id,
    pub(crate) command: Command,
    pub(crate) fulfilments: Fulfilments,
}

impl Work for Advance {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let id = OrderId::new(self.order);
        let order = store::find(tx, id).await?;
        // An answer never refuses: what comes twice or too late decides on nothing.
        let events = order.state.decide(self.command.clone()).unwrap_or_default();
        if events.is_empty() {
            return Ok(());
        }
        // What is lost too late was not needed any more: whoever lost it had refused, or had given it before.
        happen(tx, &self.fulfilments, (id, &order), &events).await.map(drop)
    }
}
