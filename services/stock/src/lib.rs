//! How many of each product there are, and who has reserved them.

mod actions;
mod domain;
mod error;
mod http;
mod listen;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, NoSettings, Service};
use tradewind_stock_contract::{ItemRegistered, SERVICE, StockRefused, StockReleased, StockReserved};

use crate::state::Stock;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "How many of each product there are, and who has reserved them.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8030, http::public())
        .internal(8130, http::internal())
        .follows(listen::orders())
        .promises::<ItemRegistered>()
        .promises::<StockReserved>()
        .promises::<StockRefused>()
        .promises::<StockReleased>()
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<NoSettings>) -> Result<Stock, String> {
    Ok(Stock { db: init.db.clone() })
}
