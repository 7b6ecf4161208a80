//! Payments as people ask for them. Changed in the transaction of the events, so it is never behind.

use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_payments_contract::{Payment as Shown, PaymentState};

use crate::domain::{Payment, Status};

sql! {
    SET = "insert into payment_view
            (order_id, customer_id, state, amount, currency, refunded, reason, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (order_id) do update set customer_id = excluded.customer_id, state = excluded.state,
            amount = excluded.amount, currency = excluded.currency, refunded = excluded.refunded,
            reason = coalesce(excluded.reason, payment_view.reason), updated_at = excluded.updated_at";
    FIND = "select order_id, customer_id, state, amount, currency, refunded, reason, updated_at
        from payment_view where order_id = $1";
    FIND_OWN = "select order_id, customer_id, state, amount, currency, refunded, reason, updated_at
        from payment_view where order_id = $1 and customer_id = $2";
}

/// The signal for those who wait for what becomes of a payment; its key is the order's id.
pub(crate) const CHANGED: &str = "payment_changed";

/// Whose payments may be seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen {
    /// Those of one customer.
    Of(Id),
    /// Everybody's.
    All,
}

struct PaymentRow(Shown);

impl FromRow for PaymentRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let currency: Currency = row.get(4)?;
        Ok(Self(Shown {
            order_id: row.get(0)?,
            customer_id: row.get(1)?,
            state: parse_state(&row.get::<String>(2)?)?,
            amount: Money::from_minor(row.get(3)?, currency),
            refunded: Money::from_minor(row.get(5)?, currency),
            reason: row.get(6)?,
            updated_at: row.get(7)?,
        }))
    }
}

fn parse_state(text: &str) -> Result<PaymentState, DbError> {
    match text {
        "requested" => Ok(PaymentState::Requested),
        "authorised" => Ok(PaymentState::Authorised),
        "declined" => Ok(PaymentState::Declined),
        "released" => Ok(PaymentState::Released),
        "captured" => Ok(PaymentState::Captured),
        other => Err(DbError::Column { message: format!("{other} is no state of a payment") }),
    }
}

fn name(status: Status) -> Option<&'static str> {
    match status {
        Status::Absent => None,
        Status::Requested => Some("requested"),
        Status::Authorised => Some("authorised"),
        Status::Declined => Some("declined"),
        Status::Released => Some("released"),
        Status::Captured => Some("captured"),
    }
}

pub(crate) async fn find(db: &Db, order: Id, seen: Seen) -> Result<Option<Shown>, DbError> {
    let row: Option<PaymentRow> = match seen {
        Seen::Of(customer) => db.query_optional(&FIND_OWN, params![order, customer]).await?,
        Seen::All => db.query_optional(&FIND, params![order]).await?,
    };
    Ok(row.map(|row| row.0))
}

/// Shows a payment as it is now.
pub(crate) async fn show(
    tx: &mut Tx,
    order: Id,
    payment: &Payment,
    reason: Option<&String>,
) -> Result<(), DbError> {
    let Some(state) = name(payment.status) else { return Ok(()) };
    let now = tx.now();
    tx.signal_key(CHANGED, order.to_string());
    let (Some(customer), Some(amount)) = (payment.customer, payment.amount) else { return Ok(()) };
    let (minor, currency, refunded) = (amount.minor(), amount.currency(), payment.given_back());
    let values = params![order, customer, state, minor, currency, refunded, reason, now];
    tx.execute(&SET, values).await.map(drop)
}
