//! Items and reservations in the database.

use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Tx, params, sql};
use tradewind_kernel::{Id, Slug};
use tradewind_stock_contract::Stock;

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "stock",
    migrations: &[Migration {
        version: 1,
        name: "create_item",
        text: include_str!("../migrations/0001_create_item.sql"),
    }],
};

/// What is shown to be checked.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "item", rows: &SHOWN_ITEMS },
    Evidence { table: "receipt", rows: &SHOWN_RECEIPTS },
    Evidence { table: "reservation", rows: &SHOWN_RESERVATIONS },
];

sql! {
    SHOWN_ITEMS = "select product_id, sku, received, on_hand, reserved, sold from item order by product_id";
    SHOWN_RECEIPTS = "select receipt_id, product_id, quantity from receipt order by receipt_id";
    SHOWN_RESERVATIONS = "select order_id, product_id, quantity, state from reservation
        order by order_id, product_id";
    ALL = "select product_id, sku, on_hand - reserved from item order by product_id limit $1";
    FIND = "select product_id, sku, on_hand - reserved from item where product_id = $1";
    REGISTER = "insert into item (product_id, sku, received, on_hand, reserved, sold)
        values ($1, $2, 0, 0, 0, 0) on conflict (product_id) do update set sku = excluded.sku";
    RECEIVE = "update item set received = received + $2, on_hand = on_hand + $2 where product_id = $1
        returning product_id, sku, on_hand - reserved";
    RECORD_RECEIPT = "insert into receipt (receipt_id, product_id, quantity, reference, received_at)
        values ($1, $2, $3, $4, $5)";
    BOOKED = "select quantity from receipt where product_id = $1 and reference = $2";
    TAKE = "update item set reserved = reserved + $2 where product_id = $1 and on_hand - reserved >= $2";
    PUT_BACK = "update item set reserved = reserved - $2 where product_id = $1";
    HOLD = "insert into reservation (order_id, product_id, quantity, state, changed_at)
        values ($1, $2, $3, 'held', $4)";
    RESERVED = "select count(*) from reservation where order_id = $1";
    RELEASE = "update reservation set state = 'released', changed_at = $2
        where order_id = $1 and state = 'held' returning product_id, quantity";
}

/// The most items that the original contract's list shows; it has no pages.
const LIST_LIMIT: u16 = 10_000;

struct StockRow(Stock);

impl FromRow for StockRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self(Stock { product_id: row.get(0)?, sku: row.get(1)?, amount_available: row.get(2)? }))
    }
}

pub(crate) async fn all(db: &Db) -> Result<Vec<Stock>, DbError> {
    Ok(db.query::<StockRow>(&ALL, params![LIST_LIMIT]).await?.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn find(db: &Db, product: &Slug) -> Result<Option<Stock>, DbError> {
    Ok(db.query_optional::<StockRow>(&FIND, params![product]).await?.map(|row| row.0))
}

pub(crate) async fn find_in(tx: &mut Tx, product: &Slug) -> Result<Option<Stock>, DbError> {
    Ok(tx.query_optional::<StockRow>(&FIND, params![product]).await?.map(|row| row.0))
}

/// How many of a product were booked with a delivery note; `None` when it was not booked.
pub(crate) async fn booked(tx: &mut Tx, product: &Slug, reference: &Slug) -> Result<Option<u32>, DbError> {
    let row: Option<(u32,)> = tx.query_optional(&BOOKED, params![product, reference]).await?;
    Ok(row.map(|(quantity,)| quantity))
}

pub(crate) async fn register(tx: &mut Tx, product: &Slug, sku: &Slug) -> Result<(), DbError> {
    tx.execute(&REGISTER, params![product, sku]).await.map(drop)
}

/// Adds to what is on hand of an item that is known.
pub(crate) async fn receive(
    tx: &mut Tx,
    product: &Slug,
    quantity: u32,
    reference: Option<&Slug>,
) -> Result<Stock, DbError> {
    let row: StockRow = tx.query_one(&RECEIVE, params![product, quantity]).await?;
    let (id, now) = (tx.id(), tx.now());
    tx.execute(&RECORD_RECEIPT, params![id, product, quantity, reference, now]).await?;
    Ok(row.0)
}

/// Reserves if there are enough; the check and the change are one statement.
pub(crate) async fn take(tx: &mut Tx, product: &Slug, quantity: i64) -> Result<bool, DbError> {
    Ok(tx.execute(&TAKE, params![product, quantity]).await? == 1)
}

pub(crate) async fn put_back(tx: &mut Tx, product: &Slug, quantity: i64) -> Result<(), DbError> {
    tx.execute(&PUT_BACK, params![product, quantity]).await.map(drop)
}

pub(crate) async fn hold(tx: &mut Tx, order: Id, product: &Slug, quantity: i64) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&HOLD, params![order, product, quantity, now]).await.map(drop)
}

pub(crate) async fn has_reservation(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&RESERVED, params![order]).await?;
    Ok(count > 0)
}

/// Ends the reservations of an order and gives what they held, sorted by product.
pub(crate) async fn release(tx: &mut Tx, order: Id) -> Result<Vec<(Slug, i64)>, DbError> {
    let now = tx.now();
    let mut released: Vec<(Slug, i64)> = tx.query(&RELEASE, params![order, now]).await?;
    // `returning` promises no sequence.
    released.sort();
    Ok(released)
}
