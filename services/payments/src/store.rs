//! Payments as streams; commits state, view, ledger and outbox together.

pub(crate) mod refund_requests;

use tradewind_db::{DbError, Evidence, Tx};
use tradewind_eventstore::{Aggregate, Loaded, append, load};
use tradewind_kernel::Id;
use tradewind_payments_contract::RefundRequestState;

use crate::announce;
use crate::domain::{Event, Payment};
use crate::views::ledger::{self, Account};
use crate::views::payments;

/// What is shown of requests, to be compared with the payments.
pub(crate) static EVIDENCE: &[Evidence] =
    &[Evidence { table: "refund_request", rows: &refund_requests::SHOWN }];

/// The payment of an order as its events say it is.
pub(crate) async fn find(tx: &mut Tx, order: Id) -> Result<Loaded<Payment>, DbError> {
    load(tx, &stream(order)).await
}

/// Writes what was decided, books it and announces it; gives the payment as it is afterwards.
pub(crate) async fn save(
    tx: &mut Tx,
    order: Id,
    payment: Loaded<Payment>,
    events: &[Event],
) -> Result<Payment, DbError> {
    append::<Payment>(tx, &stream(order), payment.version, events).await?;
    let mut state = payment.state;
    for event in events {
        state = state.apply(event);
        book(tx, order, &state, event).await?;
        announce::tell(tx, order, state.amount, event).await?;
        payments::show(tx, order, &state, reason(event)).await?;
        end_request(tx, event).await?;
    }
    Ok(state)
}

/// Money moves when it is captured and when it is given back; an authorisation moves none.
async fn book(tx: &mut Tx, order: Id, payment: &Payment, event: &Event) -> Result<(), DbError> {
    match (event, payment.amount) {
        (Event::Captured, Some(amount)) => {
            ledger::book(tx, order, (Account::Sales, Account::Provider), amount).await
        }
        (Event::Refunded { amount, .. }, _) => {
            ledger::book(tx, order, (Account::Provider, Account::Sales), *amount).await
        }
        _ => Ok(()),
    }
}

/// What came of the refund that a request of a customer became.
async fn end_request(tx: &mut Tx, event: &Event) -> Result<(), DbError> {
    match event {
        Event::Refunded { refund, .. } => {
            refund_requests::end(tx, *refund, RefundRequestState::Returned).await
        }
        Event::RefundFailed { refund, .. } => {
            refund_requests::end(tx, *refund, RefundRequestState::Failed).await
        }
        _ => Ok(()),
    }
}

fn reason(event: &Event) -> Option<&String> {
    match event {
        Event::Declined { reason } | Event::Released { reason } => Some(reason),
        _ => None,
    }
}

fn stream(order: Id) -> String {
    format!("payment-{order}")
}
