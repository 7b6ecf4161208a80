//! Takes the debt of an order back, and lets go of what it still has reserved: no invoice can be written for it
//! afterwards, however late somebody asks.

use tradewind_chassis::http::Reply;
use tradewind_customers_contract::InvoiceCredited;
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;

use crate::actions::release::Release;
use crate::mutants;
use crate::store::{self, Invoiced};

pub(crate) struct CreditInvoice {
    pub(crate) order: Id,
}

impl Work for CreditInvoice {
    type Output = Reply;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, DbError> {
        if mutants::DEBT_KEPT.is_planted() {
            return Ok(Reply::no_content());
        }
        if let Some(Invoiced { customer, amount }) = store::credit(tx, self.order).await? {
            announce(tx, &InvoiceCredited { order_id: self.order, customer_id: customer, amount }).await?;
        }
        Release { order: self.order }.run(tx).await?;
        Ok(Reply::no_content())
    }
}
