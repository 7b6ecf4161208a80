//! Makes an item known.

use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Slug;
use tradewind_problem::Problem;
use tradewind_stock_contract::ItemRegistered;

use crate::store;

pub(crate) struct Register {
    pub(crate) product: Slug,
    pub(crate) sku: Slug,
}

impl Work for Register {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        store::register(tx, &self.product, &self.sku).await?;
        let event = ItemRegistered { product_id: self.product.clone(), sku: self.sku.clone() };
        announce(tx, &event).await?;
        Ok(Reply::no_content())
    }
}
