//! What a product page shows besides name and price: where a product belongs, what it is like, and its variants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Money, Slug};

use crate::{Label, Language, ProductId, ProductText};

/// The greatest number that is told of how many there are: above it nobody needs to know.
pub const MAX_SHOWN_AMOUNT: u32 = 10;

/// Whether a product can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum AvailabilityLevel {
    /// There are plenty.
    InStock,
    /// There are a few left; `amount` says how many.
    Low,
    /// There are none.
    SoldOut,
    /// A level that this version does not know.
    #[serde(other)]
    Other,
}

/// Whether a product can be had, as stock told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    /// In a word.
    pub level: AvailabilityLevel,
    /// How many there are, when there are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
}

/// A category by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryRef {
    /// Its slug.
    pub slug: Slug,
    /// Its name, in the language asked for.
    pub name: String,
}

/// An image of a product. Who keeps it is told by nobody here: the path is one of the storage service's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Its path in the storage service, such as `products/3.svg`.
    pub path: String,
    /// What is to be seen on it, in the language asked for.
    pub alt: String,
}

/// Something that a product is like: its colour, its material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// The name, for filters.
    pub name: Slug,
    /// What it is called, in the language asked for.
    pub label: String,
    /// The value, for filters.
    pub value: Slug,
    /// What the value is called, in the language asked for.
    pub value_label: String,
}

/// A value that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OptionValue {
    /// The value.
    pub value: Slug,
    /// What it is called, in the language asked for.
    pub label: String,
}

/// Something that has to be chosen before a product can be bought, such as its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductOption {
    /// The name.
    pub name: Slug,
    /// What it is called, in the language asked for.
    pub label: String,
    /// What can be chosen, in the sequence to be shown.
    pub values: Vec<OptionValue>,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// The name of the option.
    #[schemars(example = &"size")]
    pub option: Slug,
    /// Its value.
    #[schemars(example = &"m")]
    pub value: Slug,
}

/// One form in which a product is sold. Its id is that of a product: it goes into carts and orders, and stock knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    /// Its id.
    pub id: ProductId,
    /// Its name, in the language asked for.
    pub name: String,
    /// What is chosen with it, a value for each option.
    pub choices: Vec<Choice>,
    /// Its main price.
    pub price: Money,
    /// Its prices in other currencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<Money>,
    /// Its first image, if it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// Whether it can be had, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
}

/// A price for those whom a list is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedPrice {
    /// The price list.
    pub list: Slug,
    /// The price.
    pub price: Money,
}

/// How a product is to be shown: `GET /api/catalogue/v1/products/{id}` and `GET /api/catalogue/v1/categories`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowQuery {
    /// In which language; English when nothing is said, and where there is no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Language>,
}

/// A category with those below it: `GET /api/catalogue/v1/categories` answers the topmost ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// Its slug.
    pub slug: Slug,
    /// Its name, in the language asked for.
    pub name: String,
    /// How many products are in it and in those below it; variants are not counted by themselves.
    pub count: u64,
    /// Those right below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Category>,
}

/// Makes a category, or changes it: `PUT /admin/categories/{slug}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutCategory {
    /// Its name in English, 1 to 100 characters.
    #[schemars(length(min = 1, max = 100), example = &"Garden")]
    pub name: String,
    /// Its name in other languages, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub names: Vec<Label>,
    /// The category that it is right below, which is there already; none for a topmost one. Not deeper than five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Slug>,
    /// Its place among those beside it; the same place is by name.
    #[serde(default)]
    pub position: i32,
}

/// An attribute as it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetAttribute {
    /// Its name, such as `colour`.
    #[schemars(example = &"colour")]
    pub name: Slug,
    /// What it is called, by language; without English the name stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub labels: Vec<Label>,
    /// Its value, such as `red`.
    #[schemars(example = &"red")]
    pub value: Slug,
    /// What the value is called, by language; without English the value stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub value_labels: Vec<Label>,
}

/// A value of an option as it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetOptionValue {
    /// The value, such as `m`.
    #[schemars(example = &"m")]
    pub value: Slug,
    /// What it is called, by language; without English the value stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub labels: Vec<Label>,
}

/// An option as it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetOption {
    /// Its name, such as `size`.
    #[schemars(example = &"size")]
    pub name: Slug,
    /// What it is called, by language; without English the name stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub labels: Vec<Label>,
    /// What can be chosen, 1 to 50.
    #[schemars(length(min = 1, max = 50))]
    pub values: Vec<SetOptionValue>,
}

/// An image as it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetImage {
    /// Its path in the storage service: parts of letters, digits, `-`, `_` and `.`, joined by `/`; up to 200 characters.
    #[schemars(length(min = 1, max = 200), example = &"products/3.svg")]
    pub path: String,
    /// What is to be seen on it, by language; without English the name of the product stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub alt: Vec<Label>,
}

/// Of which product another one is a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VariantOf {
    /// The product, which is listed already and is no variant itself.
    #[schemars(example = &"1")]
    pub product: ProductId,
    /// What is chosen with it: one value for each option, up to 5.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    pub choices: Vec<Choice>,
}

/// All that is said of a product besides name and price: `PUT /admin/products/{id}/details`, internal door. What is not
/// named is taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutDetails {
    /// The category it is in, which is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Slug>,
    /// The product of which it is a variant; a variant is shown on the page of that one and found with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_of: Option<VariantOf>,
    /// What has to be chosen, up to 5.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    pub options: Vec<SetOption>,
    /// What it is like, up to 30; an attribute may have several values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub attributes: Vec<SetAttribute>,
    /// Its images, the main one first, up to 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub images: Vec<SetImage>,
    /// Name and description in other languages, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub texts: Vec<ProductText>,
}

/// Sets the price of a product in a price list: `PUT /admin/price-lists/{list}/products/{id}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetListedPrice {
    /// The price for those whom the list is for; not negative, in a currency that the product has a price in.
    pub price: Money,
}
