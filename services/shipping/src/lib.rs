//! Shipments of orders, and how far each of them has come.

mod actions;
mod config;
mod error;
mod http;
mod jobs;
mod people;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_shipping_contract::{
    SERVICE, SHIPMENT_CANCELLED, SHIPMENT_HANDED_OVER, ShipmentBooked, ShipmentCancelled, ShipmentDelivered,
    ShipmentHandedOver,
};

use crate::config::Settings;
use crate::people::People;
use crate::state::Shipping;

/// The internal door of accounts, which has the keys of people.
const ACCOUNTS: &str = "accounts/internal";

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "Shipments of orders, and how far each of them has come.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8070, http::public())
        .internal(8170, http::internal())
        .calls(ACCOUNTS)
        .promises::<ShipmentBooked>()
        .promises::<ShipmentHandedOver>()
        .promises::<ShipmentDelivered>()
        .promises::<ShipmentCancelled>()
        .publishes(&tradewind_shipping_contract::public_events())
        .self_paced_job("pretend-carrier", jobs::FIRST_ROUND, jobs::carry)
        .problems(&[SHIPMENT_CANCELLED, SHIPMENT_HANDED_OVER])
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Shipping, String> {
    init.settings.pretend_carrier.check()?;
    let carrier = init.settings.pretend_carrier;
    Ok(Shipping {
        db: init.db.clone(),
        carrier,
        under_way: init.sweep(&store::UNDER_WAY, carrier.horizon()),
        people: People { accounts: init.dependency(ACCOUNTS), entropy: init.entropy.fork("people") },
        entropy: init.entropy.fork("shipping"),
    })
}
