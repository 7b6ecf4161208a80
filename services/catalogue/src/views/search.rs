//! Finding products: pages of them, how many there are, and facets.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_catalogue_contract::Label;
use tradewind_db::{Bind, Db, DbError, FromRow, Json, Row, Sql, ToBind, params, sql};
use tradewind_kernel::Slug;

use crate::domain::alike;
use crate::domain::cursor::Place;
use crate::domain::filter::{Filter, Wanted};
use crate::domain::page::Summary;
use crate::domain::words;
use crate::views::full_text::{self, FullText, HAS_TRGM};

/// Which products hold the words, and how well they fit: the less, the better.
macro_rules! fitting_fts5 {
    () => {
        "with fitting as materialized (
            select rowid as number, cast(bm25(page_search, 10.0, 1.0) * 1000000000 as integer) as score
            from page_search where page_search match $1) "
    };
}

macro_rules! fitting_tsvector {
    () => {
        "with fitting as materialized (
            select number, cast(-1000000000 * ts_rank(setweight(to_tsvector('pg_catalog.simple', words), 'A')
                || setweight(to_tsvector('pg_catalog.simple', more_words), 'D'), query) as bigint) as score
            from product_page, to_tsquery('pg_catalog.simple', $1::text) as query
            where (setweight(to_tsvector('pg_catalog.simple', words), 'A')
                || setweight(to_tsvector('pg_catalog.simple', more_words), 'D')) @@ query) "
    };
}

/// Without words all products fit.
macro_rules! fitting_all {
    () => {
        "with fitting as (select number, 0 as score from product_page where cast($1 as text) = '') "
    };
}

/// Of those that fit the ones that are asked for. Parameters 2 to 8: currency, category, least and greatest price,
/// whether they must be there, the number of attributes, and these.
macro_rules! found {
    ($attributes:literal) => {
        concat!(
            " from fitting join product_page as page on page.number = fitting.number
            join page_price as price on price.product_id = page.product_id and price.currency = $2
            where page.is_found = 1 and price.price_minor between $4 and $5
            and (cast($3 as text) = '' or exists (select 1 from page_category as inside
                where inside.product_id = page.product_id and inside.category = $3))
            and (cast($6 as bigint) = 0 or page.is_available = 1)
            and (cast($7 as bigint) = 0 or (select count(distinct fit.name) from page_attribute as fit
                where fit.product_id = page.product_id and fit.name || ':' || fit.value in (",
            $attributes,
            ")) = cast($7 as bigint)) "
        )
    };
}

macro_rules! found_sqlite {
    () => {
        found!("select value from json_each($8)")
    };
}

macro_rules! found_postgres {
    () => {
        found!("select jsonb_array_elements_text($8)")
    };
}

macro_rules! sorted {
    ($from:expr, $collate:literal) => {
        concat!(
            "select * from (select case cast($13 as text) when 'price' then price.price_minor
                when '-price' then -price.price_minor when 'newest' then -page.listed_at
                when 'name' then 0 else fitting.score end as at_number,
                case cast($13 as text) when 'name' then page.name_key when 'relevance' then
                    case when cast($1 as text) = '' then page.name_key else '' end else '' end",
            $collate,
            " as at_text, page.product_id",
            $collate,
            " as product_id, page.summary ",
            $from,
            ") as placed where (at_number, at_text, product_id) > ($9, $10, $11)
            order by at_number, at_text, product_id limit $12"
        )
    };
}

macro_rules! totals {
    () => {
        "select count(*), coalesce(min(price.price_minor), 0), coalesce(max(price.price_minor), 0) "
    };
}

macro_rules! attributes {
    ($found:expr) => {
        concat!(
            "select own.name, own.value, count(*) from page_attribute as own
            where own.product_id in (select page.product_id ",
            $found,
            ") group by own.name, own.value order by 3 desc, own.name, own.value limit 500"
        )
    };
}

macro_rules! categories {
    ($found:expr) => {
        concat!(
            "select own.category, count(*) from page_category as own
            where own.product_id in (select page.product_id ",
            $found,
            ") group by own.category order by own.category"
        )
    };
}

sql! {
    PAGE_BY_WORDS = {
        postgres: concat!(fitting_tsvector!(), sorted!(found_postgres!(), " collate \"C\"")),
        sqlite: concat!(fitting_fts5!(), sorted!(found_sqlite!(), "")),
    };
    PAGE = {
        postgres: concat!(fitting_all!(), sorted!(found_postgres!(), " collate \"C\"")),
        sqlite: concat!(fitting_all!(), sorted!(found_sqlite!(), "")),
    };
    TOTALS_BY_WORDS = {
        postgres: concat!(fitting_tsvector!(), totals!(), found_postgres!()),
        sqlite: concat!(fitting_fts5!(), totals!(), found_sqlite!()),
    };
    TOTALS = {
        postgres: concat!(fitting_all!(), totals!(), found_postgres!()),
        sqlite: concat!(fitting_all!(), totals!(), found_sqlite!()),
    };
    ATTRIBUTES_BY_WORDS = {
        postgres: concat!(fitting_tsvector!(), attributes!(found_postgres!())),
        sqlite: concat!(fitting_fts5!(), attributes!(found_sqlite!())),
    };
    ATTRIBUTES = {
        postgres: concat!(fitting_all!(), attributes!(found_postgres!())),
        sqlite: concat!(fitting_all!(), attributes!(found_sqlite!())),
    };
    CATEGORIES_BY_WORDS = {
        postgres: concat!(fitting_tsvector!(), categories!(found_postgres!())),
        sqlite: concat!(fitting_fts5!(), categories!(found_sqlite!())),
    };
    CATEGORIES = {
        postgres: concat!(fitting_all!(), categories!(found_postgres!())),
        sqlite: concat!(fitting_all!(), categories!(found_sqlite!())),
    };
    ALL_CATEGORIES = "select category, count(*) from page_category group by category order by category";
    LABELS = "select name, value, labels from attribute_label order by name, value";
    KNOWN = "select count(*) from search_word where word = $1";
    KNOWN_BEGINNING = {
        postgres: "select count(*) from (select 1 from search_word where word like $1::text || '%' limit 1) as known",
        sqlite: "select count(*) from (select 1 from search_word
            where word >= $1 and word < $1 || char(1114111) limit 1)",
    };
}

/// A product that was found.
pub(crate) struct Found {
    pub(crate) id: Slug,
    pub(crate) summary: Summary,
    number: i64,
    text: String,
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(summary) = row.get(3)?;
        Ok(Self { number: row.get(0)?, text: row.get(1)?, id: row.get(2)?, summary })
    }
}

/// How many products were found, and the least and the greatest of their prices.
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) least: i64,
    pub(crate) greatest: i64,
}

/// A search in a database.
pub(crate) struct Search<'a> {
    db: &'a Db,
    way: Box<dyn FullText>,
}

/// What attributes and their values are called.
pub(crate) type Called = BTreeMap<(Slug, String), Vec<Label>>;

impl<'a> Search<'a> {
    pub(crate) async fn new(db: &'a Db) -> Result<Self, DbError> {
        let rows: Vec<(i64,)> = db.query(&HAS_TRGM, &[]).await?;
        let has_trgm = rows.iter().any(|(count,)| *count > 0);
        Ok(Self { db, way: full_text::of(db.engine(), has_trgm) })
    }

    /// Puts known words in the place of those that nobody knows; `None` when there is nothing to correct.
    pub(crate) async fn correct(&self, sought: &[String]) -> Result<Option<Vec<String>>, DbError> {
        let mut corrected = Vec::with_capacity(sought.len());
        for (index, word) in sought.iter().enumerate() {
            let is_last = index + 1 == sought.len();
            let meant = if !words::is_learnt(word) || self.knows(word, is_last).await? {
                None
            } else {
                self.meant(word).await?
            };
            corrected.push(meant.unwrap_or_else(|| word.clone()));
        }
        Ok((corrected != sought).then_some(corrected))
    }

    async fn knows(&self, word: &str, is_unfinished: bool) -> Result<bool, DbError> {
        let statement = if is_unfinished { &KNOWN_BEGINNING } else { &KNOWN };
        let rows: Vec<(i64,)> = self.db.query(statement, params![word]).await?;
        Ok(rows.iter().any(|(count,)| *count > 0))
    }

    async fn meant(&self, word: &str) -> Result<Option<String>, DbError> {
        let likeness = self.way.likeness(word);
        let known: Vec<(String,)> = self.db.query(self.way.alike(), params![likeness]).await?;
        Ok(alike::meant(word, known.iter().map(|(word,)| word.as_str())))
    }

    /// Up to `limit` products and one more, and the places of them.
    pub(crate) async fn page(&self, wanted: &Wanted) -> Result<Vec<(Found, Place)>, DbError> {
        let Wanted { filter, sort, after, limit, .. } = wanted;
        let asked = self.asked(filter);
        let by = serde_json::to_value(sort).ok().and_then(|name| name.as_str().map(str::to_owned));
        let (by, limit) = (by.unwrap_or_default(), limit + 1);
        let mut binds = asked.binds().to_vec();
        binds.extend_from_slice(params![after.number, after.text, after.id, limit, by]);
        let found: Vec<Found> = self.db.query(pick(filter, &PAGE_BY_WORDS, &PAGE), &binds).await?;
        let placed = found.into_iter().map(|found| {
            let place = Place::new(*sort, found.number, found.text.clone(), found.id.to_string());
            (found, place)
        });
        Ok(placed.collect())
    }

    pub(crate) async fn totals(&self, filter: &Filter) -> Result<Totals, DbError> {
        let asked = self.asked(filter);
        let statement = pick(filter, &TOTALS_BY_WORDS, &TOTALS);
        let row: Option<(u64, i64, i64)> = self.db.query_optional(statement, &asked.binds()).await?;
        let (count, least, greatest) = row.unwrap_or_default();
        Ok(Totals { count, least, greatest })
    }

    /// How many of what is found have which value of which attribute.
    pub(crate) async fn attributes(&self, filter: &Filter) -> Result<Vec<(Slug, Slug, u64)>, DbError> {
        let asked = self.asked(filter);
        self.db.query(pick(filter, &ATTRIBUTES_BY_WORDS, &ATTRIBUTES), &asked.binds()).await
    }

    /// How many of what is found is in which category.
    pub(crate) async fn categories(&self, filter: &Filter) -> Result<BTreeMap<Slug, u64>, DbError> {
        let asked = self.asked(filter);
        let statement = pick(filter, &CATEGORIES_BY_WORDS, &CATEGORIES);
        let rows: Vec<(Slug, u64)> = self.db.query(statement, &asked.binds()).await?;
        Ok(rows.into_iter().collect())
    }

    fn asked(&self, filter: &Filter) -> Asked {
        let pairs = filter.attributes.iter().map(|(name, value)| format!("{name}:{value}"));
        Asked {
            query: self.way.query(&filter.words),
            currency: filter.currency,
            category: filter.category.as_ref().map(ToString::to_string).unwrap_or_default(),
            prices: (filter.price_min, filter.price_max),
            is_there: i64::from(filter.in_stock),
            names: i64::try_from(filter.names().len()).unwrap_or(i64::MAX),
            attributes: Json(pairs.collect()),
        }
    }
}

fn pick(filter: &Filter, by_words: &'static Sql, all: &'static Sql) -> &'static Sql {
    if filter.words.is_empty() { all } else { by_words }
}

/// The parameters of what is asked for.
struct Asked {
    query: String,
    currency: tradewind_kernel::Currency,
    category: String,
    prices: (i64, i64),
    is_there: i64,
    names: i64,
    attributes: Json<BTreeSet<String>>,
}

impl Asked {
    fn binds(&self) -> [Bind<'_>; 8] {
        [
            self.query.to_bind(),
            self.currency.to_bind(),
            self.category.to_bind(),
            self.prices.0.to_bind(),
            self.prices.1.to_bind(),
            self.is_there.to_bind(),
            self.names.to_bind(),
            self.attributes.to_bind(),
        ]
    }
}

/// How many products are in each category.
pub(crate) async fn counts(db: &Db) -> Result<BTreeMap<Slug, u64>, DbError> {
    let rows: Vec<(Slug, u64)> = db.query(&ALL_CATEGORIES, &[]).await?;
    Ok(rows.into_iter().collect())
}

/// What attributes and their values are called.
pub(crate) async fn labels(db: &Db) -> Result<Called, DbError> {
    let rows: Vec<(Slug, String, Json<Vec<Label>>)> = db.query(&LABELS, &[]).await?;
    Ok(rows.into_iter().map(|(name, value, Json(labels))| ((name, value), labels)).collect())
}
