//! What the catalogue promises: products, their prices, and the events that tell of them.

#![warn(missing_docs)]

mod price;

use http::{HeaderName, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_client::Caller;
use tradewind_events::{Event, EventType};
use tradewind_kernel::{Money, Page, Slug};
use tradewind_problem::Problem;

pub use price::DecimalPrice;

/// The name of the service.
pub const SERVICE: &str = "catalogue";

/// The id of a product, such as `1`.
pub type ProductId = Slug;

/// A product as the original shop's contract shows it: `GET /products` and `GET /products/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegacyProduct {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Its price in pounds, a decimal number with two places.
    pub price: DecimalPrice,
}

/// A product: `GET /api/catalogue/v1/products` and `GET /api/catalogue/v1/products/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Its main price.
    pub price: Money,
    /// Its prices in other currencies, each in one of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<Money>,
}

/// What is said of a product when it is listed or changed: `PUT /admin/products/{id}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListProduct {
    /// Its name, 1 to 200 characters.
    #[schemars(length(min = 1, max = 200), example = &"Widget")]
    pub name: String,
    /// What it is, up to 2,000 characters.
    #[serde(default)]
    #[schemars(length(max = 2_000))]
    pub description: String,
    /// Its main price; not negative.
    pub price: Money,
    /// Its prices in other currencies, up to 50, each in one of its own and not negative; those that are not named are
    /// taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), example = in_euro())]
    pub prices: Vec<Money>,
}

/// A price in another currency, as an example.
fn in_euro() -> Vec<Money> {
    let euro = "EUR".parse().ok();
    euro.map(|euro| Money::from_minor(140, euro)).into_iter().collect()
}

/// A product was listed, or what is said of it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductListed {
    /// The product.
    pub product_id: ProductId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Its main price from now on.
    pub price: Money,
    /// Its prices in other currencies from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<Money>,
}

impl Event for ProductListed {
    const TYPE: &'static str = "tradewind.catalogue.product-listed.v1";

    fn partition_key(&self) -> String {
        format!("product-{}", self.product_id)
    }
}

/// What other systems may read: what the shop sells, and for how much.
#[must_use]
pub fn public_events() -> Vec<EventType> {
    vec![EventType::of::<ProductListed>()]
}

/// Calls the catalogue.
#[derive(Debug, Clone)]
pub struct CatalogueClient(Caller);

impl CatalogueClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// The first products by id.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn products(&self) -> Result<Page<Product>, Problem> {
        self.0.get("/api/catalogue/v1/products").await
    }

    /// All products by id, as the original shop's contract shows them.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn legacy_products(&self) -> Result<Vec<LegacyProduct>, Problem> {
        self.0.get("/products").await
    }

    /// Lists a product or changes what is said of it; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn list(&self, id: &ProductId, product: &ListProduct, key: &str) -> Result<(), Problem> {
        let caller = self.0.clone().header(HeaderName::from_static("idempotency-key"), key);
        caller.send(Method::PUT, &format!("/admin/products/{id}"), product).await
    }
}
