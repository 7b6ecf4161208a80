//! What shoppers find, and what staff put there. The same is found on every engine.

mod bulk;
mod pages;
mod words;

use tradewind_catalogue_contract::{
    BulkFormat, CatalogueAdminClient, CatalogueClient, ImportChunk, ImportProgress, SearchPage, SearchQuery,
};
use tradewind_journeys::{Fleet, ada};
use tradewind_kernel::Slug;

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn shop(fleet: &Fleet) -> CatalogueClient {
    CatalogueClient::new(fleet.caller("gateway/data-plane", &ada()))
}

fn staff(fleet: &Fleet) -> CatalogueAdminClient {
    CatalogueAdminClient::new(fleet.internal("catalogue"))
}

fn words(text: &str) -> SearchQuery {
    SearchQuery { q: Some(text.to_owned()), limit: Some(200), ..SearchQuery::default() }
}

async fn find(fleet: &Fleet, query: &SearchQuery) -> SearchPage {
    shop(fleet).search(query).await.unwrap()
}

/// The ids of what was found, sorted.
fn ids(page: &SearchPage) -> Vec<&str> {
    let mut ids: Vec<&str> = page.items.iter().map(|item| item.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

async fn import(fleet: &Fleet, id: &str, rows: &[String], after: u64) -> ImportProgress {
    let chunk = ImportChunk { format: BulkFormat::Ndjson, after, line: after + 1, rows: rows.join("\n") };
    staff(fleet).import(&slug(id), &chunk).await.unwrap()
}

/// A row of an import, with further fields of the product and its details.
fn row(id: &str, name: &str, pence: i64, details: serde_json::Value) -> String {
    let amount = format!("{}.{:02}", pence / 100, pence % 100);
    let price = serde_json::json!({"amount": amount, "currency": "GBP"});
    let mut row = serde_json::json!({"id": id, "name": name, "price": price});
    row["details"] = details;
    row.to_string()
}
