//! Product pages: one row for each product with all that its page and a list show, so that a page is one read.
//!
//! Whoever changes something of a product makes its row again in the same transaction.

use tradewind_catalogue_contract::{Label, ProductId};
use tradewind_db::{Db, DbError, Json, Tx, params, sql};
use tradewind_kernel::{Slug, Timestamp};

use crate::domain::assemble::{Labels, Made, Sources};
use crate::domain::page::Page;
use crate::domain::words;
use crate::store::{self, categories, details};

/// What rows are made like; those of another form are made again.
const FORM: i64 = 1;

sql! {
    FIND = "select page.page, revision.revision from product_page as page, catalogue_revision as revision
        where page.product_id = $1 and revision.single = 1";
    REVISION = "select revision from catalogue_revision where single = 1";
    NEXT_REVISION = "update catalogue_revision set revision = revision + 1 where single = 1";
    SAVE = "insert into product_page (product_id, form, is_found, is_available, name_key, listed_at, words,
            more_words, summary, page)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (product_id) do update set form = excluded.form, is_found = excluded.is_found,
            is_available = excluded.is_available, name_key = excluded.name_key, words = excluded.words,
            more_words = excluded.more_words, summary = excluded.summary, page = excluded.page";
    CLEAR_PRICES = "delete from page_price where product_id = $1";
    ADD_PRICE = "insert into page_price (product_id, currency, price_minor) values ($1, $2, $3)";
    CLEAR_CATEGORIES = "delete from page_category where product_id = $1";
    ADD_CATEGORY = "insert into page_category (product_id, category) values ($1, $2)";
    CLEAR_ATTRIBUTES = "delete from page_attribute where product_id = $1";
    ADD_ATTRIBUTE = "insert into page_attribute (product_id, name, value) values ($1, $2, $3)";
    LABEL = "insert into attribute_label (name, value, labels) values ($1, $2, $3)
        on conflict (name, value) do update set labels = excluded.labels";
    LEARN = "insert into search_word (word) values ($1) on conflict (word) do nothing";
    OUTDATE = "update product_page set form = 0
        where product_id in (select product_id from page_category where category = $1)";
    OUTDATED = "select product.product_id from product
        left join product_page as page on page.product_id = product.product_id
        where page.form is null or page.form <> $1 order by product.product_id limit $2";
}

/// The topic of the signal that there are rows to be made again.
pub(crate) const OUTDATED_PAGES: &str = "outdated-pages";

/// A page, and the revision of the catalogue that it is read at.
pub(crate) async fn find(db: &Db, id: &ProductId) -> Result<Option<(Page, i64)>, DbError> {
    let row: Option<(Json<Page>, i64)> = db.query_optional(&FIND, params![id]).await?;
    Ok(row.map(|(Json(page), revision)| (page, revision)))
}

/// A number that grows with each change of the catalogue.
pub(crate) async fn revision(db: &Db) -> Result<i64, DbError> {
    let row: Option<(i64,)> = db.query_optional(&REVISION, &[]).await?;
    Ok(row.map_or(0, |(revision,)| revision))
}

/// Says that the catalogue changed.
pub(crate) async fn changed(tx: &mut Tx) -> Result<(), DbError> {
    tx.execute(&NEXT_REVISION, &[]).await.map(drop)
}

/// Makes the row of a product again, and that of the one it is a variant of.
pub(crate) async fn refresh(tx: &mut Tx, id: &ProductId) -> Result<(), DbError> {
    let Some(made) = make(tx, id).await? else { return Ok(()) };
    let whole = made.page.details.variant_of.as_ref().map(|of| of.product.clone());
    save(tx, &made).await?;
    if let Some(whole) = whole {
        refresh_one(tx, &whole).await?;
    }
    changed(tx).await
}

/// Makes the row of a product again.
pub(crate) async fn refresh_one(tx: &mut Tx, id: &ProductId) -> Result<(), DbError> {
    match make(tx, id).await? {
        Some(made) => save(tx, &made).await,
        None => Ok(()),
    }
}

async fn make(tx: &mut Tx, id: &ProductId) -> Result<Option<Made>, DbError> {
    let Some(product) = store::find_in(tx, id).await? else { return Ok(None) };
    let details = details::find(tx, id).await?.unwrap_or_default();
    let sources = Sources {
        categories: path(tx, details.category.as_ref()).await?,
        level: details::level(tx, id).await?,
        variants: details::variants(tx, id).await?,
        price_lists: details::listed_prices(tx, id).await?,
        product,
        details,
    };
    Ok(Some(sources.assemble()))
}

async fn path(tx: &mut Tx, category: Option<&Slug>) -> Result<Vec<(Slug, Vec<Label>)>, DbError> {
    let Some(category) = category else { return Ok(Vec::new()) };
    let tree = categories::all_in(tx).await?;
    let path = tree.path(category).into_iter().map(|kept| (kept.slug.clone(), kept.names.clone()));
    Ok(path.collect())
}

async fn save(tx: &mut Tx, made: &Made) -> Result<(), DbError> {
    let now: Timestamp = tx.now();
    let Made { id, page, summary, is_found, is_available, name_key, .. } = made;
    let (words, more) = if *is_found {
        (words::kept_text(&made.name_words), words::kept_text(&made.more_words))
    } else {
        (String::new(), String::new())
    };
    let (is_found, is_available) = (i64::from(*is_found), i64::from(*is_available));
    let (summary, page) = (Json(summary), Json(page));
    let values = params![id, FORM, is_found, is_available, name_key, now, words, more, summary, page];
    tx.execute(&SAVE, values).await?;
    save_keys(tx, made).await
}

/// By what the product is found besides its words.
async fn save_keys(tx: &mut Tx, made: &Made) -> Result<(), DbError> {
    let id = &made.id;
    for clear in [&CLEAR_PRICES, &CLEAR_CATEGORIES, &CLEAR_ATTRIBUTES] {
        tx.execute(clear, params![id]).await?;
    }
    if !made.is_found {
        return Ok(());
    }
    for (price, _) in &made.summary.prices {
        tx.execute(&ADD_PRICE, params![id, price.currency(), price.minor()]).await?;
    }
    for category in &made.categories {
        tx.execute(&ADD_CATEGORY, params![id, category]).await?;
    }
    for (name, value) in &made.attributes {
        tx.execute(&ADD_ATTRIBUTE, params![id, name, value]).await?;
    }
    save_labels(tx, &made.labels).await?;
    for word in made.learnt() {
        tx.execute(&LEARN, params![word]).await?;
    }
    Ok(())
}

async fn save_labels(tx: &mut Tx, labels: &Labels) -> Result<(), DbError> {
    for ((name, value), said) in labels {
        tx.execute(&LABEL, params![name, value, Json(said)]).await?;
    }
    Ok(())
}

/// Says that the pages of what is in a category are to be made again.
pub(crate) async fn outdate(tx: &mut Tx, category: &Slug) -> Result<(), DbError> {
    tx.execute(&OUTDATE, params![category]).await?;
    tx.signal(OUTDATED_PAGES);
    Ok(())
}

/// Up to `limit` products whose page is missing or to be made again.
pub(crate) async fn outdated(tx: &mut Tx, limit: u16) -> Result<Vec<ProductId>, DbError> {
    let rows: Vec<(ProductId,)> = tx.query(&OUTDATED, params![FORM, limit]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
