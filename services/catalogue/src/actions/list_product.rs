//! Lists a product or changes what is said of it.

use tradewind_audit::{Entry, Facts, record};
use tradewind_catalogue_contract::{ListProduct, Product, ProductId, ProductListed, SERVICE};
use tradewind_chassis::http::Reply;
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_problem::Problem;

use crate::domain::check;
use crate::views::pages;
use crate::{error, mutants, store};

pub(crate) struct List {
    pub(crate) id: ProductId,
    pub(crate) product: ListProduct,
}

impl Work for List {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        check::product(&self.product).map_err(error::misfit)?;
        let ListProduct { name, description, price, prices } = self.product.clone();
        let product = Product { id: self.id.clone(), name, description, price, prices };
        save(tx, &product).await?;
        pages::refresh(tx, &product.id).await?;
        Ok(Reply::no_content())
    }
}

/// Keeps a product, notes who has said so, and tells of it. Its page is not made yet.
pub(crate) async fn save(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    let before = store::find_in(tx, &product.id).await?;
    let is_untold = mutants::CHANGE_UNTOLD.is_planted() && before.is_some();
    store::save(tx, product).await?;
    let entry = Entry::new("catalogue.product-listed", "product", &product.id);
    record(tx, SERVICE, entry.before_if(before.as_ref().map(facts)).after(facts(product))).await?;
    if is_untold {
        return Ok(());
    }
    let Product { id, name, description, price, prices } = product.clone();
    announce(tx, &ProductListed { product_id: id, name, description, price, prices }).await.map(drop)
}

fn facts(Product { id: _, name, description, price, prices }: &Product) -> Facts {
    Facts::new()
        .with("name", name)
        .with("description", description)
        .with("price", price)
        .with("prices", prices)
}
