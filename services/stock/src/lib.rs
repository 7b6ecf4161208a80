//! How many of each product there are, and who has reserved them.

mod actions;
mod config;
mod domain;
mod error;
mod grpc;
mod http;
mod jobs;
mod listen;
mod mutants;
mod state;
mod store;

use tradewind_chassis::{Definition, Init, Service};
use tradewind_stock_contract::{
    ItemRegistered, SERVICE, StockLevelChanged, StockRefused, StockReleased, StockReservationExpired,
    StockReservationLost, StockReserved,
};

use crate::config::Settings;
use crate::state::Stock;

pub use mutants::MUTANTS;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "How many of each product there are, and who has reserved them.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .audited()
        .public(8030, grpc::public(http::public()))
        .internal(8130, grpc::internal(http::internal()))
        .follows(listen::orders())
        .promises::<ItemRegistered>()
        .promises::<StockLevelChanged>()
        .promises::<StockReserved>()
        .promises::<StockRefused>()
        .promises::<StockReleased>()
        .promises::<StockReservationExpired>()
        .promises::<StockReservationLost>()
        .self_paced_job("sweep-reservations", jobs::FIRST_SWEEP, jobs::sweep)
        .self_paced_job("tell-levels", jobs::FIRST_TELLING, jobs::tell_levels)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Stock, String> {
    Ok(Stock {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.fork("stock"),
        held: init.sweep(&store::HELD, init.settings.reservation_ttl),
        reservation_ttl: init.settings.reservation_ttl,
    })
}
