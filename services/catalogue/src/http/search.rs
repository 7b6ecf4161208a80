//! The door of searches.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use tradewind_catalogue_contract::{
    AttributeFacet, Facets, Language, PriceRange, ProductSummary, SearchPage, SearchQuery, ValueCount,
};
use tradewind_chassis::http::{Call, Reply};
use tradewind_kernel::{Money, Slug};
use tradewind_problem::Problem;

use crate::domain::filter::{Filter, Wanted};
use crate::domain::page::in_language;
use crate::error;
use crate::recent::Around;
use crate::state::Catalogue;
use crate::store::categories;
use crate::views::pages;
use crate::views::search::{self, Called, Search, Totals};

/// The most values of an attribute that a facet shows.
const MAX_VALUES: usize = 50;

const JSON: &str = "application/json";

pub(crate) async fn search(catalogue: Arc<Catalogue>, call: Call) -> Result<Reply, Problem> {
    let query: SearchQuery = call.query()?;
    let question = serde_json::to_string(&query).map_err(Problem::internal)?;
    let revision = pages::revision(&catalogue.db).await?;
    if let Some(answer) = catalogue.recent.answer(revision, &question) {
        return Ok(Reply::bytes(StatusCode::OK, JSON, answer));
    }
    let wanted = Wanted::new(query).map_err(error::parameter)?;
    let around = around(&catalogue, revision).await?;
    let page = find(&catalogue, wanted, &around).await?;
    let answer = Bytes::from(serde_json::to_vec(&page).map_err(Problem::internal)?);
    catalogue.recent.keep(revision, question, &answer);
    Ok(Reply::bytes(StatusCode::OK, JSON, answer))
}

/// What every answer needs.
pub(crate) async fn around(catalogue: &Catalogue, revision: i64) -> Result<Arc<Around>, Problem> {
    if let Some(around) = catalogue.recent.around(revision) {
        return Ok(around);
    }
    let (tree, called) = (categories::all(&catalogue.db).await?, search::labels(&catalogue.db).await?);
    let around = Arc::new(Around { tree, called });
    catalogue.recent.keep_around(revision, &around);
    Ok(around)
}

async fn find(catalogue: &Catalogue, mut wanted: Wanted, around: &Around) -> Result<SearchPage, Problem> {
    let search = Search::new(&catalogue.db).await?;
    let corrected = search.correct(&wanted.filter.words).await?;
    if let Some(words) = &corrected {
        wanted.filter.words.clone_from(words);
    }
    let totals = search.totals(&wanted.filter).await?;
    let mut found = search.page(&wanted).await?;
    let has_more = found.len() > usize::from(wanted.limit);
    found.truncate(usize::from(wanted.limit));
    let next = found.last().filter(|_| has_more).map(|(_, place)| place.mark());
    let facets =
        if wanted.has_facets { Some(facets(&search, &wanted.filter, &totals, around).await?) } else { None };
    let (language, currency) = (wanted.filter.language, wanted.filter.currency);
    let shown = |found: search::Found| found.summary.shown(found.id, language, currency, &around.tree);
    let items: Vec<ProductSummary> = found.into_iter().filter_map(|(found, _)| shown(found)).collect();
    let corrected = corrected.map(|words| words.join(" "));
    Ok(SearchPage { items, next, total: totals.count, facets, corrected })
}

async fn facets(
    search: &Search<'_>,
    filter: &Filter,
    totals: &Totals,
    around: &Around,
) -> Result<Facets, Problem> {
    let mut counted: BTreeMap<Slug, Vec<(Slug, u64)>> = BTreeMap::new();
    let mut count = |rows: Vec<(Slug, Slug, u64)>, only: Option<&Slug>| {
        for (name, value, products) in rows {
            if only.is_none_or(|only| *only == name) {
                counted.entry(name).or_default().push((value, products));
            }
        }
    };
    let asked = filter.names();
    let rows = search.attributes(filter).await?;
    count(rows.into_iter().filter(|(name, ..)| !asked.contains(name)).collect(), None);
    for name in &asked {
        count(search.attributes(&filter.without(name)).await?, Some(*name));
    }
    let categories = search.categories(filter).await?;
    let language = filter.language;
    let money = |minor| Money::from_minor(minor, filter.currency);
    let price =
        (totals.count > 0).then(|| PriceRange { min: money(totals.least), max: money(totals.greatest) });
    let attributes = counted.into_iter().map(|(name, values)| facet(name, values, &around.called, language));
    Ok(Facets {
        categories: around.tree.counted(filter.category.as_ref(), &categories, language),
        attributes: attributes.collect(),
        price,
    })
}

fn facet(name: Slug, mut values: Vec<(Slug, u64)>, called: &Called, language: Language) -> AttributeFacet {
    values.sort_by(|(left, more), (right, fewer)| fewer.cmp(more).then_with(|| left.cmp(right)));
    values.truncate(MAX_VALUES);
    let label = |value: &str, otherwise: &Slug| {
        let labels = called.get(&(name.clone(), value.to_owned())).map(Vec::as_slice).unwrap_or_default();
        in_language(labels, language, otherwise.as_str())
    };
    let values = values.into_iter().map(|(value, count)| {
        let label = label(value.as_str(), &value);
        ValueCount { value, label, count }
    });
    let values = values.collect();
    AttributeFacet { label: label("", &name), values, name }
}
