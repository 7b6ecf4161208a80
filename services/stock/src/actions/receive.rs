//! Takes goods in.

use tradewind_audit::{Entry, Facts, record};
use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Id, Slug};
use tradewind_problem::Problem;
use tradewind_stock_contract::{SERVICE, Stock};

use crate::{error, store};

/// The greatest quantity of one receipt.
const MAX_RECEIPT: u32 = 1_000_000;

pub(crate) struct Receive {
    pub(crate) product: Slug,
    pub(crate) quantity: u32,
    pub(crate) reference: Option<Slug>,
}

impl Work for Receive {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if !(1..=MAX_RECEIPT).contains(&self.quantity) {
            return Err(error::receipt_quantity());
        }
        let stock = store::find_in(tx, &self.product).await?.ok_or_else(error::no_item)?;
        if let Some(reference) = &self.reference
            && let Some(quantity) = store::booked(tx, &self.product, reference).await?
        {
            return if quantity == self.quantity { Reply::ok(&stock) } else { Err(error::other_quantity()) };
        }
        let (receipt, now) =
            store::receive(tx, &self.product, self.quantity, self.reference.as_ref()).await?;
        record(tx, SERVICE, self.entry(receipt, &stock, &now)).await?;
        Reply::ok(&now)
    }
}

impl Receive {
    fn entry(&self, receipt: Id, before: &Stock, now: &Stock) -> Entry {
        let after = Facts::new()
            .with("available", &now.amount_available)
            .with("quantity", &self.quantity)
            .with("reference", &self.reference)
            .with("receipt", &receipt);
        Entry::new("stock.goods-received", "product", &self.product)
            .before(Facts::new().with("available", &before.amount_available))
            .after(after)
    }
}
