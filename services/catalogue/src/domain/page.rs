//! What a product page and a list show, in all languages, as it is kept; and the same in one language.

use serde::{Deserialize, Serialize};
use tradewind_catalogue_contract::{
    Attribute, Availability, Choice, Image, Label, Language, ListedPrice, OptionValue, ProductDetail,
    ProductId, ProductOption, ProductSummary, ProductText, PutDetails, SetAttribute, SetImage, SetOption,
    Variant,
};
use tradewind_kernel::{Currency, Money, Slug};

use crate::domain::categories::Tree;
use crate::domain::words;

/// What a list shows of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) name: String,
    pub(crate) names: Vec<Label>,
    /// The least price in each currency, and whether another variant costs more.
    pub(crate) prices: Vec<(Money, bool)>,
    pub(crate) image: Option<SetImage>,
    pub(crate) category: Option<Slug>,
    pub(crate) availability: Option<Availability>,
    pub(crate) has_variants: bool,
}

/// What a page shows of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) id: ProductId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) price: Money,
    pub(crate) prices: Vec<Money>,
    pub(crate) details: PutDetails,
    pub(crate) variants: Vec<PageVariant>,
    pub(crate) price_lists: Vec<ListedPrice>,
    pub(crate) availability: Option<Availability>,
}

/// A variant on the page of its product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageVariant {
    pub(crate) id: ProductId,
    pub(crate) name: String,
    pub(crate) names: Vec<Label>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) price: Money,
    pub(crate) prices: Vec<Money>,
    pub(crate) image: Option<SetImage>,
    pub(crate) availability: Option<Availability>,
}

/// The words in a language; without it those in English, and without these `otherwise`.
pub(crate) fn in_language(labels: &[Label], language: Language, otherwise: &str) -> String {
    let of = |wanted| labels.iter().find(|label| label.language == wanted);
    of(language).or_else(|| of(Language::EN)).map_or_else(|| otherwise.to_owned(), |label| label.text.clone())
}

/// The names of a product by language.
pub(crate) fn names(texts: &[ProductText]) -> Vec<Label> {
    let named = texts.iter().map(|text| Label { language: text.language, text: text.name.clone() });
    named.collect()
}

fn image(image: &SetImage, language: Language, name: &str) -> Image {
    Image { path: image.path.clone(), alt: in_language(&image.alt, language, name) }
}

fn attribute(attribute: &SetAttribute, language: Language) -> Attribute {
    let SetAttribute { name, labels, value, value_labels } = attribute;
    Attribute {
        name: name.clone(),
        label: in_language(labels, language, name.as_str()),
        value: value.clone(),
        value_label: in_language(value_labels, language, value.as_str()),
    }
}

fn option(option: &SetOption, language: Language) -> ProductOption {
    let values = option.values.iter().map(|each| OptionValue {
        value: each.value.clone(),
        label: in_language(&each.labels, language, each.value.as_str()),
    });
    ProductOption {
        name: option.name.clone(),
        label: in_language(&option.labels, language, option.name.as_str()),
        values: values.collect(),
    }
}

impl Summary {
    /// The product as a list in a language and a currency shows it; `None` when it is not sold in that currency.
    pub(crate) fn shown(
        self,
        id: ProductId,
        language: Language,
        currency: Currency,
        tree: &Tree,
    ) -> Option<ProductSummary> {
        let (price, is_least) =
            self.prices.iter().find(|(price, _)| price.currency() == currency).copied()?;
        let name = in_language(&self.names, language, &self.name);
        Some(ProductSummary {
            id,
            slug: words::slug(&self.name),
            price,
            from_price: is_least.then_some(price),
            image: self.image.as_ref().map(|first| image(first, language, &name)),
            category: self.category.as_ref().and_then(|slug| tree.shown(slug, language)),
            availability: self.availability,
            has_variants: self.has_variants,
            name,
        })
    }
}

impl PageVariant {
    fn shown(self, language: Language) -> Variant {
        let name = in_language(&self.names, language, &self.name);
        Variant {
            id: self.id,
            choices: self.choices,
            price: self.price,
            prices: self.prices,
            image: self.image.as_ref().map(|first| image(first, language, &name)),
            availability: self.availability,
            name,
        }
    }
}

impl Page {
    /// The page in a language.
    pub(crate) fn shown(self, language: Language, tree: &Tree) -> ProductDetail {
        let PutDetails { category, variant_of, options, attributes, images, texts } = self.details;
        let text = texts.iter().find(|text| text.language == language);
        let name = text.map_or_else(|| self.name.clone(), |text| text.name.clone());
        let described = text.map(|text| text.description.clone()).filter(|text| !text.is_empty());
        let path =
            category.map(|slug| tree.path(&slug).into_iter().map(|kept| kept.shown(language)).collect());
        ProductDetail {
            id: self.id,
            slug: words::slug(&self.name),
            description: described.unwrap_or(self.description),
            price: self.price,
            prices: self.prices,
            category_path: path.unwrap_or_default(),
            attributes: attributes.iter().map(|each| attribute(each, language)).collect(),
            images: images.iter().map(|each| image(each, language, &name)).collect(),
            options: options.iter().map(|each| option(each, language)).collect(),
            variants: self.variants.into_iter().map(|variant| variant.shown(language)).collect(),
            variant_of: variant_of.map(|of| of.product),
            texts,
            price_lists: self.price_lists,
            availability: self.availability,
            name,
        }
    }
}
