//! Doors: decode, call one action or query, encode.

mod desk;
mod staff;

use std::sync::Arc;

use http::StatusCode;
use http::header::LOCATION;
use tradewind_cart_contract::{
    self as contract, Accepted, CARTS_PATH, CartId, CompleteCart, CreateCart, EnterCoupon, MergeCart, Quote,
    SetDestination, SetLine,
};
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Id, Page, PageRequest, Principal, Slug};
use tradewind_problem::{CONFLICT, FORBIDDEN, INVALID_PARAMETER, NOT_FOUND, Problem};

use crate::actions::change_cart::{Change, Difference};
use crate::actions::complete_cart::Complete;
use crate::actions::create_cart::{Create, random_id};
use crate::actions::merge_cart::Merge;
use crate::actions::quote_cart::Ask;
use crate::error;
use crate::state::Carts;
use crate::store::carts;

pub(crate) use staff::internal;

/// None of what guests do is a command with a key: keys belong to who sends them, and of guests nobody knows who they
/// are, so that two who choose the same key would be taken for one. All of it may be said again.
pub(crate) fn public() -> Routes<Carts> {
    let routes = Routes::new()
        .post(CARTS_PATH, create)
        .describe(
            operation("Make an empty cart: one's own with a token, else a guest's")
                .takes::<CreateCart>()
                .answers::<contract::Cart>(201)
                .located()
                .problems(&[error::COUNTRY_NOT_SERVED]),
        )
        .get(CARTS_PATH, list)
        .describe(
            operation("List the caller's open carts by id")
                .bearer()
                .query::<PageRequest>()
                .answers::<Page<contract::Cart>>(200)
                .problems(&[FORBIDDEN]),
        )
        .get("/api/cart/v1/carts/{id}", show)
        .describe(of_cart("Show a cart").answers::<contract::Cart>(200))
        .put("/api/cart/v1/carts/{id}/lines/{product}", put_line)
        .describe(
            changing("Set how many of a product are wanted")
                .parameter::<Slug>("product")
                .takes::<SetLine>()
                .problems(&[error::UNKNOWN_PRODUCT, error::CART_FULL]),
        )
        .delete("/api/cart/v1/carts/{id}/lines/{product}", remove_line)
        .describe(changing("Take a product out").parameter::<Slug>("product"))
        .put("/api/cart/v1/carts/{id}/destination", send_to)
        .describe(
            changing("Set country and currency")
                .takes::<SetDestination>()
                .problems(&[error::COUNTRY_NOT_SERVED]),
        )
        .put("/api/cart/v1/carts/{id}/coupon", enter_coupon)
        .describe(
            changing("Enter a coupon")
                .takes::<EnterCoupon>()
                .problems(&[error::COUPON_NOT_VALID, error::COUPON_USED_UP]),
        )
        .delete("/api/cart/v1/carts/{id}/coupon", remove_coupon)
        .describe(changing("Take the coupon out"))
        .post("/api/cart/v1/carts/{id}/merge", merge)
        .describe(
            changing("Put what is in a guest's cart into one's own")
                .bearer()
                .takes::<MergeCart>()
                .problems(&[FORBIDDEN, error::CART_FULL, CONFLICT]),
        )
        .post("/api/cart/v1/carts/{id}/quotes", quote)
        .describe(
            of_cart("Ask what a cart costs; the answer holds for a while")
                .answers::<Quote>(201)
                .problems(QUOTING),
        )
        .post("/api/cart/v1/carts/{id}/completion", complete)
        .describe(
            of_cart("Take a quote: make an order of one's own cart; again: the same order")
                .bearer()
                .takes::<CompleteCart>()
                .command()
                .answers::<Accepted>(202)
                .located()
                .problems(COMPLETING),
        );
    desk::add_to(routes)
}

const QUOTING: &[tradewind_problem::Kind] = &[
    error::CART_COMPLETED,
    error::CART_EMPTY,
    error::NOT_PRICED,
    error::COUPON_NOT_VALID,
    error::COUNTRY_NOT_SERVED,
    error::ORDER_TOO_LARGE,
];

const COMPLETING: &[tradewind_problem::Kind] = &[
    FORBIDDEN,
    NOT_FOUND,
    error::GUEST_CART,
    error::QUOTE_EXPIRED,
    error::CART_CHANGED,
    error::COUPON_USED_UP,
];

fn of_cart(summary: &'static str) -> Operation {
    operation(summary).parameter::<CartId>("id").problems(&[NOT_FOUND])
}

fn changing(summary: &'static str) -> Operation {
    of_cart(summary).answers::<contract::Cart>(200).problems(&[error::CART_COMPLETED])
}

/// The user who asks; whoever else sees what guests see.
fn user(call: &Call) -> Option<Id> {
    match &call.context().principal {
        Principal::User(id) => Some(*id),
        Principal::Anonymous | Principal::Staff(_) | Principal::Admin(_) | Principal::Service(_) => None,
    }
}

async fn create(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let wanted: CreateCart = call.json().await?;
    let id = CartId::new(random_id(&carts.entropy));
    let create = Create { id, owner: user(&call), wanted, expiry: carts.expiry };
    let cart = carts.db.write(call.context(), create).await?;
    Reply::json(StatusCode::CREATED, &cart.shown()?)?.header(LOCATION, &format!("{CARTS_PATH}/{id}"))
}

async fn list(carts: Arc<Carts>, call: Call) -> Result<Reply, Problem> {
    let user = call.require_user()?;
    let asked: PageRequest = call.query()?;
    let wrong = |name: &str, detail: &str| {
        Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
    };
    let limit = asked.bounded_limit().ok_or_else(|| wrong("limit", "ask for 1 to 200 items"))?;
    let after = asked.after.as_deref().map(str::parse::<Id>).transpose();
    let after = after.map_err(|_| wrong("after", "send the next mark of the page before"))?;
    let after = CartId::new(after.unwrap_or(Id::from_u128(0)));
    let found = carts::page(&carts.db, user, call.clock().now(), (after, limit + 1)).await?;
    let shown = found.iter().map(carts::Cart::shown).collect::<Result<Vec<_>, _>>()?;
    Reply::ok(&Page::from_probe(shown, limit, |cart| cart.id.to_string()))
}

async fn show(carts: Arc<Carts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    let cart = carts::show(&carts.db, id, user(&call), call.clock().now()).await?;
    Reply::ok(&cart.ok_or_else(error::no_cart)?.shown()?)
}

async fn change(carts: &Carts, call: &Call, difference: Difference) -> Result<Reply, Problem> {
    let id = call.parameter("id")?;
    let change = Change { id, user: user(call), difference, expiry: carts.expiry };
    Reply::ok(&carts.db.write(call.context(), change).await?.shown()?)
}

async fn put_line(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let product = call.parameter("product")?;
    let SetLine { quantity } = call.json().await?;
    change(&carts, &call, Difference::Line { product, quantity }).await
}

async fn remove_line(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let product = call.parameter("product")?;
    call.no_body().await?;
    change(&carts, &call, Difference::Line { product, quantity: 0 }).await
}

async fn send_to(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let destination = call.json().await?;
    change(&carts, &call, Difference::Destination(destination)).await
}

async fn enter_coupon(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let EnterCoupon { code } = call.json().await?;
    change(&carts, &call, Difference::Coupon(Some(code))).await
}

async fn remove_coupon(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    call.no_body().await?;
    change(&carts, &call, Difference::Coupon(None)).await
}

async fn merge(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let user = call.require_user()?;
    let guest = call.parameter("id")?;
    let MergeCart { into } = call.json().await?;
    let merge = Merge { guest, into, user, expiry: carts.expiry };
    Reply::ok(&carts.db.write(call.context(), merge).await?.shown()?)
}

async fn quote(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let cart = call.parameter("id")?;
    call.no_body().await?;
    let ask = Ask { cart, user: user(&call), ttl: carts.quote_ttl };
    Reply::json(StatusCode::CREATED, &carts.db.write(call.context(), ask).await?)
}

async fn complete(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let user = call.require_user()?;
    let cart = call.parameter("id")?;
    let taken: CompleteCart = call.json().await?;
    call.command(&carts.db, Complete { cart, user, taken }).await
}
