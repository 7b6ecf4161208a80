//! Searching: what is asked, and the page of products that answers it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Currency, Money, Slug};

use crate::{Availability, CategoryRef, Image, Language, ProductId};

/// The most characters of `q`.
pub const MAX_QUERY: usize = 200;

/// Products on a page when nothing is said.
pub const DEFAULT_SEARCH_LIMIT: u16 = 24;

/// In which sequence products are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum ProductSort {
    /// Those first that fit the words best; without words by name.
    #[default]
    #[serde(rename = "relevance")]
    Relevance,
    /// By name.
    #[serde(rename = "name")]
    Name,
    /// The cheapest first.
    #[serde(rename = "price")]
    PriceAscending,
    /// The most expensive first.
    #[serde(rename = "-price")]
    PriceDescending,
    /// Those first that were listed last.
    #[serde(rename = "newest")]
    Newest,
}

/// What is looked for: `GET /api/catalogue/v1/search`. Everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchQuery {
    /// Words that name, description or attributes hold, up to 200 characters; the last one may be unfinished. Nothing
    /// in it has a meaning besides its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200), example = &"anvil")]
    pub q: Option<String>,
    /// The slug of a category; what is in the ones below it is in it, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Slug>,
    /// Attributes as `name:value`, separated by commas, up to 20: `colour:red,colour:blue,size:m`. Of several values
    /// of the same attribute one is enough; of different attributes each must fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 3_000), example = &"colour:red")]
    pub attribute: Option<String>,
    /// The least price in minor units of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0), example = 0)]
    pub price_min: Option<i64>,
    /// The greatest price in minor units of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0), example = 1_000_000)]
    pub price_max: Option<i64>,
    /// In which currency prices are shown; `GBP` when nothing is said. What has no price in it is not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// `true`: only what can be had now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_stock: Option<bool>,
    /// In which sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<ProductSort>,
    /// The `next` mark of the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The greatest number of products wanted; 1 to 200, 24 when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200), example = 24)]
    pub limit: Option<u16>,
    /// In which language names are shown; English when nothing is said, and where there is no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Language>,
    /// `false`: no facets; they are on the first page otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facets: Option<bool>,
}

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductSummary {
    /// Its id.
    pub id: ProductId,
    /// Its name, in the language asked for.
    pub name: String,
    /// Its name as a part of an address, such as `large-anvil`; the id is what counts.
    pub slug: String,
    /// Its price in the currency asked for; of a product with variants the least of theirs.
    pub price: Money,
    /// The same price, when there are variants at others: show "from".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_price: Option<Money>,
    /// Its first image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The category it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryRef>,
    /// Whether it can be had, as far as it is known; of a product with variants whether one of them can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// Whether it has variants, so that one has to be chosen before it can be bought.
    #[serde(default)]
    pub has_variants: bool,
}

/// A category, and how many of what was found is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryCount {
    /// Its slug.
    pub slug: Slug,
    /// Its name, in the language asked for.
    pub name: String,
    /// How many products.
    pub count: u64,
}

/// A value of an attribute, and how many of what was found has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueCount {
    /// The value.
    pub value: Slug,
    /// What it is called, in the language asked for.
    pub label: String,
    /// How many products.
    pub count: u64,
}

/// An attribute that what was found has, with its values. Of an attribute that was asked for the values count what
/// would be found without asking for it, so that another one can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttributeFacet {
    /// The name of the attribute, for `attribute`.
    pub name: Slug,
    /// What it is called, in the language asked for.
    pub label: String,
    /// Its values, the most frequent first.
    pub values: Vec<ValueCount>,
}

/// The least and the greatest price of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceRange {
    /// The least.
    pub min: Money,
    /// The greatest.
    pub max: Money,
}

/// By what the products that were found can be told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Facets {
    /// The categories right below the one asked for, or the topmost ones.
    pub categories: Vec<CategoryCount>,
    /// Attributes by name.
    pub attributes: Vec<AttributeFacet>,
    /// The range of prices; absent when nothing was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceRange>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// The products, in the sequence asked for.
    pub items: Vec<ProductSummary>,
    /// Where the next page begins; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many products were found in all.
    pub total: u64,
    /// Counts of what was found; on the first page, unless they were declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facets: Option<Facets>,
    /// The words that were searched for in place of those that nobody knows: "anvli" becomes "anvil".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
}
