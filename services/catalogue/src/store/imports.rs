//! How far imports have come, and what is exported, in the database.

use tradewind_catalogue_contract::{BulkProduct, ImportProgress, PutDetails};
use tradewind_db::{Db, DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::Slug;

use crate::store::ProductRow;

sql! {
    FIND = "select import_id, position, changed, unchanged, refused from product_import where import_id = $1";
    SAVE = "insert into product_import (import_id, position, changed, unchanged, refused)
        values ($1, $2, $3, $4, $5)
        on conflict (import_id) do update set position = excluded.position, changed = excluded.changed,
            unchanged = excluded.unchanged, refused = excluded.refused";
    EXPORT = "select product.product_id, product.name, product.description, product.price_minor,
            product.currency, product.prices, detail.details
        from product left join product_detail as detail on detail.product_id = product.product_id
        where product.product_id > $1 order by product.product_id limit $2";
}

struct ProgressRow(ImportProgress);

impl FromRow for ProgressRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (position, changed) = (row.get(1)?, row.get(2)?);
        let (unchanged, refused) = (row.get(3)?, row.get(4)?);
        let (id, errors) = (row.get(0)?, Vec::new());
        Ok(Self(ImportProgress { id, position, changed, unchanged, refused, errors }))
    }
}

struct BulkRow(BulkProduct);

impl FromRow for BulkRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let ProductRow(product) = ProductRow::from_row(row)?;
        let details: Option<Json<PutDetails>> = row.get(6)?;
        Ok(Self(BulkProduct {
            id: product.id,
            name: product.name,
            description: product.description,
            price: product.price,
            prices: product.prices,
            details: details.map(|Json(details)| details),
        }))
    }
}

pub(crate) async fn find(db: &Db, id: &Slug) -> Result<Option<ImportProgress>, DbError> {
    Ok(db.query_optional::<ProgressRow>(&FIND, params![id]).await?.map(|row| row.0))
}

pub(crate) async fn find_in(tx: &mut Tx, id: &Slug) -> Result<Option<ImportProgress>, DbError> {
    Ok(tx.query_optional::<ProgressRow>(&FIND, params![id]).await?.map(|row| row.0))
}

pub(crate) async fn save(tx: &mut Tx, progress: &ImportProgress) -> Result<(), DbError> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let ImportProgress { id, position, changed, unchanged, refused, .. } = progress;
    let counts = [position, changed, unchanged, refused].map(|count| number(*count));
    let [position, changed, unchanged, refused] = counts;
    tx.execute(&SAVE, params![id, position, changed, unchanged, refused]).await.map(drop)
}

/// Up to `limit` products after the id `after`, by id, with all that is said of them.
pub(crate) async fn export(db: &Db, after: &str, limit: u16) -> Result<Vec<BulkProduct>, DbError> {
    let rows: Vec<BulkRow> = db.query(&EXPORT, params![after, limit]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
