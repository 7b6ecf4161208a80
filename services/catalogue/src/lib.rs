//! What the shop sells: products and their prices.

mod actions;
mod config;
mod error;
mod http;
mod mutants;
mod state;
mod store;

use tradewind_catalogue_contract::{ProductListed, SERVICE};
use tradewind_chassis::{Definition, Init, Service};

use crate::config::Settings;
use crate::state::Catalogue;

pub use mutants::MUTANTS;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "What the shop sells: products and their prices.", start)
        .migrations(store::MIGRATIONS)
        .evidence(store::EVIDENCE)
        .public(8020, http::public())
        .admin(8025, http::admin())
        .internal(8120, http::internal())
        .promises::<ProductListed>()
        .publishes(&tradewind_catalogue_contract::public_events())
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Catalogue, String> {
    if init.settings.version.is_empty() {
        return Err("catalogue.version must not be empty".to_owned());
    }
    Ok(Catalogue { db: init.db.clone(), version: init.settings.version.clone() })
}
