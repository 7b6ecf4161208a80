//! Doors: decode, call one action or query, encode.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Id, Slug};
use tradewind_problem::{CONFLICT, FORBIDDEN, Problem};
use tradewind_stock_contract::{self as contract, ReceiveStock, RegisterItem};

use crate::actions::pick::Pick;
use crate::actions::put_back::PutBack;
use crate::actions::receive::Receive;
use crate::actions::register::Register;
use crate::state::Stock;
use crate::{error, store};

/// What is shown of one product; the state of the service has the same name.
type ShownOne = contract::Stock;
type Shown = Vec<ShownOne>;

/// The original contract answers every method here.
pub(crate) fn public() -> Routes<Stock> {
    Routes::new()
        .any("/stocks", stocks)
        .describe(operation("List what is available as the original contract does").answers::<Shown>(200))
        .any("/stocks/{product_id}", stock)
        .describe(of_product("Show what is available as the original contract does").answers::<ShownOne>(200))
        .get("/health", health)
        .describe(operation("Say whether the service is up").answers::<Up>(200))
        .get("/api/stock/v1/stocks", stocks_v1)
        .describe(operation("List what is available").answers::<Shown>(200))
        .get("/api/stock/v1/stocks/{product_id}", stock_v1)
        .describe(of_product("Show what is available of a product").answers::<ShownOne>(200))
        .put("/api/stock/v1/admin/items/{product_id}", register_for_staff)
        .describe(
            of_product("Make an item known, or change its unit; for admins")
                .bearer()
                .takes::<RegisterItem>()
                .command()
                .answers_nothing()
                .problems(&[FORBIDDEN]),
        )
        .post("/api/stock/v1/admin/items/{product_id}/receipts", receive_for_staff)
        .describe(
            of_product("Take goods in; for staff")
                .bearer()
                .takes::<ReceiveStock>()
                .command()
                .answers::<ShownOne>(200)
                .problems(&[FORBIDDEN, CONFLICT]),
        )
}

pub(crate) fn internal() -> Routes<Stock> {
    Routes::new()
        .put("/admin/items/{product_id}", register)
        .describe(
            of_product("Make an item known, or change its unit")
                .takes::<RegisterItem>()
                .command()
                .answers_nothing(),
        )
        .post("/admin/items/{product_id}/receipts", receive)
        .describe(
            of_product("Take goods in")
                .takes::<ReceiveStock>()
                .command()
                .answers::<ShownOne>(200)
                .problems(&[CONFLICT]),
        )
        .put("/admin/picks/{order_id}", pick)
        .describe(
            of_order("Take what an order has reserved out of the shelves; again: nothing more")
                .answers_nothing()
                .problems(&[error::NOTHING_RESERVED]),
        )
        .delete("/admin/picks/{order_id}", put_back)
        .describe(
            of_order("Put back what was picked for an order and let go of what it holds, for good")
                .answers_nothing(),
        )
}

fn of_order(summary: &'static str) -> Operation {
    operation(summary).parameter::<Id>("order_id")
}

fn of_product(summary: &'static str) -> Operation {
    operation(summary).parameter::<Slug>("product_id")
}

async fn stocks(stock: Arc<Stock>, _: Call) -> Result<Reply, Problem> {
    Reply::ok(&store::all(&stock.db).await?)
}

async fn stock(stock: Arc<Stock>, call: Call) -> Result<Reply, Problem> {
    let product: Slug = call.parameter("product_id")?;
    let found = store::find(&stock.db, &product).await?;
    Reply::ok(&found.ok_or_else(error::no_item)?)
}

async fn stocks_v1(stock: Arc<Stock>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    stocks(stock, call).await
}

async fn stock_v1(state: Arc<Stock>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    stock(state, call).await
}

#[derive(Serialize, JsonSchema)]
struct Up {
    status: &'static str,
}

async fn health(_: Arc<Stock>, _: Call) -> Result<Reply, Problem> {
    Reply::ok(&Up { status: "UP" })
}

async fn register(stock: Arc<Stock>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let product = call.parameter("product_id")?;
    let RegisterItem { sku } = call.json().await?;
    call.command(&stock.db, Register { product, sku }).await
}

async fn register_for_staff(stock: Arc<Stock>, call: Call) -> Result<Reply, Problem> {
    call.require_admin()?;
    register(stock, call).await
}

async fn receive_for_staff(stock: Arc<Stock>, call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    receive(stock, call).await
}

async fn receive(stock: Arc<Stock>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let product = call.parameter("product_id")?;
    let ReceiveStock { quantity, reference } = call.json().await?;
    call.command(&stock.db, Receive { product, quantity, reference }).await
}

async fn pick(stock: Arc<Stock>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order = call.parameter("order_id")?;
    call.no_body().await?;
    stock.db.write(call.context(), Pick { order }).await
}

async fn put_back(stock: Arc<Stock>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order = call.parameter("order_id")?;
    call.no_body().await?;
    Ok(stock.db.write(call.context(), PutBack { order }).await?)
}
