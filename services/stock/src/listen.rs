//! Door for events: event in, call one action.

use tradewind_events::{Received, Subscription};
use tradewind_orders_contract::{OrderCancelled, OrderOpened, OrderPlaced, OrderRejected, SERVICE};

use crate::actions::confirm::Confirm;
use crate::actions::release::Release;
use crate::actions::reserve::Reserve;
use crate::domain;
use crate::state::Stock;

pub(crate) fn orders() -> Subscription<Stock> {
    Subscription::to(SERVICE)
        .on::<OrderPlaced, _>(placed)
        .on::<OrderOpened, _>(|_, event| Confirm { order: event.order_id.id() })
        .on::<OrderRejected, _>(|_, event| Release { order: event.order_id.id() })
        .on::<OrderCancelled, _>(|_, event| Release { order: event.order_id.id() })
}

fn placed(stock: &Stock, event: Received<OrderPlaced>) -> Reserve {
    let OrderPlaced { order_id, lines, .. } = event.event;
    let lines = lines.into_iter().map(|line| (line.product_id, line.quantity.get()));
    Reserve { order: order_id.id(), demand: domain::total(lines), ttl: stock.reservation_ttl }
}
