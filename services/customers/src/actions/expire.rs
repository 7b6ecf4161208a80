//! Gives back the credit that an order has held for too long; nothing, when it is not held any more.

use tradewind_customers_contract::CreditReservationExpired;
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;

use crate::store;

pub(crate) struct Expire {
    pub(crate) order: Id,
}

impl Work for Expire {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if store::expire(tx, self.order).await? {
            announce(tx, &CreditReservationExpired { order_id: self.order }).await?;
        }
        Ok(())
    }
}
