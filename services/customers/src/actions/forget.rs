//! Removes what is personal of somebody who was erased. What they owe stays: books are not rewritten.

use tradewind_customers_contract::CustomerId;
use tradewind_db::{DbError, Tx, Work};

use crate::store;

pub(crate) struct Forget {
    pub(crate) customer: CustomerId,
}

impl Work for Forget {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        store::forget(tx, self.customer).await
    }
}
