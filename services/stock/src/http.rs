//! Doors: decode, call one action or query, encode.

use std::sync::Arc;

use serde::Serialize;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;
use tradewind_stock_contract::{ReceiveStock, RegisterItem};

use crate::actions::receive::Receive;
use crate::actions::register::Register;
use crate::state::Stock;
use crate::{error, store};

/// The original contract answers every method here.
pub(crate) fn public() -> Routes<Stock> {
    Routes::new()
        .any("/stocks", stocks)
        .any("/stocks/{product_id}", stock)
        .get("/health", health)
        .get("/api/stock/v1/stocks", stocks_v1)
        .get("/api/stock/v1/stocks/{product_id}", stock_v1)
}

pub(crate) fn internal() -> Routes<Stock> {
    Routes::new()
        .put("/admin/items/{product_id}", register)
        .post("/admin/items/{product_id}/receipts", receive)
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

#[derive(Serialize)]
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

async fn receive(stock: Arc<Stock>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let product = call.parameter("product_id")?;
    let ReceiveStock { quantity, reference } = call.json().await?;
    call.command(&stock.db, Receive { product, quantity, reference }).await
}
