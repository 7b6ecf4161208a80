//! The shop that a person sees in a browser: products of the catalogue, joined with what stock knows of them.

mod config;
mod error;
mod gather;
mod http;
mod offer;
mod page;
mod state;

use tradewind_catalogue_contract::SERVICE as CATALOGUE;
use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Init, Service};
use tradewind_stock_contract::SERVICE as STOCK;

use crate::config::Settings;
use crate::state::Shopfront;

/// The name of the service.
pub const SERVICE: &str = "shopfront";

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    Definition::new(SERVICE, "The shop in a browser: what there is, what it costs, how many are left.", start)
        .public(8010, http::public())
        .internal(8110, Routes::new())
        .calls(CATALOGUE)
        .calls(STOCK)
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Shopfront, String> {
    init.settings.check()?;
    let Settings { catalogue_deadline, stock_deadline, stock_protocol, compat } = init.settings;
    Ok(Shopfront {
        catalogue: init.dependency(CATALOGUE).within(catalogue_deadline),
        stock: init.dependency(STOCK).within(stock_deadline),
        stock_protocol,
        compat,
    })
}
