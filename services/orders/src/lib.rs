//! The agreement between a customer and the shop.

mod actions;
mod announce;
mod domain;
mod error;
mod http;
mod listen;
mod mutants;
mod state;
mod store;
mod views;

use tradewind_chassis::{Definition, Init, NoSettings, Service};
use tradewind_orders_contract::{OrderCancelled, OrderOpened, OrderPlaced, OrderRejected, SERVICE};

use crate::state::Orders;

pub use mutants::MUTANTS;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "The agreement between a customer and the shop.", start)
        .migrations(tradewind_eventstore::MIGRATIONS)
        .migrations(views::MIGRATIONS)
        .evidence(tradewind_eventstore::EVIDENCE)
        .evidence(store::EVIDENCE)
        .evidence(views::EVIDENCE)
        .view(&views::orders::ORDER_VIEW)
        .public(8050, http::public())
        .internal(8150, http::internal())
        .follows(listen::catalogue())
        .follows(listen::stock())
        .follows(listen::customers())
        .promises::<OrderPlaced>()
        .promises::<OrderOpened>()
        .promises::<OrderRejected>()
        .promises::<OrderCancelled>()
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<NoSettings>) -> Result<Orders, String> {
    Ok(Orders { db: init.db.clone() })
}
