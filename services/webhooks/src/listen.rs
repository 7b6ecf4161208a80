//! Door for events: what other systems may read is written down for those who want it.

use tradewind_events::{EventType, Recorded, Subscription};

use crate::actions::record::Record;
use crate::offered::offered;
use crate::state::Webhooks;

/// The subscriptions to all who offer events.
pub(crate) fn all() -> [Subscription<Webhooks>; 3] {
    let [catalogue, orders, shipping] = offered();
    [
        follow(catalogue, |_, recorded| record(tradewind_catalogue_contract::SERVICE, recorded)),
        follow(orders, |_, recorded| record(tradewind_orders_contract::SERVICE, recorded)),
        follow(shipping, |_, recorded| record(tradewind_shipping_contract::SERVICE, recorded)),
    ]
}

fn follow(
    (producer, events): (&'static str, Vec<EventType>),
    record: fn(&Webhooks, &Recorded) -> Record,
) -> Subscription<Webhooks> {
    Subscription::to(producer).on_any(&events, record)
}

fn record(producer: &'static str, recorded: &Recorded) -> Record {
    Record { producer, recorded: recorded.clone() }
}
