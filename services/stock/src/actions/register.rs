//! Makes an item known.

use tradewind_audit::{Entry, Facts, record};
use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Slug;
use tradewind_problem::Problem;
use tradewind_stock_contract::{ItemRegistered, SERVICE};

use crate::store;

pub(crate) struct Register {
    pub(crate) product: Slug,
    pub(crate) sku: Slug,
}

impl Work for Register {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let before = store::find_in(tx, &self.product).await?;
        store::register(tx, &self.product, &self.sku).await?;
        let entry = Entry::new("stock.item-registered", "product", &self.product)
            .before_if(before.map(|before| Facts::new().with("sku", &before.sku)))
            .after(Facts::new().with("sku", &self.sku));
        record(tx, SERVICE, entry).await?;
        let event = ItemRegistered { product_id: self.product.clone(), sku: self.sku.clone() };
        announce(tx, &event).await?;
        Ok(Reply::no_content())
    }
}
