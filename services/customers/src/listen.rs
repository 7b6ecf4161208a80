//! Door for events: event in, call one action.

use tradewind_accounts_contract::{self as accounts, AccountRegistered, PersonErased};
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::{Received, Subscription};
use tradewind_orders_contract::{OrderCancelled, OrderOpened, OrderPlaced, OrderRejected, PaidBy, SERVICE};

use crate::actions::confirm::Confirm;
use crate::actions::forget::Forget;
use crate::actions::open::Open;
use crate::actions::release::Release;
use crate::actions::reserve::Reserve;
use crate::state::Customers;

pub(crate) fn orders() -> Subscription<Customers> {
    Subscription::to(SERVICE)
        .on::<OrderPlaced, _>(placed)
        .on::<OrderOpened, _>(|_, event| {
            let OrderOpened { order_id, payment } = event.event;
            Concerned((payment == PaidBy::Account).then(|| Confirm { order: order_id.id() }))
        })
        .on::<OrderRejected, _>(|_, event| Release { order: event.order_id.id() })
        .on::<OrderCancelled, _>(|_, event| Release { order: event.order_id.id() })
}

pub(crate) fn accounts() -> Subscription<Customers> {
    Subscription::to(accounts::SERVICE)
        .on::<AccountRegistered, _>(|_, event| Open { customer: event.event.account_id.into() })
        .on::<PersonErased, _>(|_, event| Forget { customer: event.event.account_id.into() })
}

/// What an event asks for, if the order is on account.
struct Concerned<W>(Option<W>);

impl<W: Work<Output = (), Error = DbError>> Work for Concerned<W> {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        match &self.0 {
            Some(work) => work.run(tx).await,
            None => Ok(()),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "handlers take the event as their own")]
fn placed(customers: &Customers, event: Received<OrderPlaced>) -> Concerned<Reserve> {
    let is_on_account = event.payment.paid_by() == PaidBy::Account;
    Concerned(is_on_account.then(|| Reserve {
        order: event.order_id.id(),
        customer: event.customer_id.into(),
        amount: event.total,
        ttl: customers.reservation_ttl,
    }))
}
