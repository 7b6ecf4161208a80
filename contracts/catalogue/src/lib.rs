//! What the catalogue promises: products, their prices, and the events that tell of them.

#![warn(missing_docs)]

mod bulk;
mod client;
mod detail;
mod language;
mod price;
mod search;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::{Event, EventType};
use tradewind_kernel::{Money, Slug};

pub use bulk::{
    BulkFormat, BulkProduct, ImportChunk, ImportProgress, MAX_CHUNK_BYTES, MAX_CHUNK_ROWS, RowError,
};
pub use client::{CatalogueAdminClient, CatalogueClient};
pub use detail::{
    Attribute, Availability, AvailabilityLevel, Category, CategoryRef, Choice, Image, ListedPrice,
    MAX_SHOWN_AMOUNT, OptionValue, ProductOption, PutCategory, PutDetails, SetAttribute, SetImage,
    SetListedPrice, SetOption, SetOptionValue, ShowQuery, Variant, VariantOf,
};
pub use language::{InvalidLanguage, Label, Language, ProductText};
pub use price::DecimalPrice;
pub use search::{
    AttributeFacet, CategoryCount, DEFAULT_SEARCH_LIMIT, Facets, MAX_QUERY, PriceRange, ProductSort,
    ProductSummary, SearchPage, SearchQuery, ValueCount,
};

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

/// A product in the list of all by id: `GET /api/catalogue/v1/products`.
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

/// All that a product page shows: `GET /api/catalogue/v1/products/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductDetail {
    /// Its id.
    pub id: ProductId,
    /// Its name, in the language asked for.
    pub name: String,
    /// What it is, in the language asked for.
    pub description: String,
    /// Its main price.
    pub price: Money,
    /// Its prices in other currencies, each in one of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<Money>,
    /// Its name as a part of an address, such as `large-anvil`; the id is what counts.
    #[serde(default)]
    pub slug: String,
    /// Where it belongs, the topmost category first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category_path: Vec<CategoryRef>,
    /// What it is like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Its images, the main one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// What has to be chosen before it can be bought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ProductOption>,
    /// In which forms it is sold, by id. With any, one of them is bought in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// The product of which it is a variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_of: Option<ProductId>,
    /// Name and description in all other languages than English.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<ProductText>,
    /// Its prices for those whom a price list is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub price_lists: Vec<ListedPrice>,
    /// Whether it can be had, as far as it is known; with variants whether one of them can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
}

/// What is said of a product when it is listed or changed: `PUT /admin/products/{id}`, internal door; for admins
/// `PUT /api/catalogue/v1/admin/products/{id}`.
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
