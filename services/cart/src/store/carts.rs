//! Carts in the database.

use std::time::Duration;

use tradewind_cart_contract::{self as contract, CartId, CartLine, CartState, Country, Quantity, QuoteId};
use tradewind_db::{Db, DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Currency, Id, Slug, Timestamp};

use crate::domain::Contents;

sql! {
    CREATE = "insert into cart (cart_id, owner_id, state, country, currency, lines, revision, changed_at, expires_at)
        values ($1, $2, 'open', $3, $4, $5, 1, $6, $7)";
    /// Whose cart it is stands in the question: another's looks as if it were not there.
    FIND = "select cart_id, owner_id, state, country, currency, lines, coupon, revision, order_id, position,
            changed_at, expires_at
        from cart
        where cart_id = $1 and (owner_id is null or owner_id = $2)
            and (state = 'completed' or (state = 'open' and expires_at > $3))";
    /// Of one owner, by id: an index has them so.
    PAGE = "select cart_id, owner_id, state, country, currency, lines, coupon, revision, order_id, position,
            changed_at, expires_at
        from cart where owner_id = $1 and state = 'open' and expires_at > $2 and cart_id > $3
        order by cart_id limit $4";
    CHANGE = "update cart set country = $3, currency = $4, lines = $5, coupon = $6, revision = revision + 1,
            changed_at = $7, expires_at = $8
        where cart_id = $1 and revision = $2 and state = 'open'";
    MERGE = "update cart set state = 'merged', merged_into = $3
        where cart_id = $1 and revision = $2 and state = 'open' and owner_id is null";
    MERGED_INTO = "select merged_into from cart where cart_id = $1 and state = 'merged'";
    COMPLETE = "update cart set state = 'completed', quote_id = $3, order_id = $4, changed_at = $5
        where cart_id = $1 and revision = $2 and state = 'open' and owner_id is not null";
    SET_POSITION = "update cart set position = $2 where cart_id = $1";
    FORGET = "delete from cart where state <> 'completed' and cart_id in
        (select cart_id from cart where state <> 'completed' and expires_at <= $1 order by expires_at limit $2)";
}

/// A cart.
#[derive(Debug, Clone)]
pub(crate) struct Cart {
    pub(crate) id: CartId,
    pub(crate) owner: Option<Id>,
    pub(crate) country: Country,
    pub(crate) currency: Currency,
    pub(crate) contents: Contents,
    pub(crate) coupon: Option<Slug>,
    /// Grows with each change.
    pub(crate) revision: i64,
    /// The order that was made of it, and where that was told in the log.
    pub(crate) order: Option<(Id, i64)>,
    changed_at: Timestamp,
    expires_at: Timestamp,
}

impl FromRow for Cart {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(lines) = row.get::<Json<Vec<CartLine>>>(5)?;
        let lines = lines.into_iter().map(|line| (line.product_id, line.quantity.get()));
        let order: Option<Id> = row.get(8)?;
        let position: Option<i64> = row.get(9)?;
        Ok(Self {
            id: row.get(0)?,
            owner: row.get(1)?,
            country: country(&row.get::<String>(3)?)?,
            currency: row.get(4)?,
            contents: Contents::new(lines),
            coupon: row.get(6)?,
            revision: row.get(7)?,
            order: order.zip(position),
            changed_at: row.get(10)?,
            expires_at: row.get(11)?,
        })
    }
}

/// A country as it is stored.
pub(crate) fn country(text: &str) -> Result<Country, DbError> {
    text.parse().map_err(|_| DbError::Column { message: format!("{text} is no country") })
}

fn lines(contents: &Contents) -> Result<Json<Vec<CartLine>>, DbError> {
    let line = |(product, quantity): (&Slug, u32)| {
        let quantity = Quantity::try_from(i64::from(quantity));
        let quantity = quantity.map_err(|message| DbError::Column { message: message.to_owned() })?;
        Ok(CartLine { product_id: product.clone(), quantity })
    };
    Ok(Json(contents.iter().map(line).collect::<Result<_, DbError>>()?))
}

impl Cart {
    /// As the contract shows it.
    pub(crate) fn shown(&self) -> Result<contract::Cart, DbError> {
        let Json(lines) = lines(&self.contents)?;
        Ok(contract::Cart {
            id: self.id,
            customer_id: self.owner,
            state: if self.order.is_some() { CartState::Completed } else { CartState::Open },
            country: self.country,
            currency: self.currency,
            lines,
            coupon: self.coupon.clone(),
            order_id: self.order.map(|(order, _)| order),
            changed_at: self.changed_at,
            expires_at: self.expires_at,
        })
    }
}

/// Makes an empty cart.
pub(crate) async fn create(
    tx: &mut Tx,
    (id, owner): (CartId, Option<Id>),
    (country, currency): (Country, Currency),
    expiry: Duration,
) -> Result<(), DbError> {
    let now = tx.now();
    let (lines, expires_at, country) = (lines(&Contents::default())?, now.plus(expiry), country.code());
    tx.execute(&CREATE, params![id, owner, country, currency, lines, now, expires_at]).await.map(drop)
}

/// A cart that `user` may see: their own, or a guest's.
pub(crate) async fn find(tx: &mut Tx, id: CartId, user: Option<Id>) -> Result<Option<Cart>, DbError> {
    let now = tx.now();
    tx.query_optional(&FIND, params![id, user, now]).await
}

/// The same, to be shown.
pub(crate) async fn show(
    db: &Db,
    id: CartId,
    user: Option<Id>,
    now: Timestamp,
) -> Result<Option<Cart>, DbError> {
    db.query_optional(&FIND, params![id, user, now]).await
}

/// Up to `limit` open carts of a user after the id `after`, by id.
pub(crate) async fn page(
    db: &Db,
    user: Id,
    now: Timestamp,
    (after, limit): (CartId, u16),
) -> Result<Vec<Cart>, DbError> {
    db.query(&PAGE, params![user, now, after, limit]).await
}

/// Writes an open cart that is different now, and puts its expiry off. Fails as a conflict when somebody else changed it
/// since it was read, so that it is read again.
pub(crate) async fn change(tx: &mut Tx, cart: &Cart, expiry: Duration) -> Result<(), DbError> {
    let now = tx.now();
    let (country, lines, expires_at) = (cart.country.code(), lines(&cart.contents)?, now.plus(expiry));
    let values = params![cart.id, cart.revision, country, cart.currency, lines, cart.coupon, now, expires_at];
    let changed = tx.execute(&CHANGE, values).await?;
    if changed == 1 { Ok(()) } else { Err(tx.conflict()) }
}

/// Ends a guest's cart whose contents are in another one now.
pub(crate) async fn merge(tx: &mut Tx, guest: &Cart, into: CartId) -> Result<(), DbError> {
    let merged = tx.execute(&MERGE, params![guest.id, guest.revision, into]).await?;
    if merged == 1 { Ok(()) } else { Err(tx.conflict()) }
}

/// Into which cart this one was merged.
pub(crate) async fn merged_into(tx: &mut Tx, id: CartId) -> Result<Option<CartId>, DbError> {
    let found: Option<(CartId,)> = tx.query_optional(&MERGED_INTO, params![id]).await?;
    Ok(found.map(|found| found.0))
}

/// Makes a cart one of which this order was made.
pub(crate) async fn complete(tx: &mut Tx, cart: &Cart, quote: QuoteId, order: Id) -> Result<(), DbError> {
    let now = tx.now();
    let completed = tx.execute(&COMPLETE, params![cart.id, cart.revision, quote, order, now]).await?;
    if completed == 1 { Ok(()) } else { Err(tx.conflict()) }
}

/// Writes down where the completion was told.
pub(crate) async fn set_position(tx: &mut Tx, cart: CartId, position: i64) -> Result<(), DbError> {
    tx.execute(&SET_POSITION, params![cart, position]).await.map(drop)
}

/// Throws carts away that have expired, up to `most`; gives how many.
pub(crate) async fn forget(tx: &mut Tx, most: u16) -> Result<u64, DbError> {
    let now = tx.now();
    tx.execute(&FORGET, params![now, most]).await
}
