//! Items and reservations in the database.

use std::collections::BTreeMap;
use std::time::Duration;

use tradewind_db::{
    Db, DbError, Evidence, FromRow, Json, Migration, MigrationSet, Row, Sql, Tx, params, sql,
};
use tradewind_events::announce;
use tradewind_kernel::{Id, Slug};
use tradewind_stock_contract::{Stock, StockLevelChanged};

use crate::domain::Demand;
use crate::mutants;

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "stock",
    migrations: &[
        Migration {
            version: 1,
            name: "create_item",
            text: include_str!("../migrations/0001_create_item.sql"),
        },
        // What version 1 held may belong to open orders, of whose opening nobody will hear again: it is confirmed.
        Migration {
            version: 2,
            name: "reservation_expiry",
            text: include_str!("../migrations/0002_reservation_expiry.sql"),
        },
        Migration {
            version: 3,
            name: "picked_goods",
            text: include_str!("../migrations/0003_picked_goods.sql"),
        },
        // What shoppers were told of items that were there before is not known; a job tells it.
        Migration { version: 4, name: "told_level", text: include_str!("../migrations/0004_told_level.sql") },
    ],
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
    OF = {
        postgres: "select product_id, sku, on_hand - reserved from item
            where product_id in (select jsonb_array_elements_text($1))",
        sqlite: "select product_id, sku, on_hand - reserved from item
            where product_id in (select value from json_each($1))",
    };
    REGISTER = "insert into item (product_id, sku, received, on_hand, reserved, sold)
        values ($1, $2, 0, 0, 0, 0) on conflict (product_id) do update set sku = excluded.sku";
    RECEIVE = "update item set received = received + $2, on_hand = on_hand + $2 where product_id = $1
        returning product_id, sku, on_hand - reserved";
    RECORD_RECEIPT = "insert into receipt (receipt_id, product_id, quantity, reference, received_at)
        values ($1, $2, $3, $4, $5)";
    BOOKED = "select quantity from receipt where product_id = $1 and reference = $2";
    TAKE = "update item set reserved = reserved + $2 where product_id = $1 and on_hand - reserved >= $2
        returning on_hand - reserved";
    TAKE_UNCHECKED = "update item set reserved = reserved + $2 where product_id = $1
        returning on_hand - reserved";
    PUT_BACK = "update item set reserved = reserved - $2 where product_id = $1 returning on_hand - reserved";
    /// Notes what shoppers are told, which is one more than is counted when there are more; nothing when they know it.
    TELL = "update item set told = case when on_hand - reserved > 10 then 11 else on_hand - reserved end
        where product_id = $1
            and (told is null or told <> case when on_hand - reserved > 10 then 11 else on_hand - reserved end)
        returning told";
    UNTOLD = "select product_id, sku, on_hand - reserved from item where told is null order by product_id limit $1";
    HOLD = "insert into reservation
            (order_id, product_id, quantity, state, expires_at, correlation_id, changed_at)
        values ($1, $2, $3, 'held', $4, $5, $6) on conflict (order_id, product_id) do nothing";
    RESERVED = "select count(*) from reservation where order_id = $1";
    RELEASE = "update reservation set state = 'released', changed_at = $2
        where order_id = $1 and state in ('held', 'confirmed') returning product_id, quantity";
    RELEASE_EXPIRED = "update reservation set state = 'released', changed_at = $2
        where order_id = $1 and state in ('held', 'confirmed', 'expired') returning product_id, quantity";
    EXPIRE = "update reservation set state = 'expired', changed_at = $2
        where order_id = $1 and state = 'held' and expires_at <= $2 returning product_id, quantity";
    CONFIRM = "update reservation set state = 'confirmed', expires_at = null, changed_at = $2
        where order_id = $1 and state = 'held'";
    REVIVE = "update reservation set state = 'confirmed', expires_at = null, changed_at = $2
        where order_id = $1 and state = 'expired' returning product_id, quantity";
    PICK = "update reservation set state = 'picked', expires_at = null, changed_at = $2
        where order_id = $1 and state in ('held', 'confirmed') returning product_id, quantity";
    RETURN = "update reservation set state = 'returned', changed_at = $2
        where order_id = $1 and state = 'picked' returning product_id, quantity";
    GIVE_UP_EXPIRED = "update reservation set state = 'released', changed_at = $2
        where order_id = $1 and state = 'expired'";
    HAND_OUT = "update item set reserved = reserved - $2, on_hand = on_hand - $2, sold = sold + $2
        where product_id = $1 returning on_hand - reserved";
    TAKE_BACK = "update item set on_hand = on_hand + $2, sold = sold - $2 where product_id = $1
        returning on_hand - reserved";
    PICKED = "select count(*) from reservation where order_id = $1 and state = 'picked'";
    /// All rows of an order expire at the same time.
    pub(crate) HELD = "select order_id, expires_at, correlation_id from reservation
        where state = 'held' and (expires_at, order_id) > ($1, $2)
        group by expires_at, order_id, correlation_id order by expires_at, order_id limit $3";
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

/// The stock of these products, in their sequence; those that are not kept are left out.
pub(crate) async fn of(db: &Db, products: &[Slug]) -> Result<Vec<Stock>, DbError> {
    let rows = db.query::<StockRow>(&OF, params![Json(products)]).await?.into_iter();
    let known: BTreeMap<Slug, Stock> =
        rows.map(|StockRow(stock)| (stock.product_id.clone(), stock)).collect();
    Ok(products.iter().filter_map(|product| known.get(product).cloned()).collect())
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
    tx.execute(&REGISTER, params![product, sku]).await?;
    tell(tx, product).await
}

/// Tells shoppers how many there are of a product, unless they know it.
pub(crate) async fn tell(tx: &mut Tx, product: &Slug) -> Result<(), DbError> {
    let told: Option<(i64,)> = tx.query_optional(&TELL, params![product]).await?;
    let Some((told,)) = told else { return Ok(()) };
    let is_counted = told <= i64::from(StockLevelChanged::COUNTED);
    let amount = is_counted.then(|| u32::try_from(told).unwrap_or_default());
    announce(tx, &StockLevelChanged { product_id: product.clone(), amount }).await.map(drop)
}

/// Up to `limit` products of which shoppers were never told how many there are.
pub(crate) async fn untold(tx: &mut Tx, limit: u16) -> Result<Vec<Slug>, DbError> {
    let rows: Vec<StockRow> = tx.query(&UNTOLD, params![limit]).await?;
    Ok(rows.into_iter().map(|row| row.0.product_id).collect())
}

/// Whether shoppers are told something else when there were so many and `change` were added.
fn is_news(available: i64, change: i64) -> bool {
    let shown = |amount: i64| amount.min(i64::from(StockLevelChanged::COUNTED) + 1);
    shown(available) != shown(available.saturating_sub(change))
}

/// Adds to what is on hand of an item that is known; gives the receipt, and what is available then.
pub(crate) async fn receive(
    tx: &mut Tx,
    product: &Slug,
    quantity: u32,
    reference: Option<&Slug>,
) -> Result<(Id, Stock), DbError> {
    let row: StockRow = tx.query_one(&RECEIVE, params![product, quantity]).await?;
    let (id, now) = (tx.id(), tx.now());
    tx.execute(&RECORD_RECEIPT, params![id, product, quantity, reference, now]).await?;
    tell(tx, product).await?;
    Ok((id, row.0))
}

/// Reserves all of it or nothing; gives the first product of which there are not enough.
///
/// What was taken by then is put back, not rolled back: the refusal itself has to be committed.
pub(crate) async fn take_all<'a>(tx: &mut Tx, demand: &'a Demand) -> Result<Result<(), &'a Slug>, DbError> {
    let mut taken = Demand::new();
    let mut news = Vec::new();
    for (product, quantity) in demand {
        let Some(left) = take(tx, product, *quantity).await? else {
            if !mutants::PART_KEPT.is_planted() {
                put_back(tx, &taken).await?;
            }
            return Ok(Err(product));
        };
        if is_news(left, -*quantity) {
            news.push(product);
        }
        taken.insert(product.clone(), *quantity);
    }
    // Not before all of it is taken: what is put back again is no news.
    for product in news {
        tell(tx, product).await?;
    }
    Ok(Ok(()))
}

/// Reserves if there are enough, and gives how many are left; the check and the change are one statement.
async fn take(tx: &mut Tx, product: &Slug, quantity: i64) -> Result<Option<i64>, DbError> {
    let statement = if mutants::TAKEN_UNCHECKED.is_planted() { &TAKE_UNCHECKED } else { &TAKE };
    let left: Option<(i64,)> = tx.query_optional(statement, params![product, quantity]).await?;
    Ok(left.map(|(left,)| left))
}

pub(crate) async fn put_back(tx: &mut Tx, demand: &Demand) -> Result<(), DbError> {
    move_all(tx, &PUT_BACK, demand).await
}

/// Writes down for whom something was taken, and until when; `false`, and nothing written, when the order has a
/// reservation already, whatever became of it.
pub(crate) async fn hold_all(
    tx: &mut Tx,
    order: Id,
    demand: &Demand,
    ttl: Duration,
) -> Result<bool, DbError> {
    let (now, correlation) = (tx.now(), tx.context().map(|context| context.correlation));
    let expires_at = now.plus(ttl);
    for (product, quantity) in demand {
        let values = params![order, product, *quantity, expires_at, correlation, now];
        // All lines of an order are written together, so that the first tells for all.
        if tx.execute(&HOLD, values).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(crate) async fn has_reservation(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&RESERVED, params![order]).await?;
    Ok(count > 0)
}

/// Keeps for good what an order holds; `false` when it holds nothing that may still expire.
pub(crate) async fn confirm(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.execute(&CONFIRM, params![order, now]).await? > 0)
}

/// Ends the reservations of an order and gives what they held: what is to be put back.
pub(crate) async fn release(tx: &mut Tx, order: Id) -> Result<Demand, DbError> {
    let statement = if mutants::RELEASED_TWICE.is_planted() { &RELEASE_EXPIRED } else { &RELEASE };
    change(tx, statement, order).await
}

/// Ends the reservations of an order that are over and gives what they held: what is to be put back.
pub(crate) async fn expire(tx: &mut Tx, order: Id) -> Result<Demand, DbError> {
    change(tx, &EXPIRE, order).await
}

/// Confirms the expired reservations of an order and gives what they held: what is to be taken again.
pub(crate) async fn revive(tx: &mut Tx, order: Id) -> Result<Demand, DbError> {
    change(tx, &REVIVE, order).await
}

/// Takes what an order has reserved out of what is on hand; `false` when it has nothing reserved.
pub(crate) async fn pick(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let picked = change(tx, &PICK, order).await?;
    move_all(tx, &HAND_OUT, &picked).await?;
    Ok(!picked.is_empty())
}

pub(crate) async fn is_picked(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&PICKED, params![order]).await?;
    Ok(count > 0)
}

/// Puts what was picked for an order back on hand. What had expired is given up, so that it cannot be picked any more.
pub(crate) async fn take_back(tx: &mut Tx, order: Id) -> Result<(), DbError> {
    let returned = change(tx, &RETURN, order).await?;
    move_all(tx, &TAKE_BACK, &returned).await?;
    let now = tx.now();
    tx.execute(&GIVE_UP_EXPIRED, params![order, now]).await.map(drop)
}

async fn move_all(tx: &mut Tx, sql: &Sql, demand: &Demand) -> Result<(), DbError> {
    for (product, quantity) in demand {
        let now: Option<(i64,)> = tx.query_optional(sql, params![product, *quantity]).await?;
        if now.is_some_and(|(now,)| is_news(now, *quantity)) {
            tell(tx, product).await?;
        }
    }
    Ok(())
}

async fn change(tx: &mut Tx, sql: &Sql, order: Id) -> Result<Demand, DbError> {
    let now = tx.now();
    let rows: Vec<(Slug, i64)> = tx.query(sql, params![order, now]).await?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use tradewind_chassis::Due;
    use tradewind_db::{Execution, Location, MigrateMode, Options, Work};
    use tradewind_kernel::{Clock, Context, Entropy, Principal};

    use super::*;

    sql! {
        ITEM = "insert into item (product_id, sku, received, on_hand, reserved, sold) values ('a', 'a', 9, 9, 2, 0)";
        RESERVATION = "insert into reservation (order_id, product_id, quantity, state, changed_at)
            values ($1, 'a', $2, $3, 7)";
        OVERDUE = "insert into reservation (order_id, product_id, quantity, state, expires_at, changed_at)
            values ($1, 'a', 1, 'held', 1, 1)";
        STATES = "select quantity, state from reservation order by quantity";
        RESERVED_NOW = "select reserved from item";
    }

    /// Data of the release before reservations could expire.
    struct Old;

    impl Work for Old {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            tx.execute(&ITEM, &[]).await?;
            tx.execute(&RESERVATION, params![Id::from_u128(1), 2, "held"]).await?;
            tx.execute(&RESERVATION, params![Id::from_u128(2), 3, "released"]).await?;
            Ok(())
        }
    }

    struct Release(Id);

    impl Work for Release {
        type Output = bool;
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
            let released = release(tx, self.0).await?;
            put_back(tx, &released).await?;
            Ok(!released.is_empty())
        }
    }

    /// A database without tables, and a context for what is written.
    fn empty() -> (Db, Context) {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        (Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap(), context)
    }

    #[tokio::test]
    async fn what_was_held_before_reservations_could_expire_never_does() {
        let (db, context) = empty();
        let first = MigrationSet { migrations: &MIGRATIONS.migrations[..1], ..MIGRATIONS };
        db.migrate(&[first], MigrateMode::Auto).await.unwrap();
        db.write(&context, Old).await.unwrap();
        db.migrate(&[tradewind_events::MIGRATIONS, MIGRATIONS], MigrateMode::Auto).await.unwrap();
        let states: Vec<(i64, String)> = db.query(&STATES, &[]).await.unwrap();
        assert_eq!(states, [(2, "confirmed".to_owned()), (3, "released".to_owned())]);
        let first = Id::from_u128(0);
        let held: Vec<Due> = db.query(&HELD, params![i64::MIN, first, 10_i64]).await.unwrap();
        assert_eq!(held, []);
        // It is released as it would have been, and once.
        assert!(db.write(&context, Release(Id::from_u128(1))).await.unwrap());
        assert!(!db.write(&context, Release(Id::from_u128(1))).await.unwrap());
        let reserved: Vec<(i64,)> = db.query(&RESERVED_NOW, &[]).await.unwrap();
        assert_eq!(reserved, [(0,)]);
    }

    /// Takes five of what there is seven of, again and again.
    struct TakeFive;

    impl Work for TakeFive {
        type Output = Vec<bool>;
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<Vec<bool>, DbError> {
            tx.execute(&ITEM, &[]).await?;
            let mut taken = Vec::new();
            for _ in 0..3 {
                let demand = Demand::from([("a".parse().unwrap(), 5)]);
                taken.push(take_all(tx, &demand).await?.is_ok());
            }
            Ok(taken)
        }
    }

    /// Many orders are handled in one transaction: what was checked before it is out of date within it.
    #[tokio::test]
    async fn what_was_taken_in_the_same_transaction_cannot_be_taken_again() {
        let (db, context) = empty();
        db.migrate(&[tradewind_events::MIGRATIONS, MIGRATIONS], MigrateMode::Auto).await.unwrap();
        assert_eq!(db.write(&context, TakeFive).await, Ok(vec![true, false, false]));
        let reserved: Vec<(i64,)> = db.query(&RESERVED_NOW, &[]).await.unwrap();
        assert_eq!(reserved, [(7,)]);
    }

    /// Ends reservations that are over, and ends them again in another way.
    struct EndAgain;

    impl Work for EndAgain {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            let [released, expired, confirmed] = [1, 2, 3].map(Id::from_u128);
            tx.execute(&ITEM, &[]).await?;
            for order in [released, expired, confirmed] {
                tx.execute(&OVERDUE, params![order]).await?;
            }
            assert!(!release(tx, released).await?.is_empty());
            assert!(!expire(tx, expired).await?.is_empty());
            assert!(confirm(tx, confirmed).await?);
            for order in [released, expired, confirmed] {
                assert!(expire(tx, order).await?.is_empty(), "{order} expires");
                assert!(!confirm(tx, order).await?, "{order} is confirmed");
            }
            for order in [released, confirmed] {
                assert!(revive(tx, order).await?.is_empty(), "{order} is revived");
            }
            for order in [released, expired] {
                assert!(release(tx, order).await?.is_empty(), "{order} is released");
            }
            Ok(())
        }
    }

    /// A sweep reads what is over before it gives it back: meanwhile it may have been released or confirmed.
    #[tokio::test]
    async fn a_reservation_ends_once_whoever_is_first() {
        let (db, context) = empty();
        db.migrate(&[tradewind_events::MIGRATIONS, MIGRATIONS], MigrateMode::Auto).await.unwrap();
        db.write(&context, EndAgain).await.unwrap();
    }

    sql! {
        TOLD = "select data from event_log order by position";
    }

    /// Many come in, most are taken, and some come back.
    struct UpAndDown;

    impl Work for UpAndDown {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            let product: Slug = "a".parse().unwrap();
            let demand = |quantity| Demand::from([(product.clone(), quantity)]);
            register(tx, &product, &product).await?;
            receive(tx, &product, 100, None).await?;
            for quantity in [20, 60, 12] {
                assert_eq!(take_all(tx, &demand(quantity)).await?, Ok(()));
            }
            assert!(take_all(tx, &demand(9)).await?.is_err());
            put_back(tx, &demand(2)).await?;
            put_back(tx, &demand(70)).await?;
            assert_eq!(untold(tx, 10).await?, []);
            Ok(())
        }
    }

    /// Above ten nothing is told, so that most sales cost no event.
    #[tokio::test]
    async fn shoppers_are_told_when_few_are_left_and_when_there_are_many_again() {
        let (db, context) = empty();
        db.migrate(&[tradewind_events::MIGRATIONS, MIGRATIONS], MigrateMode::Auto).await.unwrap();
        db.write(&context, UpAndDown).await.unwrap();
        let told: Vec<(String,)> = db.query(&TOLD, &[]).await.unwrap();
        let amount = |(text,): &(String,)| {
            let event: StockLevelChanged = serde_json::from_str(text).unwrap();
            event.amount
        };
        assert_eq!(told.iter().map(amount).collect::<Vec<_>>(), [Some(0), None, Some(8), Some(10), None]);
    }
}
