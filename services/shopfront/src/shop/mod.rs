//! The shop that people use: pages below `/shop`. Everything works without scripts.

mod assets;
mod cart;
mod checkout;
mod drawn;
mod frame;
mod goods;
mod goods_view;
mod home;
mod listing;
mod live;
mod order_view;
mod orders;
mod preferences;
mod product;
mod profile;
mod refund;
mod refund_view;
mod refusal;
mod routed;
mod shopper;
mod sign;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_problem::{NOT_FOUND, Problem};

use crate::state::Shopfront;
use routed::{sent, shown};

pub(crate) use assets::all as assets;

/// Adds the pages.
pub(crate) fn add_to(routes: Routes<Shopfront>) -> Routes<Shopfront> {
    let routes = browsing(routes);
    let routes = buying(routes);
    let routes = ordering(routes);
    being_somebody(routes).otherwise(nowhere)
}

fn browsing(routes: Routes<Shopfront>) -> Routes<Shopfront> {
    routes
        .get("/shop", shown(home::home))
        .for_people()
        .get("/shop/products", shown(listing::listing))
        .for_people()
        .get("/shop/products/{id}", shown(product::product))
        .for_people()
        .get("/shop/assets/{file}", asset)
        .for_people()
        .post("/shop/preferences", sent(preferences::choose))
        .for_people()
}

fn buying(routes: Routes<Shopfront>) -> Routes<Shopfront> {
    routes
        .get("/shop/cart", shown(cart::cart))
        .for_people()
        .get("/shop/cart/drawer", shown(cart::drawer))
        .for_people()
        .post("/shop/cart/lines", sent(cart::add))
        .for_people()
        .post("/shop/cart/quantities", sent(cart::set))
        .for_people()
        .post("/shop/cart/coupon", sent(cart::coupon))
        .for_people()
        .get("/shop/checkout", shown(checkout::choose))
        .for_people()
        .post("/shop/checkout", sent(checkout::chosen))
        .for_people()
        .get("/shop/checkout/review", shown(checkout::review))
        .for_people()
        .post("/shop/checkout/order", sent(checkout::place))
        .for_people()
}

fn ordering(routes: Routes<Shopfront>) -> Routes<Shopfront> {
    routes
        .get("/shop/orders", shown(orders::history))
        .for_people()
        .get("/shop/orders/{id}", shown(orders::order))
        .for_people()
        .get("/shop/orders/{id}/live", shown(live::live))
        .for_people()
        .post("/shop/orders/{id}/cancellation", sent(orders::cancel))
        .for_people()
        .post("/shop/orders/{id}/refund-requests", sent(refund::ask))
        .for_people()
}

fn being_somebody(routes: Routes<Shopfront>) -> Routes<Shopfront> {
    routes
        .get("/shop/sign-in", shown(sign::sign_in))
        .for_people()
        .post("/shop/sign-in", sent(sign::signed_in))
        .for_people()
        .get("/shop/register", shown(sign::register))
        .for_people()
        .post("/shop/register", sent(sign::registered))
        .for_people()
        .post("/shop/sign-out", sent(sign::sign_out))
        .for_people()
        .get("/shop/account", shown(profile::profile))
        .for_people()
}

async fn asset(shop: Arc<Shopfront>, call: Call) -> Result<Reply, Problem> {
    shop.assets.serve(&call, "file")
}

/// What no route answers: words below `/shop`, and what it always was elsewhere.
async fn nowhere(shop: Arc<Shopfront>, call: Call) -> Result<Reply, Problem> {
    let none = || Problem::new(&NOT_FOUND).detail("No resource has this path. Check its spelling.");
    if !call.uri().path().starts_with("/shop/") {
        return Err(none());
    }
    let shown = shown(move |_| async move { Err(none()) });
    shown(shop, call).await.map(|reply| reply.label("otherwise"))
}
