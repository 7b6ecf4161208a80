//! Quotes in the database.

use tradewind_cart_contract::{BasisPoints, CartId, Quote, QuoteId, QuoteLine};
use tradewind_db::{DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Currency, Money};

use crate::store::carts;

sql! {
    ADD = "insert into quote (quote_id, cart_id, revision, lines, currency, subtotal_minor, discount_rate,
            discount_minor, coupon, country, tax_rate, tax_minor, total_minor, fingerprint, made_at, expires_at,
            is_taken)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0)";
    FIND = "select quote_id, cart_id, lines, currency, subtotal_minor, discount_rate, discount_minor, coupon, country,
            tax_rate, tax_minor, total_minor, fingerprint, made_at, expires_at, revision
        from quote where quote_id = $1 and cart_id = $2 and expires_at > $3";
    TAKE = "update quote set is_taken = 1 where quote_id = $1";
    CROWD_OUT = "delete from quote where is_taken = 0 and cart_id = $1 and quote_id not in
        (select quote_id from quote where cart_id = $1 order by made_at desc, quote_id desc limit $2)";
    FORGET = "delete from quote where is_taken = 0 and quote_id in
        (select quote_id from quote where is_taken = 0 and expires_at <= $1 order by expires_at limit $2)";
}

/// A quote, and the revision of the cart that it is of.
pub(crate) struct Kept {
    pub(crate) quote: Quote,
    pub(crate) revision: i64,
}

fn rate(row: &Row<'_>, index: usize) -> Result<BasisPoints, DbError> {
    let points: i64 = row.get(index)?;
    points.try_into().map_err(|message: &str| DbError::Column { message: message.to_owned() })
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(lines) = row.get::<Json<Vec<QuoteLine>>>(2)?;
        let currency: Currency = row.get(3)?;
        let money = |index| Ok::<_, DbError>(Money::from_minor(row.get(index)?, currency));
        let quote = Quote {
            id: row.get(0)?,
            cart_id: row.get(1)?,
            lines,
            subtotal: money(4)?,
            discount_rate: rate(row, 5)?,
            discount: money(6)?,
            coupon: row.get(7)?,
            country: carts::country(&row.get::<String>(8)?)?,
            tax_rate: rate(row, 9)?,
            tax: money(10)?,
            total: money(11)?,
            fingerprint: row.get(12)?,
            made_at: row.get(13)?,
            expires_at: row.get(14)?,
        };
        Ok(Self { quote, revision: row.get(15)? })
    }
}

/// Keeps a quote beside the newest others of its cart, `most` in all.
pub(crate) async fn add(tx: &mut Tx, quote: &Quote, revision: i64, most: u16) -> Result<(), DbError> {
    let (lines, cart, currency) = (Json(&quote.lines), quote.cart_id, quote.total.currency());
    tx.execute(
        &ADD,
        params![
            quote.id,
            cart,
            revision,
            lines,
            currency,
            quote.subtotal.minor(),
            quote.discount_rate.get(),
            quote.discount.minor(),
            quote.coupon,
            quote.country.code(),
            quote.tax_rate.get(),
            quote.tax.minor(),
            quote.total.minor(),
            quote.fingerprint,
            quote.made_at,
            quote.expires_at
        ],
    )
    .await?;
    tx.execute(&CROWD_OUT, params![cart, most]).await.map(drop)
}

/// A quote of a cart that has not expired.
pub(crate) async fn find(tx: &mut Tx, id: QuoteId, cart: CartId) -> Result<Option<Kept>, DbError> {
    let now = tx.now();
    tx.query_optional(&FIND, params![id, cart, now]).await
}

/// Keeps a quote for good.
pub(crate) async fn take(tx: &mut Tx, id: QuoteId) -> Result<(), DbError> {
    tx.execute(&TAKE, params![id]).await.map(drop)
}

/// Throws quotes away that have expired and were not taken, up to `most`; gives how many.
pub(crate) async fn forget(tx: &mut Tx, most: u16) -> Result<u64, DbError> {
    let now = tx.now();
    tx.execute(&FORGET, params![now, most]).await
}
