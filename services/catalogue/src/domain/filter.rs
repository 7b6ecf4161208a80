//! What a search asks for, checked.

use std::collections::BTreeSet;

use tradewind_catalogue_contract::{DEFAULT_SEARCH_LIMIT, Language, MAX_QUERY, ProductSort, SearchQuery};
use tradewind_kernel::{Currency, PageRequest, Slug};

use crate::domain::cursor::Place;
use crate::domain::words;

/// The most attributes that can be asked for.
const MAX_ATTRIBUTES: usize = 20;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Each is held; the last one may be unfinished.
    pub(crate) words: Vec<String>,
    pub(crate) category: Option<Slug>,
    /// Names and values.
    pub(crate) attributes: BTreeSet<(Slug, Slug)>,
    pub(crate) price_min: i64,
    pub(crate) price_max: i64,
    pub(crate) currency: Currency,
    pub(crate) in_stock: bool,
    pub(crate) language: Language,
}

/// Which part of what is found is wanted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) filter: Filter,
    pub(crate) sort: ProductSort,
    pub(crate) after: Place,
    pub(crate) limit: u16,
    pub(crate) has_facets: bool,
}

/// A parameter that does not fit, and what to change.
pub(crate) type Misfit = (&'static str, &'static str);

impl Wanted {
    /// Checks what was asked for.
    pub(crate) fn new(query: SearchQuery) -> Result<Self, Misfit> {
        let sort = query.sort.unwrap_or_default();
        let limit = query.limit.unwrap_or(DEFAULT_SEARCH_LIMIT);
        if !(1..=PageRequest::MAX_LIMIT).contains(&limit) {
            return Err(("limit", "ask for 1 to 200 products"));
        }
        let after = match &query.after {
            None => Place::first(sort),
            Some(mark) => Place::read(mark, sort)
                .ok_or(("after", "take the mark `next` of the page before, with the same `sort`"))?,
        };
        let is_first = query.after.is_none();
        let has_facets = query.facets.unwrap_or(true) && is_first;
        Ok(Self { filter: Filter::new(query)?, sort, after, limit, has_facets })
    }
}

impl Filter {
    fn new(query: SearchQuery) -> Result<Self, Misfit> {
        let text = query.q.unwrap_or_default();
        if text.chars().count() > MAX_QUERY {
            return Err(("q", "search for at most 200 characters"));
        }
        let mut words = words::words(&text);
        words.truncate(words::MAX_SOUGHT);
        let price_min = query.price_min.unwrap_or_default();
        let price_max = query.price_max.unwrap_or(i64::MAX);
        if price_min < 0 {
            return Err(("priceMin", "a price is not negative"));
        }
        if price_max < price_min {
            return Err(("priceMax", "the greatest price is not less than the least"));
        }
        Ok(Self {
            words,
            category: query.category,
            attributes: attributes(query.attribute.as_deref().unwrap_or_default())?,
            price_min,
            price_max,
            currency: query.currency.unwrap_or(Currency::GBP),
            in_stock: query.in_stock.unwrap_or_default(),
            language: query.locale.unwrap_or(Language::EN),
        })
    }

    /// The same without asking for an attribute.
    pub(crate) fn without(&self, name: &Slug) -> Self {
        let mut other = self.clone();
        other.attributes.retain(|(asked, _)| asked != name);
        other
    }

    /// The names of the attributes that are asked for.
    pub(crate) fn names(&self) -> BTreeSet<&Slug> {
        self.attributes.iter().map(|(name, _)| name).collect()
    }
}

fn attributes(text: &str) -> Result<BTreeSet<(Slug, Slug)>, Misfit> {
    let misfit = ("attribute", "write name:value, several separated by commas, at most 20");
    let mut asked = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once(':').ok_or(misfit)?;
        asked.insert((name.parse().map_err(|_| misfit)?, value.parse().map_err(|_| misfit)?));
    }
    if asked.len() > MAX_ATTRIBUTES { Err(misfit) } else { Ok(asked) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(query: SearchQuery) -> &'static str {
        Wanted::new(query).unwrap_err().0
    }

    #[test]
    fn each_misfit_is_named() {
        let query = SearchQuery::default();
        let attribute = |text: &str| SearchQuery { attribute: Some(text.to_owned()), ..query.clone() };
        assert_eq!(refused(attribute("colour")), "attribute");
        assert_eq!(refused(attribute("colour:a b")), "attribute");
        let many: Vec<String> = (0..=MAX_ATTRIBUTES).map(|number| format!("size:{number}")).collect();
        assert_eq!(refused(attribute(&many.join(","))), "attribute");
        assert_eq!(refused(SearchQuery { limit: Some(0), ..query.clone() }), "limit");
        assert_eq!(refused(SearchQuery { limit: Some(201), ..query.clone() }), "limit");
        assert_eq!(refused(SearchQuery { price_min: Some(-1), ..query.clone() }), "priceMin");
        let prices = SearchQuery { price_min: Some(2), price_max: Some(1), ..query.clone() };
        assert_eq!(refused(prices), "priceMax");
        assert_eq!(refused(SearchQuery { q: Some("a".repeat(201)), ..query.clone() }), "q");
        assert_eq!(refused(SearchQuery { after: Some("x".to_owned()), ..query }), "after");
    }

    #[test]
    fn attributes_are_told_apart() {
        let query = SearchQuery {
            attribute: Some("colour:red,colour:blue,,size:m".to_owned()),
            ..SearchQuery::default()
        };
        let wanted = Wanted::new(query).unwrap();
        let colour: Slug = "colour".parse().unwrap();
        assert_eq!(wanted.filter.attributes.len(), 3);
        assert_eq!(wanted.filter.names().len(), 2);
        assert_eq!(wanted.filter.without(&colour).attributes.len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched_for(text in "\\PC{0,200}") {
            let query = SearchQuery { q: Some(text), ..SearchQuery::default() };
            let wanted = Wanted::new(query).unwrap();
            prop_assert!(wanted.filter.words.len() <= words::MAX_SOUGHT);
        }
    }
}
