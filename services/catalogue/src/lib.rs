//! What the shop sells: products with their prices, variants and categories, and how to find them.

mod actions;
mod config;
mod domain;
mod error;
mod http;
mod jobs;
mod listen;
mod mutants;
mod recent;
mod state;
mod store;
mod views;

use tradewind_catalogue_contract::{ProductListed, SERVICE};
use tradewind_chassis::{Definition, Init, Service};

use crate::config::Settings;
use crate::recent::Recent;
use crate::state::Catalogue;

pub use mutants::MUTANTS;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(
        SERVICE,
        "What the shop sells: products with their prices, variants and categories, and how to find them.",
        start,
    )
    .migrations(store::MIGRATIONS)
    .evidence(store::EVIDENCE)
    .audited()
    .public(8020, http::public())
    .admin(8025, http::admin())
    .internal(8120, http::internal())
    .follows(listen::stock())
    .promises::<ProductListed>()
    .publishes(&tradewind_catalogue_contract::public_events())
    .self_paced_job("renew-pages", jobs::FIRST_ROUND, jobs::renew)
    .problems(error::KINDS)
    .build()
}

fn start(init: &mut Init<Settings>) -> Result<Catalogue, String> {
    if init.settings.version.is_empty() {
        return Err("catalogue.version must not be empty".to_owned());
    }
    Ok(Catalogue {
        db: init.db.clone(),
        clock: init.clock.clone(),
        entropy: init.entropy.fork("catalogue"),
        version: init.settings.version.clone(),
        recent: Recent::default(),
    })
}
