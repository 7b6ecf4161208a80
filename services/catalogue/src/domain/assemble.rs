//! Makes of all that is known of a product what its page and a list show, and by what it is found.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_catalogue_contract::{Label, ListedPrice, Product, ProductId, PutDetails};
use tradewind_kernel::{Currency, Money, Slug};

use crate::domain::availability::{self, Level};
use crate::domain::page::{self, Page, PageVariant, Summary};
use crate::domain::words;

/// All that is known of a product.
pub(crate) struct Sources {
    pub(crate) product: Product,
    pub(crate) details: PutDetails,
    pub(crate) level: Option<Level>,
    pub(crate) variants: Vec<VariantSource>,
    pub(crate) price_lists: Vec<ListedPrice>,
    /// The category and those above it, each with its names.
    pub(crate) categories: Vec<(Slug, Vec<Label>)>,
}

/// All that is known of a variant.
pub(crate) struct VariantSource {
    pub(crate) product: Product,
    pub(crate) details: PutDetails,
    pub(crate) level: Option<Level>,
}

/// What attributes, and with an empty value their names, are called.
pub(crate) type Labels = BTreeMap<(String, String), Vec<Label>>;

/// What is kept of a product.
pub(crate) struct Made {
    pub(crate) id: ProductId,
    pub(crate) page: Page,
    pub(crate) summary: Summary,
    /// Variants are found with their product, not by themselves.
    pub(crate) is_found: bool,
    pub(crate) is_available: bool,
    pub(crate) name_key: String,
    pub(crate) name_words: Vec<String>,
    pub(crate) more_words: Vec<String>,
    pub(crate) attributes: BTreeSet<(Slug, Slug)>,
    pub(crate) labels: Labels,
    pub(crate) categories: Vec<Slug>,
}

impl Sources {
    /// Makes it.
    pub(crate) fn assemble(self) -> Made {
        let availability = match self.variants.as_slice() {
            [] => self.level.map(availability::shown),
            variants => {
                let levels: Vec<_> = variants.iter().map(|variant| variant.level).collect();
                availability::together(&levels)
            }
        };
        let labels = self.labels();
        let (name_words, more_words) = (self.name_words(), self.more_words(&labels));
        let summary = Summary {
            name: self.product.name.clone(),
            names: page::names(&self.details.texts),
            prices: self.least_prices(),
            image: self.details.images.first().cloned(),
            category: self.details.category.clone(),
            availability,
            has_variants: !self.variants.is_empty(),
        };
        Made {
            id: self.product.id.clone(),
            is_found: self.details.variant_of.is_none(),
            is_available: availability::is_there(availability),
            name_key: words::sort_key(&self.product.name),
            name_words,
            more_words,
            attributes: self.attributes(),
            labels,
            categories: self.categories.iter().map(|(slug, _)| slug.clone()).collect(),
            summary,
            page: self.page(availability),
        }
    }

    fn page(self, availability: Option<tradewind_catalogue_contract::Availability>) -> Page {
        let Product { id, name, description, price, prices } = self.product;
        let variants = self.variants.into_iter().map(|variant| PageVariant {
            id: variant.product.id,
            name: variant.product.name,
            names: page::names(&variant.details.texts),
            choices: variant.details.variant_of.map(|of| of.choices).unwrap_or_default(),
            price: variant.product.price,
            prices: variant.product.prices,
            image: variant.details.images.into_iter().next(),
            availability: variant.level.map(availability::shown),
        });
        Page {
            id,
            name,
            description,
            price,
            prices,
            variants: variants.collect(),
            details: self.details,
            price_lists: self.price_lists,
            availability,
        }
    }

    /// The least price in each currency, and whether there is another one in it. With variants theirs count alone.
    fn least_prices(&self) -> Vec<(Money, bool)> {
        let own = std::iter::once(&self.product).filter(|_| self.variants.is_empty());
        let sold = own.chain(self.variants.iter().map(|variant| &variant.product));
        let mut least: BTreeMap<Currency, (Money, bool)> = BTreeMap::new();
        for price in sold.flat_map(|product| std::iter::once(&product.price).chain(&product.prices)) {
            let (known, is_least) = least.entry(price.currency()).or_insert((*price, false));
            *is_least |= known.minor() != price.minor();
            if price.minor() < known.minor() {
                *known = *price;
            }
        }
        least.into_values().collect()
    }

    /// What the product and its variants are like, and what can be chosen.
    fn attributes(&self) -> BTreeSet<(Slug, Slug)> {
        let variants = self.variants.iter().map(|variant| &variant.details);
        let all =
            std::iter::once(&self.details).chain(variants.clone()).flat_map(|details| &details.attributes);
        let own = all.map(|attribute| (attribute.name.clone(), attribute.value.clone()));
        let choices = variants.filter_map(|details| details.variant_of.as_ref()).flat_map(|of| &of.choices);
        own.chain(choices.map(|choice| (choice.option.clone(), choice.value.clone()))).collect()
    }

    fn labels(&self) -> Labels {
        let mut labels = Labels::new();
        let mut note = |name: &Slug, value: &str, said: &[Label]| {
            if !said.is_empty() {
                labels.insert((name.to_string(), value.to_owned()), said.to_vec());
            }
        };
        let all = std::iter::once(&self.details).chain(self.variants.iter().map(|variant| &variant.details));
        for details in all {
            for attribute in &details.attributes {
                note(&attribute.name, "", &attribute.labels);
                note(&attribute.name, attribute.value.as_str(), &attribute.value_labels);
            }
            for option in &details.options {
                note(&option.name, "", &option.labels);
                for value in &option.values {
                    note(&option.name, value.value.as_str(), &value.labels);
                }
            }
        }
        labels
    }

    /// The words of its names, and its id.
    fn name_words(&self) -> Vec<String> {
        let names = self.details.texts.iter().map(|text| text.name.as_str());
        let all = [self.product.name.as_str(), self.product.id.as_str()].into_iter().chain(names);
        all.flat_map(words::words).collect()
    }

    /// The words of everything else that is said of it.
    fn more_words(&self, labels: &Labels) -> Vec<String> {
        let described = self.details.texts.iter().map(|text| text.description.as_str());
        let variants = self
            .variants
            .iter()
            .flat_map(|variant| [variant.product.name.as_str(), variant.product.id.as_str()]);
        let values = labels.iter().filter(|((_, value), _)| !value.is_empty());
        let called = values.flat_map(|(_, labels)| labels).map(|label| label.text.as_str());
        let kinds = self.categories.iter().flat_map(|(_, names)| names).map(|label| label.text.as_str());
        let all = std::iter::once(self.product.description.as_str());
        let all = all.chain(described).chain(variants).chain(called).chain(kinds).flat_map(words::words);
        let mut all: Vec<String> = all.collect();
        all.extend(self.attributes().iter().flat_map(|(_, value)| words::words(value.as_str())));
        all
    }
}

impl Made {
    /// The words that others may be corrected to.
    pub(crate) fn learnt(&self) -> BTreeSet<&str> {
        let all = self.name_words.iter().chain(&self.more_words).map(String::as_str);
        all.filter(|word| words::is_learnt(word)).collect()
    }
}
