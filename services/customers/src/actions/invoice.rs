//! Turns the credit that an order has reserved into a debt.

use tradewind_chassis::http::Reply;
use tradewind_customers_contract::InvoiceIssued;
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_problem::Problem;

use crate::error;
use crate::store::{self, Invoiced, Revived};

pub(crate) struct Invoice {
    pub(crate) order: Id,
}

impl Work for Invoice {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let Some(Invoiced { customer, amount }) = self.owed(tx).await? else {
            return if store::is_invoiced(tx, self.order).await? {
                Ok(Reply::no_content())
            } else {
                Err(error::no_credit_reserved())
            };
        };
        announce(tx, &InvoiceIssued { order_id: self.order, customer_id: customer, amount }).await?;
        Ok(Reply::no_content())
    }
}

impl Invoice {
    /// What the order has reserved, or had until that expired, if there is still credit for it.
    async fn owed(&self, tx: &mut Tx) -> Result<Option<Invoiced>, Problem> {
        if let Some(invoiced) = store::invoice(tx, self.order).await? {
            return Ok(Some(invoiced));
        }
        match store::revive(tx, self.order).await? {
            Revived::Confirmed { .. } => Ok(store::invoice(tx, self.order).await?),
            Revived::Lost | Revived::Nothing => Ok(None),
        }
    }
}
