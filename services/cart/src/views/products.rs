//! What is on sale, as the catalogue tells it.

use tradewind_db::{DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Currency, Money, Slug};

sql! {
    FIND = "select name, prices from cart_product where product_id = $1";
    SET = "insert into cart_product (product_id, name, prices) values ($1, $2, $3)
        on conflict (product_id) do update set name = excluded.name, prices = excluded.prices";
}

/// A product.
pub(crate) struct OnSale {
    pub(crate) name: String,
    prices: Vec<Money>,
}

impl OnSale {
    /// What one costs in a currency, if it is sold in that.
    pub(crate) fn price_in(&self, currency: Currency) -> Option<Money> {
        self.prices.iter().find(|price| price.currency() == currency).copied()
    }
}

impl FromRow for OnSale {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(prices) = row.get(1)?;
        Ok(Self { name: row.get(0)?, prices })
    }
}

pub(crate) async fn find(tx: &mut Tx, product: &Slug) -> Result<Option<OnSale>, DbError> {
    tx.query_optional(&FIND, params![product]).await
}

/// Takes in what is said of a product: its name, its main price and those in other currencies.
pub(crate) async fn set(tx: &mut Tx, product: &Slug, name: &str, prices: &[Money]) -> Result<(), DbError> {
    tx.execute(&SET, params![product, name, Json(prices)]).await.map(drop)
}
