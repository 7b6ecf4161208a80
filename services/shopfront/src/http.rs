//! Doors: ask the others, encode.

use std::sync::Arc;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::offer::Shown;
use crate::state::Shopfront;
use crate::{gather, page};

const HTML: &str = "text/html; charset=utf-8";

/// What every page says to browsers: nothing is loaded, run, framed or sent anywhere, and nothing is kept.
const PAGE_HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

/// The original contract answers every method at the first two.
pub(crate) fn public() -> Routes<Shopfront> {
    Routes::new()
        .any("/", front_page)
        .describe(operation("Show the shop as a page").answers_text(HTML).problems(&[UNAVAILABLE]))
        .any("/products", products)
        .describe(listing("List what is for sale as the original contract does"))
        .get("/health", health)
        .describe(operation("Say whether the service is up").answers::<Up>(200))
        .get("/api/shopfront/v1/products", products_v1)
        .describe(listing("List what is for sale"))
}

fn listing(summary: &'static str) -> Operation {
    operation(summary).answers::<Vec<Shown>>(200).problems(&[UNAVAILABLE])
}

async fn products(shop: Arc<Shopfront>, call: Call) -> Result<Reply, Problem> {
    Reply::ok(&gather::offers(&shop, &call).await?)
}

async fn products_v1(shop: Arc<Shopfront>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    products(shop, call).await
}

async fn front_page(shop: Arc<Shopfront>, call: Call) -> Result<Reply, Problem> {
    match gather::offers(&shop, &call).await {
        Ok(offers) => html(StatusCode::OK, page::shop(&offers)),
        Err(problem) => out_of_order(&problem),
    }
}

/// People get words, not a problem document.
fn out_of_order(problem: &Problem) -> Result<Reply, Problem> {
    tracing::error!(%problem, "the page cannot be shown");
    let seconds = problem.wait().map_or(1, |wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
    let reply = html(StatusCode::SERVICE_UNAVAILABLE, page::out_of_order(seconds))?;
    reply.header(RETRY_AFTER, &seconds.to_string())
}

fn html(status: StatusCode, page: String) -> Result<Reply, Problem> {
    let reply = Reply::bytes(status, HTML, page);
    PAGE_HEADERS.into_iter().try_fold(reply, |reply, (name, value)| reply.header(name, value))
}

#[derive(Serialize, JsonSchema)]
struct Up {
    status: &'static str,
}

async fn health(_: Arc<Shopfront>, _: Call) -> Result<Reply, Problem> {
    Reply::ok(&Up { status: "UP" })
}
