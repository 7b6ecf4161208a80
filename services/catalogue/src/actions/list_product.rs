//! Lists a product or changes what is said of it.

use tradewind_catalogue_contract::{ListProduct, Product, ProductId, ProductListed};
use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_problem::Problem;

use crate::{error, mutants, store};

/// The greatest length of a name, in characters.
const MAX_NAME: usize = 200;

/// The greatest length of a description, in characters.
const MAX_DESCRIPTION: usize = 2_000;

/// The greatest number of prices in other currencies.
const MAX_PRICES: usize = 50;

pub(crate) struct List {
    pub(crate) id: ProductId,
    pub(crate) product: ListProduct,
}

impl Work for List {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        check(&self.product)?;
        let ListProduct { name, description, price, prices } = self.product.clone();
        let product = Product { id: self.id.clone(), name, description, price, prices };
        let is_untold = mutants::CHANGE_UNTOLD.is_planted() && store::is_kept(tx, &product.id).await?;
        store::save(tx, &product).await?;
        if is_untold {
            return Ok(Reply::no_content());
        }
        let Product { id, name, description, price, prices } = product;
        announce(tx, &ProductListed { product_id: id, name, description, price, prices }).await?;
        Ok(Reply::no_content())
    }
}

fn check(product: &ListProduct) -> Result<(), Problem> {
    let is_name = !product.name.trim().is_empty() && !product.name.chars().any(char::is_control);
    if !is_name || product.name.chars().count() > MAX_NAME {
        return Err(error::field("/name", "a name has 1 to 200 characters and no control characters"));
    }
    if product.description.chars().count() > MAX_DESCRIPTION || product.description.contains('\0') {
        return Err(error::field("/description", "a description has at most 2000 characters and no NUL"));
    }
    if product.price.minor() < 0 {
        return Err(error::field("/price", "a price is not negative"));
    }
    check_further(product)
}

/// A currency has one price, so that nobody has to choose.
fn check_further(product: &ListProduct) -> Result<(), Problem> {
    if product.prices.len() > MAX_PRICES {
        return Err(error::field("/prices", "a product has at most 50 prices in other currencies"));
    }
    let mut seen = vec![product.price.currency()];
    for (index, price) in product.prices.iter().enumerate() {
        let pointer = format!("/prices/{index}");
        if price.minor() < 0 {
            return Err(error::field(&pointer, "a price is not negative"));
        }
        if seen.contains(&price.currency()) {
            return Err(error::field(&pointer, "there is another price in this currency"));
        }
        seen.push(price.currency());
    }
    Ok(())
}
