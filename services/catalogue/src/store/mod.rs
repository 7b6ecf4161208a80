//! Products in the database.

pub(crate) mod categories;
pub(crate) mod details;
pub(crate) mod imports;

use tradewind_catalogue_contract::{Product, ProductId};
use tradewind_db::{Db, DbError, Evidence, FromRow, Json, Migration, MigrationSet, Row, Tx, params, sql};
use tradewind_kernel::Money;

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "catalogue",
    migrations: &[
        Migration {
            version: 1,
            name: "create_product",
            text: include_str!("../../migrations/0001_create_product.sql"),
        },
        Migration {
            version: 2,
            name: "further_prices",
            text: include_str!("../../migrations/0002_further_prices.sql"),
        },
        // Products that were listed before get their pages by the job that makes what is missing.
        Migration {
            version: 3,
            name: "product_pages",
            text: include_str!("../../migrations/0003_product_pages.sql"),
        },
    ],
};

/// What is shown to be checked.
pub(crate) static EVIDENCE: &[Evidence] =
    &[Evidence { table: "product", rows: &SHOWN }, Evidence { table: "stock_level", rows: &SHOWN_LEVELS }];

sql! {
    SHOWN = "select product_id, name, price_minor, currency, prices from product order by product_id";
    SHOWN_LEVELS = "select product_id, amount from stock_level order by product_id";
    FIND = "select product_id, name, description, price_minor, currency, prices from product where product_id = $1";
    PAGE = "select product_id, name, description, price_minor, currency, prices from product
        where product_id > $1 order by product_id limit $2";
    SAVE = "insert into product (product_id, name, description, price_minor, currency, prices, listed_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (product_id) do update set name = excluded.name, description = excluded.description,
            price_minor = excluded.price_minor, currency = excluded.currency, prices = excluded.prices,
            listed_at = excluded.listed_at";
}

pub(crate) struct ProductRow(pub(crate) Product);

impl FromRow for ProductRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let price = Money::from_minor(row.get(3)?, row.get(4)?);
        let Json(prices) = row.get(5)?;
        Ok(Self(Product { id: row.get(0)?, name: row.get(1)?, description: row.get(2)?, price, prices }))
    }
}

pub(crate) async fn find(db: &Db, id: &ProductId) -> Result<Option<Product>, DbError> {
    Ok(db.query_optional::<ProductRow>(&FIND, params![id]).await?.map(|row| row.0))
}

pub(crate) async fn find_in(tx: &mut Tx, id: &ProductId) -> Result<Option<Product>, DbError> {
    Ok(tx.query_optional::<ProductRow>(&FIND, params![id]).await?.map(|row| row.0))
}

/// Up to `limit` products after the id `after`, by id.
pub(crate) async fn page(db: &Db, after: Option<&str>, limit: u16) -> Result<Vec<Product>, DbError> {
    let rows: Vec<ProductRow> = db.query(&PAGE, params![after.unwrap_or_default(), limit]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn save(tx: &mut Tx, product: &Product) -> Result<(), DbError> {
    let now = tx.now();
    let Product { id, name, description, price, prices } = product;
    let (minor, currency) = (price.minor(), price.currency());
    tx.execute(&SAVE, params![id, name, description, minor, currency, Json(prices), now]).await.map(drop)
}
