//! Which events can be sent to endpoints: those that their owners offer to other systems.

use tradewind_events::EventType;
use tradewind_webhooks_contract::PING;

/// The public events of the fleet, by producer.
pub(crate) fn offered() -> [(&'static str, Vec<EventType>); 3] {
    [
        (tradewind_catalogue_contract::SERVICE, tradewind_catalogue_contract::public_events()),
        (tradewind_orders_contract::SERVICE, tradewind_orders_contract::public_events()),
        (tradewind_shipping_contract::SERVICE, tradewind_shipping_contract::public_events()),
    ]
}

/// Their types.
pub(crate) fn types() -> Vec<&'static str> {
    offered().iter().flat_map(|(_, events)| events.iter().map(|event| event.kind)).collect()
}

/// The message of a ping, as a CloudEvent that no service tells.
pub(crate) fn ping(id: &str, time: &str) -> String {
    serde_json::json!({
        "specversion": "1.0",
        "id": id,
        "source": "/tradewind/webhooks",
        "type": PING,
        "time": time,
        "datacontenttype": "application/json",
        "data": {},
    })
    .to_string()
}
