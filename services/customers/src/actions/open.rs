//! Opens an account for somebody who registered: without credit, until somebody grants it.

use tradewind_customers_contract::{CustomerId, CustomerRegistered};
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Currency;

use crate::store;

pub(crate) struct Open {
    pub(crate) customer: CustomerId,
}

impl Work for Open {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if store::open(tx, self.customer, Currency::GBP).await? {
            announce(tx, &CustomerRegistered { customer_id: self.customer }).await?;
        }
        Ok(())
    }
}
