//! The pages of those who work for the shop: products and prices, goods that come in, orders, refunds, customers and
//! their credit, and who did what.

mod config;
mod error;
mod http;
mod jobs;
mod offer_words;
mod pages;
mod reader;
mod refund_words;
mod state;
mod words;
mod worker;

use std::sync::Arc;

use tradewind_accounts_contract::SERVICE as ACCOUNTS;
use tradewind_cart_contract::SERVICE as CART;
use tradewind_catalogue_contract::SERVICE as CATALOGUE;
use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Init, Service};
use tradewind_customers_contract::SERVICE as CUSTOMERS;
use tradewind_orders_contract::SERVICE as ORDERS;
use tradewind_pages::{Asset, Assets, EVIDENCE, MIGRATIONS, SESSION_SECRET, Sessions};
use tradewind_payments_contract::SERVICE as PAYMENTS;
use tradewind_stock_contract::SERVICE as STOCK;

use crate::config::Settings;
use crate::state::{Office, Owner};

/// The name of the service.
pub const SERVICE: &str = "backoffice";

/// Those who own what is changed here, and record who did it.
const OWNERS: [&str; 7] = [CATALOGUE, STOCK, ORDERS, PAYMENTS, CUSTOMERS, CART, ACCOUNTS];

const STYLE: Asset = Asset {
    name: "backoffice.css",
    media_type: "text/css; charset=utf-8",
    bytes: include_bytes!("../assets/backoffice.css"),
};
const ICON: Asset =
    Asset { name: "icon.svg", media_type: "image/svg+xml", bytes: include_bytes!("../assets/icon.svg") };

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    let about = "The pages of those who work for the shop, and what each of them did.";
    let definition = Definition::new(SERVICE, about, start)
        .migrations(MIGRATIONS)
        .evidence(EVIDENCE)
        .keeps_secret(SESSION_SECRET)
        .public(8015, http::public())
        .internal(8115, Routes::new())
        .self_paced_job("forget-sessions", jobs::FIRST_ROUND, jobs::forget);
    OWNERS.into_iter().fold(definition, Definition::calls).build()
}

fn start(init: &mut Init<Settings>) -> Result<Office, String> {
    let Settings { deadline, session_lifetime, session_key } = init.settings.clone();
    let secret = session_key.map_or_else(|| init.secret(SESSION_SECRET), Ok)?;
    let sessions = Sessions::new(init.db.clone(), &secret, init.entropy.fork("sessions"), session_lifetime)?;
    let owners = OWNERS.map(|name| Owner { name, door: init.dependency(name).within(deadline) });
    let assets = Assets::new("/admin/assets", &[STYLE, ICON]);
    Ok(Office { owners, sessions: Arc::new(sessions), assets })
}
