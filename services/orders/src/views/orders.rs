//! Orders as people ask for them. Changed in the transaction of the events, so it is never behind.

use tradewind_db::{Db, DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::{Id, Money, Timestamp};
use tradewind_orders_contract::{Order, OrderId, OrderLine, OrderState, PaidBy};
use tradewind_views::{Applying, Fact, Outline, Table, View};

use crate::announce;
use crate::domain::{Event, Payment, Placement};
use crate::{mutants, store};

sql! {
    ADD = "insert into order_view (order_id, customer_id, state, lines, total_minor, currency, payment,
            cancelling, placed_at, updated_at, quote_id, discount_minor, tax_minor)
        values ($1, $2, 'NEW', $3, $4, $5, $6, 0, $7, $7, $8, $9, $10)";
    SET_STATE = "update order_view set state = $2, reason = $3, cancelling = 0, updated_at = $4
        where order_id = $1";
    SET_CANCELLING = "update order_view set cancelling = 1, updated_at = $2 where order_id = $1";
    OPEN = "select order_id, payment = 'card' from order_view where state = 'OPEN' and order_id > $1
        order by order_id limit $2";
    /// Orders that were placed up to a time and are not decided.
    pub(crate) LATE = "select order_id, placed_at from order_view where state = 'NEW' and placed_at <= $1
        order by placed_at, order_id limit $2";
    FIND = "select order_id, customer_id, state, reason, lines, total_minor, currency, placed_at, updated_at,
            payment, cancelling, quote_id, discount_minor, tax_minor
        from order_view where order_id = $1";
    FIND_OWN = "select order_id, customer_id, state, reason, lines, total_minor, currency, placed_at, updated_at,
            payment, cancelling, quote_id, discount_minor, tax_minor
        from order_view where order_id = $1 and customer_id = $2";
    FIRST_PAGE = "select order_id, customer_id, state, reason, lines, total_minor, currency, placed_at, updated_at,
            payment, cancelling, quote_id, discount_minor, tax_minor
        from order_view where customer_id = $1 order by order_id desc limit $2";
    LATEST = "select order_id, customer_id, state, reason, lines, total_minor, currency, placed_at, updated_at,
            payment, cancelling, quote_id, discount_minor, tax_minor
        from order_view order by order_id desc limit $1";
    LATEST_BEFORE = "select order_id, customer_id, state, reason, lines, total_minor, currency, placed_at, updated_at,
            payment, cancelling, quote_id, discount_minor, tax_minor
        from order_view where order_id < $2 order by order_id desc limit $1";
    NEXT_PAGE = "select order_id, customer_id, state, reason, lines, total_minor, currency, placed_at, updated_at,
            payment, cancelling, quote_id, discount_minor, tax_minor
        from order_view where customer_id = $1 and order_id < $3 order by order_id desc limit $2";
}

/// The signal for those who wait for what becomes of an order; its key is the order's id.
pub(crate) const DECIDED: &str = "order_decided";

struct OrderRow(Order);

impl FromRow for OrderRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(lines) = row.get::<Json<Vec<OrderLine>>>(4)?;
        let state: String = row.get(2)?;
        let state = parse_state(&state)?;
        let quote_id: Option<Id> = row.get(11)?;
        let currency = row.get(6)?;
        let quoted = |minor| quote_id.map(|_| Money::from_minor(minor, currency));
        Ok(Self(Order {
            id: row.get(0)?,
            customer_id: row.get(1)?,
            state,
            reason: row.get(3)?,
            lines,
            total: Money::from_minor(row.get(5)?, currency),
            discount: quoted(row.get(12)?),
            tax: quoted(row.get(13)?),
            quote_id,
            placed_at: row.get(7)?,
            updated_at: row.get(8)?,
            payment: parse_payment(&row.get::<String>(9)?)?,
            cancelling: row.get::<i64>(10)? != 0,
        }))
    }
}

fn parse_state(text: &str) -> Result<OrderState, DbError> {
    match text {
        "NEW" => Ok(OrderState::New),
        "OPEN" => Ok(OrderState::Open),
        "REJECTED" => Ok(OrderState::Rejected),
        "CANCELLED" => Ok(OrderState::Cancelled),
        "COMPLETED" => Ok(OrderState::Completed),
        other => Err(DbError::Column { message: format!("{other} is no state of an order") }),
    }
}

fn parse_payment(text: &str) -> Result<PaidBy, DbError> {
    match text {
        "account" => Ok(PaidBy::Account),
        "card" => Ok(PaidBy::Card),
        other => Err(DbError::Column { message: format!("{other} is no way to pay") }),
    }
}

/// Whose orders may be seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen {
    /// Those of one customer.
    Of(Id),
    /// Everybody's.
    All,
}

pub(crate) async fn find(db: &Db, id: OrderId, seen: Seen) -> Result<Option<Order>, DbError> {
    let row: Option<OrderRow> = match seen {
        Seen::Of(customer) => db.query_optional(&FIND_OWN, params![id, customer]).await?,
        Seen::All => db.query_optional(&FIND, params![id]).await?,
    };
    Ok(row.map(|row| row.0))
}

/// Up to `limit` orders of a customer before `before`, newest first.
pub(crate) async fn page(
    db: &Db,
    customer: Id,
    before: Option<Id>,
    limit: u16,
) -> Result<Vec<Order>, DbError> {
    let rows: Vec<OrderRow> = match before {
        Some(before) => db.query(&NEXT_PAGE, params![customer, limit, before]).await?,
        None => db.query(&FIRST_PAGE, params![customer, limit]).await?,
    };
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Up to `limit` orders of everybody before `before`, newest first.
pub(crate) async fn latest(db: &Db, before: Option<Id>, limit: u16) -> Result<Vec<Order>, DbError> {
    let rows: Vec<OrderRow> = match before {
        Some(before) => db.query(&LATEST_BEFORE, params![limit, before]).await?,
        None => db.query(&LATEST, params![limit]).await?,
    };
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Up to `limit` open orders after `after`, and whether each is paid by card.
pub(crate) async fn open(tx: &mut Tx, after: Id, limit: u16) -> Result<Vec<(Id, bool)>, DbError> {
    tx.query(&OPEN, params![after, limit]).await
}

/// The view as a value: it can be made again from the streams of the orders.
pub(crate) static ORDER_VIEW: View<Event> = View::new(
    Outline {
        name: "order_view",
        version: 1,
        streams: store::PREFIX,
        tables: &[Table { name: "order_view", key: "order_id" }],
    },
    apply,
);

/// Follows the events of one order.
pub(crate) async fn follow(tx: &mut Tx, id: OrderId, events: &[Event]) -> Result<(), DbError> {
    let most = if mutants::VIEW_OF_FIRST.is_planted() { events.len().min(1) } else { events.len() };
    ORDER_VIEW.follow(tx, &store::stream(id), &events[..most]).await
}

fn apply<'a>(tx: &'a mut Tx, fact: Fact<'a, Event>) -> Applying<'a> {
    Box::pin(async move {
        let (id, at) = (store::order_of(fact.stream)?, fact.at);
        match fact.event {
            Event::Placed(placement) => add(tx, id, placement, at).await,
            Event::Opened => set_state(tx, id, "OPEN", None, at).await,
            Event::Rejected { reason } => set_state(tx, id, "REJECTED", Some(reason), at).await,
            Event::Cancelled => set_state(tx, id, "CANCELLED", None, at).await,
            Event::Lost { reason } => set_state(tx, id, "CANCELLED", Some(reason), at).await,
            Event::Completed => set_state(tx, id, "COMPLETED", None, at).await,
            Event::CancellationRequested { .. } => set_cancelling(tx, id, at).await,
            Event::StockConfirmed | Event::CreditConfirmed | Event::CardConfirmed => Ok(()),
        }
    })
}

async fn add(tx: &mut Tx, id: OrderId, placement: &Placement, at: Timestamp) -> Result<(), DbError> {
    let lines = placement.lines.iter().map(announce::line).collect::<Result<Vec<_>, _>>()?;
    let lines = Json(lines);
    let (minor, currency) = (placement.total.minor(), placement.total.currency());
    let payment = match placement.payment {
        Payment::Account => "account",
        Payment::Card { .. } => "card",
    };
    let (customer, quoted) = (placement.customer, placement.quoted);
    let quote = quoted.map(|quoted| quoted.quote);
    let [discount, tax] =
        quoted.map_or([0, 0], |quoted| [quoted.discount, quoted.tax].map(|money| money.minor()));
    let values = params![id, customer, lines, minor, currency, payment, at, quote, discount, tax];
    tx.execute(&ADD, values).await.map(drop)
}

async fn set_cancelling(tx: &mut Tx, id: OrderId, at: Timestamp) -> Result<(), DbError> {
    tx.execute(&SET_CANCELLING, params![id, at]).await.map(drop)
}

async fn set_state(
    tx: &mut Tx,
    id: OrderId,
    state: &str,
    reason: Option<&String>,
    at: Timestamp,
) -> Result<(), DbError> {
    tx.signal_key(DECIDED, id.to_string());
    tx.execute(&SET_STATE, params![id, state, reason, at]).await.map(drop)
}
