//! Doors by gRPC: decode, call the same action or query as the REST routes, encode.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Routes};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;
use tradewind_stock_contract as contract;
use tradewind_stock_contract::grpc::v1;

use crate::actions::receive::Receive;
use crate::actions::register::Register;
use crate::state::Stock;
use crate::{error, store};

/// The most products that are asked for at a time.
const MAX_BATCH: usize = 100;

pub(crate) fn public(routes: Routes<Stock>) -> Routes<Stock> {
    routes.rpc(v1::LIST_STOCKS, list).rpc(v1::GET_STOCK, get).rpc(v1::BATCH_GET_STOCKS, batch)
}

pub(crate) fn internal(routes: Routes<Stock>) -> Routes<Stock> {
    routes.rpc(v1::REGISTER_ITEM, register).rpc(v1::RECEIVE_STOCK, receive)
}

async fn list(
    stock: Arc<Stock>,
    _: Call,
    _: v1::ListStocksRequest,
) -> Result<v1::ListStocksResponse, Problem> {
    let stocks = store::all(&stock.db).await?;
    Ok(v1::ListStocksResponse { stocks: stocks.into_iter().map(Into::into).collect() })
}

async fn get(stock: Arc<Stock>, _: Call, request: v1::GetStockRequest) -> Result<v1::Stock, Problem> {
    let [product] = names([("/product_id", &request.product_id)])?;
    let found = store::find(&stock.db, &product).await?;
    Ok(found.ok_or_else(error::no_item)?.into())
}

async fn batch(
    stock: Arc<Stock>,
    _: Call,
    request: v1::BatchGetStocksRequest,
) -> Result<v1::BatchGetStocksResponse, Problem> {
    if !(1..=MAX_BATCH).contains(&request.product_ids.len()) {
        return Err(error::invalid("/product_ids", "ask for 1 to 100 products"));
    }
    let mut products = Vec::new();
    for (index, text) in request.product_ids.iter().enumerate() {
        let [product] = names([(&format!("/product_ids/{index}"), text)])?;
        products.push(product);
    }
    let stocks = store::of(&stock.db, &products).await?;
    Ok(v1::BatchGetStocksResponse { stocks: stocks.into_iter().map(Into::into).collect() })
}

async fn register(
    stock: Arc<Stock>,
    mut call: Call,
    request: v1::RegisterItemRequest,
) -> Result<v1::RegisterItemResponse, Problem> {
    let [product, sku] = names([("/product_id", &request.product_id), ("/sku", &request.sku)])?;
    call.command(&stock.db, Register { product, sku }).await?.document::<()>()?;
    Ok(v1::RegisterItemResponse {})
}

async fn receive(
    stock: Arc<Stock>,
    mut call: Call,
    request: v1::ReceiveStockRequest,
) -> Result<v1::Stock, Problem> {
    let [product] = names([("/product_id", &request.product_id)])?;
    let reference = request.reference.as_deref().map(|text| names([("/reference", text)])).transpose()?;
    let reference = reference.map(|[reference]| reference);
    let command = Receive { product, quantity: request.quantity, reference };
    let received: contract::Stock = call.command(&stock.db, command).await?.document()?;
    Ok(received.into())
}

/// The fields as names; all that are none are told at once.
fn names<const N: usize>(fields: [(&str, &str); N]) -> Result<[Slug; N], Problem> {
    let mut names = Vec::with_capacity(N);
    let mut refusal = None;
    for (pointer, text) in fields {
        match text.parse::<Slug>() {
            Ok(name) => names.push(name),
            Err(wrong) => {
                let problem: Problem = refusal.take().unwrap_or_else(error::invalid_message);
                refusal = Some(problem.error(pointer, wrong.to_string()));
            }
        }
    }
    match (refusal, <[Slug; N]>::try_from(names)) {
        (Some(refusal), _) => Err(refusal),
        (None, Ok(names)) => Ok(names),
        (None, Err(_)) => Err(Problem::internal("fields and names differ in number")),
    }
}
