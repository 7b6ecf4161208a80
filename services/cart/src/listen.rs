//! Door for events: event in, call one action.

use tradewind_catalogue_contract::{self as catalogue, ProductListed};
use tradewind_events::{Received, Subscription};
use tradewind_orders_contract::{self as orders, OrderCancelled, OrderCompleted, OrderRejected};

use crate::actions::learn_product::Learn;
use crate::actions::settle_coupon::Settle;
use crate::state::Carts;

pub(crate) fn catalogue() -> Subscription<Carts> {
    Subscription::to(catalogue::SERVICE).on::<ProductListed, _>(listed)
}

pub(crate) fn orders() -> Subscription<Carts> {
    Subscription::to(orders::SERVICE)
        .on::<OrderCompleted, _>(|_, event| Settle { order: event.order_id.id(), is_completed: true })
        .on::<OrderRejected, _>(|_, event| Settle { order: event.order_id.id(), is_completed: false })
        .on::<OrderCancelled, _>(|_, event| Settle { order: event.order_id.id(), is_completed: false })
}

fn listed(_: &Carts, event: Received<ProductListed>) -> Learn {
    let ProductListed { product_id, name, price, prices, .. } = event.event;
    Learn { product: product_id, name, prices: std::iter::once(price).chain(prices).collect() }
}
