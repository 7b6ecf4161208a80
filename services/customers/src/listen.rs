//! Door for events: event in, call one action.

use tradewind_events::{Received, Subscription};
use tradewind_orders_contract::{OrderCancelled, OrderOpened, OrderPlaced, OrderRejected, SERVICE};

use crate::actions::confirm::Confirm;
use crate::actions::release::Release;
use crate::actions::reserve::Reserve;
use crate::state::Customers;

pub(crate) fn orders() -> Subscription<Customers> {
    Subscription::to(SERVICE)
        .on::<OrderPlaced, _>(placed)
        .on::<OrderOpened, _>(|_, event| Confirm { order: event.order_id.id() })
        .on::<OrderRejected, _>(|_, event| Release { order: event.order_id.id() })
        .on::<OrderCancelled, _>(|_, event| Release { order: event.order_id.id() })
}

#[expect(clippy::needless_pass_by_value, reason = "handlers take the event as their own")]
fn placed(customers: &Customers, event: Received<OrderPlaced>) -> Reserve {
    Reserve {
        order: event.order_id.id(),
        customer: event.customer_id.into(),
        amount: event.total,
        ttl: customers.reservation_ttl,
    }
}
