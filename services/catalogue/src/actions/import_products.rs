//! Takes in a piece of an import.

use std::collections::BTreeSet;

use tradewind_catalogue_contract::{
    BulkProduct, ImportChunk, ImportProgress, ListProduct, Product, ProductId, PutDetails, RowError,
};
use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;

use crate::actions::{list_product, put_details};
use crate::domain::bulk::{self, ParsedRow};
use crate::domain::check;
use crate::error;
use crate::store::{self, details, imports};
use crate::views::pages;

pub(crate) struct Import {
    id: Slug,
    after: u64,
    rows: Vec<ParsedRow>,
}

/// What became of a row.
enum Outcome {
    Changed,
    Unchanged,
    Refused(RowError),
}

impl Import {
    pub(crate) fn new(id: Slug, chunk: &ImportChunk) -> Result<Self, Problem> {
        let rows = bulk::rows(chunk).map_err(|detail| error::field("/rows", &detail))?;
        Ok(Self { id, after: chunk.after, rows })
    }
}

impl Work for Import {
    type Output = ImportProgress;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<ImportProgress, Problem> {
        let mut progress = imports::find_in(tx, &self.id).await?.unwrap_or_else(|| begin(&self.id));
        let skipped =
            progress.position.checked_sub(self.after).ok_or_else(|| error::gap(progress.position))?;
        let new = self.rows.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX));
        let mut touched = BTreeSet::new();
        for (line, row) in new {
            progress.position += 1;
            match take(tx, *line, row, &mut touched).await? {
                Outcome::Changed => progress.changed += 1,
                Outcome::Unchanged => progress.unchanged += 1,
                Outcome::Refused(error) => {
                    progress.refused += 1;
                    progress.errors.push(error);
                }
            }
        }
        for id in &touched {
            pages::refresh_one(tx, id).await?;
        }
        if !touched.is_empty() {
            pages::changed(tx).await?;
        }
        imports::save(tx, &progress).await?;
        Ok(progress)
    }
}

fn begin(id: &Slug) -> ImportProgress {
    let (position, changed, unchanged, refused) = (0, 0, 0, 0);
    ImportProgress { id: id.clone(), position, changed, unchanged, refused, errors: Vec::new() }
}

/// Takes one row; whose page is to be made again afterwards is put into `touched`.
async fn take(
    tx: &mut Tx,
    line: u64,
    row: &Result<BulkProduct, RowError>,
    touched: &mut BTreeSet<ProductId>,
) -> Result<Outcome, DbError> {
    let row = match row {
        Ok(row) => row.clone(),
        Err(error) => return Ok(Outcome::Refused(error.clone())),
    };
    let BulkProduct { id, name, description, price, prices, details } = row;
    let said = ListProduct { name, description, price, prices };
    if let Some(misfit) = misfit(tx, &id, &said, details.as_ref()).await? {
        let field = Some(misfit.0.trim_start_matches('/').to_owned());
        return Ok(Outcome::Refused(RowError { line, field, detail: misfit.1 }));
    }
    let ListProduct { name, description, price, prices } = said;
    let product = Product { id, name, description, price, prices };
    let known = details::find(tx, &product.id).await?;
    let is_listed = store::find_in(tx, &product.id).await?.as_ref() == Some(&product);
    let is_detailed = details.is_none() || known == details;
    if is_listed && is_detailed {
        return Ok(Outcome::Unchanged);
    }
    if !is_listed {
        list_product::save(tx, &product).await?;
    }
    if let Some(details) = details.as_ref().filter(|_| !is_detailed) {
        details::save(tx, &product.id, details).await?;
    }
    let wholes = [known.as_ref(), details.as_ref()].into_iter().flatten().filter_map(whole);
    touched.extend(wholes.cloned());
    touched.insert(product.id);
    Ok(Outcome::Changed)
}

/// The product that this is a variant of.
fn whole(details: &PutDetails) -> Option<&ProductId> {
    details.variant_of.as_ref().map(|of| &of.product)
}

async fn misfit(
    tx: &mut Tx,
    id: &ProductId,
    said: &ListProduct,
    details: Option<&PutDetails>,
) -> Result<Option<check::Misfit>, DbError> {
    if let Err(misfit) = check::product(said) {
        return Ok(Some(misfit));
    }
    let Some(details) = details else { return Ok(None) };
    if let Err(misfit) = check::details(details) {
        return Ok(Some(misfit));
    }
    put_details::misfit(tx, id, details).await
}
