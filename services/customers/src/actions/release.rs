//! Releases the credit that an order had reserved; nothing, when it had reserved none.

use tradewind_customers_contract::CreditReleased;
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;

use crate::store;

pub(crate) struct Release {
    pub(crate) order: Id,
}

impl Work for Release {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if store::release(tx, self.order).await? {
            announce(tx, &CreditReleased { order_id: self.order }).await?;
        }
        Ok(())
    }
}
