//! Learns what the catalogue says of a product.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Money, Slug};

use crate::views::products;

pub(crate) struct Learn {
    pub(crate) product: Slug,
    pub(crate) name: String,
    /// The main price and those in other currencies.
    pub(crate) prices: Vec<Money>,
}

impl Work for Learn {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        products::set(tx, &self.product, &self.name, &self.prices).await
    }
}
