//! Ends an open order as its fulfilment did: completed, or called off.

use tradewind_db::{DbError, Tx, Work};
use tradewind_eventstore::Aggregate;
use tradewind_orders_contract::OrderId;
use tradewind_saga::Chore;

use crate::domain::{Command, Fulfilment};
use crate::store;
use crate::views::orders;

pub(crate) struct Conclude {
    pub(crate) chore: Chore<Fulfilment>,
    /// What the order is asked; nothing when it goes on.
    pub(crate) command: Option<Command>,
}

impl Work for Conclude {
    type Output = Fulfilment;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Fulfilment, DbError> {
        let id = OrderId::new(self.chore.id);
        if let Some(command) = &self.command {
            let order = store::find(tx, id).await?;
            let events = order.state.decide(command.clone()).unwrap_or_default();
            store::save(tx, id, &order, &events).await?;
            orders::follow(tx, id, &events).await?;
        }
        Ok(self.chore.data.clone())
    }
}
