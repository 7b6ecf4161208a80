//! Sets the price of a product in a price list, or takes it out.

use tradewind_catalogue_contract::ProductId;
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Money, Slug};
use tradewind_problem::Problem;

use crate::error;
use crate::store::{self, details};
use crate::views::pages;

/// The most price lists that a product is in.
const MAX_LISTS: usize = 50;

pub(crate) struct Set {
    pub(crate) list: Slug,
    pub(crate) id: ProductId,
    /// None takes it out.
    pub(crate) price: Option<Money>,
}

impl Work for Set {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        let product = store::find_in(tx, &self.id).await?.ok_or_else(error::no_product)?;
        if let Some(price) = self.price {
            if price.minor() < 0 {
                return Err(error::field("/price", "a price is not negative"));
            }
            let mut known = std::iter::once(&product.price).chain(&product.prices);
            if !known.any(|known| known.currency() == price.currency()) {
                return Err(error::field("/price", "the product has no price in this currency"));
            }
            let listed = details::listed_prices(tx, &self.id).await?;
            if listed.iter().all(|each| each.list != self.list) && listed.len() >= MAX_LISTS {
                return Err(error::field("/price", "a product is in at most 50 price lists"));
            }
        }
        details::set_listed_price(tx, &self.list, &self.id, self.price).await?;
        pages::refresh(tx, &self.id).await?;
        Ok(())
    }
}
