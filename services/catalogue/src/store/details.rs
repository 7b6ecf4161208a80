//! What is said of products besides name and price, in the database.

use tradewind_catalogue_contract::{ListedPrice, ProductId, PutDetails};
use tradewind_db::{DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Money, Slug};

use crate::domain::assemble::VariantSource;
use crate::domain::availability::Level;
use crate::store::ProductRow;

sql! {
    FIND = "select details from product_detail where product_id = $1";
    SAVE = "insert into product_detail (product_id, category, variant_of, details) values ($1, $2, $3, $4)
        on conflict (product_id) do update set category = excluded.category, variant_of = excluded.variant_of,
            details = excluded.details";
    VARIANTS = "select product.product_id, product.name, product.description, product.price_minor,
            product.currency, product.prices, detail.details,
            case when level.product_id is null then 0 else 1 end, level.amount
        from product_detail as detail
        join product on product.product_id = detail.product_id
        left join stock_level as level on level.product_id = detail.product_id
        where detail.variant_of = $1 order by product.product_id";
    COUNT_VARIANTS = "select count(*) from product_detail where variant_of = $1 and product_id <> $2";
    LEVEL = "select amount from stock_level where product_id = $1";
    SET_LEVEL = "insert into stock_level (product_id, amount) values ($1, $2)
        on conflict (product_id) do update set amount = excluded.amount";
    LISTED = "select list, price_minor, currency from listed_price where product_id = $1 order by list, currency";
    SET_LISTED = "insert into listed_price (list, product_id, currency, price_minor) values ($1, $2, $3, $4)
        on conflict (product_id, list, currency) do update set price_minor = excluded.price_minor";
    UNLIST = "delete from listed_price where list = $1 and product_id = $2";
}

struct VariantRow(VariantSource);

impl FromRow for VariantRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let ProductRow(product) = ProductRow::from_row(row)?;
        let Json(details) = row.get(6)?;
        let is_known: bool = row.get(7)?;
        let level: Level = row.get(8)?;
        Ok(Self(VariantSource { product, details, level: is_known.then_some(level) }))
    }
}

pub(crate) async fn find(tx: &mut Tx, id: &ProductId) -> Result<Option<PutDetails>, DbError> {
    let row: Option<(Json<PutDetails>,)> = tx.query_optional(&FIND, params![id]).await?;
    Ok(row.map(|(Json(details),)| details))
}

pub(crate) async fn save(tx: &mut Tx, id: &ProductId, details: &PutDetails) -> Result<(), DbError> {
    let variant_of = details.variant_of.as_ref().map(|of| &of.product);
    tx.execute(&SAVE, params![id, details.category, variant_of, Json(details)]).await.map(drop)
}

/// The variants of a product, by id.
pub(crate) async fn variants(tx: &mut Tx, id: &ProductId) -> Result<Vec<VariantSource>, DbError> {
    let rows: Vec<VariantRow> = tx.query(&VARIANTS, params![id]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How many variants a product has besides one.
pub(crate) async fn count_variants(tx: &mut Tx, id: &ProductId, besides: &ProductId) -> Result<i64, DbError> {
    let (count,): (i64,) = tx.query_one(&COUNT_VARIANTS, params![id, besides]).await?;
    Ok(count)
}

/// How many there are, as stock told last; `None` when it told nothing.
pub(crate) async fn level(tx: &mut Tx, id: &ProductId) -> Result<Option<Level>, DbError> {
    let row: Option<(Option<u32>,)> = tx.query_optional(&LEVEL, params![id]).await?;
    Ok(row.map(|(amount,)| amount))
}

pub(crate) async fn set_level(tx: &mut Tx, id: &Slug, amount: Level) -> Result<(), DbError> {
    tx.execute(&SET_LEVEL, params![id, amount]).await.map(drop)
}

pub(crate) async fn listed_prices(tx: &mut Tx, id: &ProductId) -> Result<Vec<ListedPrice>, DbError> {
    let rows: Vec<(Slug, i64, tradewind_kernel::Currency)> = tx.query(&LISTED, params![id]).await?;
    let listed = rows
        .into_iter()
        .map(|(list, minor, currency)| ListedPrice { list, price: Money::from_minor(minor, currency) });
    Ok(listed.collect())
}

/// Sets the one price of a product in a list, or takes it out.
pub(crate) async fn set_listed_price(
    tx: &mut Tx,
    list: &Slug,
    id: &ProductId,
    price: Option<Money>,
) -> Result<(), DbError> {
    tx.execute(&UNLIST, params![list, id]).await?;
    if let Some(price) = price {
        tx.execute(&SET_LISTED, params![list, id, price.currency(), price.minor()]).await?;
    }
    Ok(())
}
