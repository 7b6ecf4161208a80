//! The agreement between a customer and the shop.

mod actions;
mod announce;
mod config;
mod domain;
mod error;
mod http;
mod jobs;
mod listen;
mod mutants;
mod process;
mod sagas;
mod state;
mod store;
mod views;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_orders_contract::{
    OrderCancellationRequested, OrderCancelled, OrderCompleted, OrderOpened, OrderPlaced, OrderRejected,
    SERVICE,
};
use tradewind_saga::Instances;

use crate::actions::happen::Fulfilments;
use crate::config::Settings;
use crate::domain::Fulfilment;
use crate::sagas::fulfil_order::fulfilment;
use crate::state::Orders;

pub use mutants::MUTANTS;
pub use process::ORDER;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    let fulfilments = fulfilment();
    let instances = fulfilments.instances();
    let start = move |init: &mut Init<Settings>| start(init, instances.clone());
    Definition::new(SERVICE, "The agreement between a customer and the shop.", start)
        .migrations(tradewind_eventstore::MIGRATIONS)
        .migrations(views::MIGRATIONS)
        .evidence(tradewind_eventstore::EVIDENCE)
        .evidence(store::EVIDENCE)
        .audited()
        .evidence(views::EVIDENCE)
        .view(&views::orders::ORDER_VIEW)
        .process(&process::ORDER, &views::orders::LATE)
        .public(8050, http::public())
        .internal(8150, http::internal())
        .follows(listen::catalogue())
        .follows(listen::cart())
        .follows(listen::stock())
        .follows(listen::customers())
        .follows(listen::payments())
        .calls(STOCK)
        .calls(CUSTOMERS)
        .calls(PAYMENTS)
        .calls(SHIPPING)
        .saga(fulfilments)
        .self_paced_job("begin-fulfilments", jobs::FIRST_LOOK, jobs::begin_fulfilments)
        .promises::<OrderPlaced>()
        .promises::<OrderOpened>()
        .promises::<OrderCompleted>()
        .promises::<OrderRejected>()
        .promises::<OrderCancellationRequested>()
        .promises::<OrderCancelled>()
        .publishes(&tradewind_orders_contract::public_events())
        .problems(error::KINDS)
        .build()
}

/// Internal doors, for what only the fleet may ask.
const STOCK: &str = "stock/internal";
const CUSTOMERS: &str = "customers/internal";
const PAYMENTS: &str = "payments/internal";
const SHIPPING: &str = "shipping/internal";

fn start(init: &mut Init<Settings>, instances: Instances<Fulfilment>) -> Result<Orders, String> {
    Ok(Orders {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.clone(),
        fulfilments: Fulfilments { instances, window: init.settings.cancellation_window },
        stock: init.dependency(STOCK),
        customers: init.dependency(CUSTOMERS),
        payments: init.dependency(PAYMENTS),
        shipping: init.dependency(SHIPPING),
    })
}
