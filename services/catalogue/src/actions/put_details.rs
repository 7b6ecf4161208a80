//! Says what a product is like, where it belongs, and of which other it is a variant.

use tradewind_catalogue_contract::{ProductId, PutDetails};
use tradewind_db::{DbError, Tx, Work};
use tradewind_problem::Problem;

use crate::domain::check::{self, Misfit};
use crate::error;
use crate::store::{self, categories, details};
use crate::views::pages;

/// The most variants of a product.
const MAX_VARIANTS: i64 = 100;

pub(crate) struct Put {
    pub(crate) id: ProductId,
    pub(crate) details: PutDetails,
}

impl Work for Put {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        check::details(&self.details).map_err(error::misfit)?;
        store::find_in(tx, &self.id).await?.ok_or_else(error::no_product)?;
        if let Some(misfit) = misfit(tx, &self.id, &self.details).await? {
            return Err(error::misfit(misfit));
        }
        save(tx, &self.id, &self.details).await?;
        Ok(())
    }
}

/// Keeps the details of a product and makes its page again, and that of a product it was a variant of before.
pub(crate) async fn save(tx: &mut Tx, id: &ProductId, said: &PutDetails) -> Result<(), DbError> {
    let whole = |details: PutDetails| details.variant_of.map(|of| of.product);
    let before = details::find(tx, id).await?.and_then(whole);
    details::save(tx, id, said).await?;
    pages::refresh(tx, id).await?;
    match before {
        Some(before) if Some(&before) != said.variant_of.as_ref().map(|of| &of.product) => {
            pages::refresh_one(tx, &before).await
        }
        _ => Ok(()),
    }
}

/// What does not fit with what else there is.
pub(crate) async fn misfit(
    tx: &mut Tx,
    id: &ProductId,
    said: &PutDetails,
) -> Result<Option<Misfit>, DbError> {
    let misfit = |pointer: &str, detail: &str| Ok(Some((pointer.to_owned(), detail.to_owned())));
    if let Some(category) = &said.category
        && !categories::all_in(tx).await?.has(category)
    {
        return misfit("/category", "there is no such category; make it first");
    }
    let Some(variant_of) = &said.variant_of else { return Ok(None) };
    let at = "/variantOf/product";
    if variant_of.product == *id {
        return misfit(at, "a product is no variant of itself");
    }
    if store::find_in(tx, &variant_of.product).await?.is_none() {
        return misfit(at, "there is no such product; list it first");
    }
    let whole = details::find(tx, &variant_of.product).await?;
    if whole.is_some_and(|whole| whole.variant_of.is_some()) {
        return misfit(at, "it is a variant itself; name the product that both are variants of");
    }
    if details::count_variants(tx, id, id).await? > 0 {
        return misfit(at, "this product has variants itself");
    }
    if details::count_variants(tx, &variant_of.product, id).await? >= MAX_VARIANTS {
        return misfit(at, "a product has at most 100 variants");
    }
    Ok(None)
}
