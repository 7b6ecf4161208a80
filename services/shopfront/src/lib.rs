//! The shop that a person sees in a browser: goods, cart, orders, account; and the page of the original contract.

mod config;
mod error;
mod gather;
mod http;
mod offer;
mod page;
mod shop;
mod state;

use std::sync::Arc;
use std::time::Duration;

use tradewind_accounts_contract::SERVICE as ACCOUNTS;
use tradewind_cart_contract::SERVICE as CART;
use tradewind_catalogue_contract::SERVICE as CATALOGUE;
use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Init, Service};
use tradewind_customers_contract::SERVICE as CUSTOMERS;
use tradewind_orders_contract::SERVICE as ORDERS;
use tradewind_pages::{SESSION_SECRET, Sessions};
use tradewind_payments_contract::SERVICE as PAYMENTS;
use tradewind_shipping_contract::SERVICE as SHIPPING;
use tradewind_stock_contract::SERVICE as STOCK;

use crate::config::Settings;
use crate::state::{Peers, Shopfront};

/// The name of the service.
pub const SERVICE: &str = "shopfront";

/// The pause before sessions that have expired are thrown away for the first time, and between two rounds.
const ROUND: Duration = Duration::from_secs(3_600);

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    let definition = Definition::new(SERVICE, "The shop in a browser: goods, cart, orders, account.", start)
        .migrations(tradewind_pages::MIGRATIONS)
        .evidence(tradewind_pages::EVIDENCE)
        .public(8010, shop::add_to(http::public()))
        .internal(8110, Routes::new())
        .self_paced_job("forget-sessions", ROUND, forget)
        .keeps_secret(SESSION_SECRET)
        .problems(error::KINDS);
    let peers = [CATALOGUE, STOCK, ACCOUNTS, CART, ORDERS, CUSTOMERS, PAYMENTS, SHIPPING];
    peers.into_iter().fold(definition, Definition::calls).build()
}

fn start(init: &mut Init<Settings>) -> Result<Shopfront, String> {
    init.settings.check()?;
    let settings = init.settings.clone();
    let kept = init.secret(SESSION_SECRET)?;
    let key = settings.session_key.clone().unwrap_or(kept);
    let sessions = Sessions::new(init.db.clone(), &key, init.entropy.fork("sessions"), settings.session_ttl)?;
    let mut peer = |name| init.dependency(name).within(settings.page_deadline);
    let peers = Peers {
        accounts: peer(ACCOUNTS),
        cart: peer(CART),
        orders: peer(ORDERS),
        customers: peer(CUSTOMERS),
        payments: peer(PAYMENTS),
        shipping: peer(SHIPPING),
    };
    Ok(Shopfront {
        catalogue: init.dependency(CATALOGUE).within(settings.catalogue_deadline),
        stock: init.dependency(STOCK).within(settings.stock_deadline),
        stock_protocol: settings.stock_protocol,
        compat: settings.compat,
        peers,
        sessions: Arc::new(sessions),
        assets: shop::assets(),
    })
}

/// Throws away sessions that have expired.
async fn forget(shop: Arc<Shopfront>) -> Result<Duration, tradewind_db::DbError> {
    shop.sessions.forget(SERVICE).await?;
    Ok(ROUND)
}
