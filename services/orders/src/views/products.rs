//! What is on sale: names and prices as the catalogue tells them, stock keeping units as stock tells them.

use tradewind_db::{DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Money, Slug};

sql! {
    FIND = "select name, price_minor, currency, sku from product_view
        where product_id = $1 and price_minor is not null";
    SET_PRICE = "insert into product_view (product_id, name, price_minor, currency) values ($1, $2, $3, $4)
        on conflict (product_id) do update set name = excluded.name, price_minor = excluded.price_minor,
            currency = excluded.currency";
    SET_SKU = "insert into product_view (product_id, sku) values ($1, $2)
        on conflict (product_id) do update set sku = excluded.sku";
}

/// A product with a price.
pub(crate) struct OnSale {
    pub(crate) name: String,
    pub(crate) price: Money,
    pub(crate) sku: Option<Slug>,
}

impl FromRow for OnSale {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let price = Money::from_minor(row.get(1)?, row.get(2)?);
        Ok(Self { name: row.get(0)?, price, sku: row.get(3)? })
    }
}

pub(crate) async fn find(tx: &mut Tx, product: &Slug) -> Result<Option<OnSale>, DbError> {
    tx.query_optional(&FIND, params![product]).await
}

pub(crate) async fn set_price(tx: &mut Tx, product: &Slug, name: &str, price: Money) -> Result<(), DbError> {
    tx.execute(&SET_PRICE, params![product, name, price.minor(), price.currency()]).await.map(drop)
}

pub(crate) async fn set_sku(tx: &mut Tx, product: &Slug, sku: &Slug) -> Result<(), DbError> {
    tx.execute(&SET_SKU, params![product, sku]).await.map(drop)
}
