//! Doors: decode, call one action or query, encode.

mod search;
mod staff;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use tradewind_catalogue_contract::{
    Category, DecimalPrice, Language, LegacyProduct, ListProduct, Product, ProductDetail, ProductId,
    SearchPage, SearchQuery, ShowQuery,
};
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Page, PageRequest};
use tradewind_problem::{FORBIDDEN, INVALID_PARAMETER, Problem};

use crate::state::Catalogue;
use crate::views::{pages, search as found};
use crate::{error, store};

pub(crate) use staff::internal;

/// The most products that the original contract's list shows; it has no pages.
const LEGACY_LIMIT: u16 = 10_000;

pub(crate) fn public() -> Routes<Catalogue> {
    Routes::new()
        .get("/products", legacy_products)
        .describe(operation("List products as the original contract does").answers::<Vec<LegacyProduct>>(200))
        .get("/products/{id}", legacy_product)
        .describe(of_product("Show a product as the original contract does").answers::<LegacyProduct>(200))
        .get("/api/catalogue/v1/products", products)
        .describe(operation("List products").query::<PageRequest>().answers::<Page<Product>>(200))
        .get("/api/catalogue/v1/products/{id}", product)
        .describe(of_product("Show a product").query::<ShowQuery>().answers::<ProductDetail>(200))
        .get("/api/catalogue/v1/search", search::search)
        .describe(operation("Find products").query::<SearchQuery>().answers::<SearchPage>(200))
        .get("/api/catalogue/v1/categories", categories)
        .describe(operation("List all categories").query::<ShowQuery>().answers::<Vec<Category>>(200))
        .put("/api/catalogue/v1/admin/products/{id}", staff::list_as_admin)
        .describe(
            of_product("List a product, or change what is said of it; for admins")
                .bearer()
                .takes::<ListProduct>()
                .command()
                .answers_nothing()
                .problems(&[FORBIDDEN]),
        )
}

pub(crate) fn admin() -> Routes<Catalogue> {
    Routes::new()
        .get("/healthcheck", health_check)
        .describe(operation("Check the service as the original contract does").answers::<Checks>(200))
}

fn of_product(summary: &'static str) -> Operation {
    operation(summary).parameter::<ProductId>("id")
}

async fn legacy_products(catalogue: Arc<Catalogue>, _: Call) -> Result<Reply, Problem> {
    let products = store::page(&catalogue.db, None, LEGACY_LIMIT).await?;
    Reply::ok(&products.into_iter().map(legacy).collect::<Vec<_>>())
}

async fn legacy_product(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    Reply::ok(&legacy(find(&catalogue, &call).await?))
}

fn legacy(product: Product) -> LegacyProduct {
    let Product { id, name, description, price, .. } = product;
    LegacyProduct { id, name, description, price: DecimalPrice(price) }
}

async fn products(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    let asked: PageRequest = call.query()?;
    let limit = asked.bounded_limit().ok_or_else(|| {
        Problem::new(&INVALID_PARAMETER)
            .detail("The page cannot be given.")
            .error("limit", "ask for 1 to 200 items")
    })?;
    let products = store::page(&catalogue.db, asked.after.as_deref(), limit + 1).await?;
    Reply::ok(&Page::from_probe(products, limit, |product| product.id.to_string()))
}

async fn product(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    let ShowQuery { locale } = call.query()?;
    let id: ProductId = call.parameter("id")?;
    let (page, revision) = pages::find(&catalogue.db, &id).await?.ok_or_else(error::no_product)?;
    let around = search::around(&catalogue, revision).await?;
    Reply::ok(&page.shown(locale.unwrap_or(Language::EN), &around.tree))
}

async fn categories(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    let ShowQuery { locale } = call.query()?;
    let revision = pages::revision(&catalogue.db).await?;
    let around = search::around(&catalogue, revision).await?;
    let counts = found::counts(&catalogue.db).await?;
    Reply::ok(&around.tree.whole(&counts, locale.unwrap_or(Language::EN)))
}

async fn find(catalogue: &Catalogue, call: &Call) -> Result<Product, Problem> {
    let id: ProductId = call.parameter("id")?;
    store::find(&catalogue.db, &id).await?.ok_or_else(error::no_product)
}

#[derive(Serialize, JsonSchema)]
struct Check {
    healthy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The original shop's health check: one entry per check.
#[derive(Serialize, JsonSchema)]
struct Checks {
    deadlocks: Check,
    template: Check,
}

async fn health_check(catalogue: Arc<Catalogue>, _: Call) -> Result<Reply, Problem> {
    let message = format!("Ok with version: {}", catalogue.version);
    Reply::ok(&Checks {
        deadlocks: Check { healthy: true, message: None },
        template: Check { healthy: true, message: Some(message) },
    })
}
