//! Door for events: event in, call one action.

use tradewind_accounts_contract::{self as accounts, PersonErased};
use tradewind_customers_contract::{self as customers, InvoiceCredited, InvoiceIssued};
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::{Received, Subscription};
use tradewind_kernel::Id;
use tradewind_orders_contract::{self as orders, OrderCancelled, OrderPlaced, OrderRejected, PaymentMethod};

use crate::actions::book_invoice::BookInvoice;
use crate::actions::change::Change;
use crate::actions::forget_person::ForgetPerson;
use crate::domain::Command;
use crate::mutants;
use crate::state::Payments;

pub(crate) fn orders() -> Subscription<Payments> {
    Subscription::to(orders::SERVICE)
        .on::<OrderPlaced, _>(placed)
        .on::<OrderRejected, _>(|payments, event| {
            let OrderRejected { order_id, reason } = event.event;
            end(payments, order_id.id(), reason)
        })
        .on::<OrderCancelled, _>(|payments, event| {
            let OrderCancelled { order_id, reason } = event.event;
            end(payments, order_id.id(), reason.unwrap_or_else(|| CANCELLED.to_owned()))
        })
}

/// Why a payment is released whose order was called off on request.
const CANCELLED: &str = "cancelled";

pub(crate) fn customers() -> Subscription<Payments> {
    Subscription::to(customers::SERVICE)
        .on::<InvoiceIssued, _>(|_, event| BookInvoice {
            order: event.order_id,
            amount: event.amount,
            is_credit: false,
        })
        .on::<InvoiceCredited, _>(|_, event| BookInvoice {
            order: event.order_id,
            amount: event.amount,
            is_credit: true,
        })
}

pub(crate) fn accounts() -> Subscription<Payments> {
    Subscription::to(accounts::SERVICE)
        .on::<PersonErased, _>(|_, event| ForgetPerson { customer: event.account_id })
}

/// What an event asks of a payment, if it concerns one.
struct Heard(Option<Change>);

impl Work for Heard {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        match &self.0 {
            // What comes twice or too late changes nothing.
            Some(change) => change.run(tx).await.map(drop),
            None => Ok(()),
        }
    }
}

fn placed(payments: &Payments, event: Received<OrderPlaced>) -> Heard {
    let OrderPlaced { order_id, customer_id, total, payment, .. } = event.event;
    let PaymentMethod::Card { token } = payment else { return Heard(None) };
    let command = Command::Request { customer: customer_id, amount: total, card: token };
    change(payments, order_id.id(), command)
}

/// A payment that nobody has asked for is not there, and is not ended.
fn end(payments: &Payments, order: Id, reason: String) -> Heard {
    if mutants::RELEASE_FORGOTTEN.is_planted() {
        return Heard(None);
    }
    change(payments, order, Command::Release { reason, refund: order })
}

fn change(payments: &Payments, order: Id, command: Command) -> Heard {
    Heard(Some(Change { order, command, processes: payments.processes.clone() }))
}
