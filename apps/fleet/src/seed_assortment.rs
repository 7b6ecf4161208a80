//! Filling the shop with a large assortment.

use futures_util::{StreamExt, TryStreamExt, stream};
use tradewind_catalogue_contract::{
    self as catalogue, BulkFormat, BulkProduct, CatalogueAdminClient, ImportChunk, ImportProgress,
    PutCategory,
};
use tradewind_kernel::{Page, Slug};
use tradewind_problem::Problem;
use tradewind_stock_contract::{self as stock, ReceiveStock, RegisterItem, StockClient};

use crate::assortment::{self, Goods};
use crate::seed::Seeder;

/// How many products go in at once.
const BATCH: u32 = 60;

/// How many deliveries are booked beside each other: they share commits.
const BESIDE: usize = 32;

/// How much an assortment holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AssortmentSize {
    /// Products.
    pub products: u32,
    /// Their variants.
    pub variants: u32,
    /// Categories.
    pub categories: u32,
}

impl Seeder {
    /// Makes categories and products of them, `g1` and so on, with variants and stock; `progress` hears (done, all).
    ///
    /// # Errors
    /// The first problem that a service gave.
    pub async fn assortment(
        &self,
        products: u32,
        mut progress: impl FnMut(u32, u32),
    ) -> Result<AssortmentSize, Problem> {
        let mut size = AssortmentSize { products, ..AssortmentSize::default() };
        let categories = assortment::categories()?;
        size.categories = u32::try_from(categories.len()).unwrap_or(u32::MAX);
        for (slug, category) in &categories {
            self.catalogue().put_category(slug, category).await?;
        }
        let mut first = 1;
        while first <= products {
            let last = products.min(first + BATCH - 1);
            size.variants += self.batch(first, last).await?;
            progress(last, products);
            first = last + 1;
        }
        Ok(size)
    }

    /// Makes the products with these numbers; gives how many variants they have.
    async fn batch(&self, first: u32, last: u32) -> Result<u32, Problem> {
        let mut rows = Vec::new();
        let mut goods = Vec::new();
        for number in first..=last {
            let item = assortment::item(number)?;
            rows.extend(item.rows);
            goods.extend(item.goods);
        }
        let variants = rows.iter().filter(|row| is_variant(row)).count();
        let id: Slug = format!("seed-{first}-{last}").parse().map_err(Problem::internal)?;
        // Each batch is an import of its own: what is there already is no change.
        let progress = self.catalogue().import(&id, &chunk(&rows)?).await?;
        if let Some(error) = progress.errors.first() {
            return Err(Problem::internal(format!("row {}: {}", error.line, error.detail)));
        }
        let deliveries = stream::iter(goods.into_iter().map(|goods| self.deliver(goods)));
        deliveries.buffer_unordered(BESIDE).try_collect::<Vec<()>>().await?;
        Ok(u32::try_from(variants).unwrap_or(u32::MAX))
    }

    async fn deliver(&self, goods: Goods) -> Result<(), Problem> {
        let Goods { id, quantity } = goods;
        let stock = StockClient::new(self.caller(stock::SERVICE));
        stock.register(&id, &RegisterItem { sku: id.clone() }, &format!("seed-item-{id}")).await?;
        if quantity == 0 {
            return Ok(());
        }
        let reference = Some(format!("seed-{id}").parse().map_err(Problem::internal)?);
        stock
            .receive(&id, &ReceiveStock { quantity, reference }, &format!("seed-receipt-{id}"))
            .await
            .map(drop)
    }

    /// Sends a piece of an import.
    ///
    /// # Errors
    /// The catalogue's problem.
    pub async fn import(&self, id: &Slug, chunk: &ImportChunk) -> Result<ImportProgress, Problem> {
        self.catalogue().import(id, chunk).await
    }

    /// How far an import has come; `None` when nothing of it was sent yet.
    ///
    /// # Errors
    /// The catalogue's problem.
    pub async fn import_progress(&self, id: &Slug) -> Result<Option<ImportProgress>, Problem> {
        match self.catalogue().import_progress(id).await {
            Ok(progress) => Ok(Some(progress)),
            Err(problem) if problem.status() == 404 => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Makes a category, or changes it.
    ///
    /// # Errors
    /// The catalogue's problem.
    pub async fn category(&self, id: &Slug, category: &PutCategory) -> Result<(), Problem> {
        self.catalogue().put_category(id, category).await
    }

    /// Products with all that is said of them, those behind the mark `after`.
    ///
    /// # Errors
    /// The catalogue's problem.
    pub async fn export(&self, after: Option<&str>) -> Result<Page<BulkProduct>, Problem> {
        self.catalogue().export(after).await
    }

    pub(crate) fn catalogue(&self) -> CatalogueAdminClient {
        CatalogueAdminClient::new(self.caller(catalogue::SERVICE))
    }
}

fn chunk(rows: &[BulkProduct]) -> Result<ImportChunk, Problem> {
    let lines = rows.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
    let rows = lines.map_err(Problem::internal)?.join("\n");
    Ok(ImportChunk { format: BulkFormat::Ndjson, after: 0, line: 1, rows })
}

fn is_variant(row: &BulkProduct) -> bool {
    row.details.as_ref().is_some_and(|details| details.variant_of.is_some())
}
