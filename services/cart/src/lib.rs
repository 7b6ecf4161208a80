//! What people want, what it costs them, and that they take it.

mod actions;
mod config;
mod domain;
mod error;
mod http;
mod jobs;
mod listen;
mod mutants;
mod state;
mod store;
mod views;

use tradewind_cart_contract::{CartCompleted, SERVICE};
use tradewind_chassis::{Definition, Init, Service};

use crate::config::Settings;
use crate::state::Carts;

pub use mutants::MUTANTS;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "What people want, what it costs them, and that they take it.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .audited()
        .public(8055, http::public())
        .internal(8155, http::internal())
        .follows(listen::catalogue())
        .follows(listen::orders())
        .promises::<CartCompleted>()
        .self_paced_job("forget-expired", jobs::FIRST_ROUND, jobs::forget)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Carts, String> {
    Ok(Carts {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.fork("carts"),
        expiry: init.settings.expiry,
        quote_ttl: init.settings.quote_ttl,
    })
}
