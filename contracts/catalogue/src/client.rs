//! Calls to the catalogue.

use http::{HeaderName, Method};
use tradewind_client::Caller;
use tradewind_kernel::{Page, Slug};
use tradewind_problem::Problem;

use crate::{
    BulkProduct, Category, ImportChunk, ImportProgress, Language, LegacyProduct, ListProduct, Product,
    ProductDetail, ProductId, PutCategory, PutDetails, SearchPage, SearchQuery, SetListedPrice,
};

/// Calls the catalogue.
#[derive(Debug, Clone)]
pub struct CatalogueClient(Caller);

impl CatalogueClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// The first products by id.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn products(&self) -> Result<Page<Product>, Problem> {
        self.0.get("/api/catalogue/v1/products").await
    }

    /// All products by id, as the original shop's contract shows them.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn legacy_products(&self) -> Result<Vec<LegacyProduct>, Problem> {
        self.0.get("/products").await
    }

    /// A page of the products that fit.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn search(&self, query: &SearchQuery) -> Result<SearchPage, Problem> {
        let query = serde_urlencoded::to_string(query).map_err(Problem::internal)?;
        self.0.get(&format!("/api/catalogue/v1/search?{query}")).await
    }

    /// All that a product page shows.
    ///
    /// # Errors
    /// `not-found` when there is no such product, or that the catalogue did not answer.
    pub async fn product(&self, id: &ProductId, locale: Language) -> Result<ProductDetail, Problem> {
        self.0.get(&format!("/api/catalogue/v1/products/{id}?locale={locale}")).await
    }

    /// The tree of categories.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn categories(&self, locale: Language) -> Result<Vec<Category>, Problem> {
        self.0.get(&format!("/api/catalogue/v1/categories?locale={locale}")).await
    }

    /// Lists a product or changes what is said of it; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn list(&self, id: &ProductId, product: &ListProduct, key: &str) -> Result<(), Problem> {
        let caller = self.0.clone().header(HeaderName::from_static("idempotency-key"), key);
        caller.send(Method::PUT, &format!("/admin/products/{id}"), product).await
    }

    /// Lists a product or changes what is said of it on behalf of an admin, whose token the caller shows. `key` makes it
    /// happen once.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn list_as_admin(
        &self,
        id: &ProductId,
        product: &ListProduct,
        key: &str,
    ) -> Result<(), Problem> {
        let caller = self.0.clone().header(HeaderName::from_static("idempotency-key"), key);
        caller.send(Method::PUT, &format!("/api/catalogue/v1/admin/products/{id}"), product).await
    }

    /// Up to `limit` products after the one with the id `after`, by id.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn page(&self, after: Option<&ProductId>, limit: u16) -> Result<Page<Product>, Problem> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.0.get(&format!("/api/catalogue/v1/products?limit={limit}{after}")).await
    }
}

/// Calls the catalogue's internal door. Each change may be said again: what is there is the same.
#[derive(Debug, Clone)]
pub struct CatalogueAdminClient(Caller);

impl CatalogueAdminClient {
    /// Calls through `caller`, which shows the secret of the internal doors.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Makes a category or changes it.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn put_category(&self, slug: &Slug, category: &PutCategory) -> Result<(), Problem> {
        self.0.send(Method::PUT, &format!("/admin/categories/{slug}"), category).await
    }

    /// Says what a product is like.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn put_details(&self, id: &ProductId, details: &PutDetails) -> Result<(), Problem> {
        self.0.send(Method::PUT, &format!("/admin/products/{id}/details"), details).await
    }

    /// Sets a price in a price list.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn set_listed_price(
        &self,
        list: &Slug,
        id: &ProductId,
        price: &SetListedPrice,
    ) -> Result<(), Problem> {
        let path = format!("/admin/price-lists/{list}/products/{id}");
        self.0.send(Method::PUT, &path, price).await
    }

    /// Takes a product out of a price list.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn unlist_price(&self, list: &Slug, id: &ProductId) -> Result<(), Problem> {
        self.0.delete(&format!("/admin/price-lists/{list}/products/{id}")).await
    }

    /// Takes a piece of an import in; said again it changes nothing.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn import(&self, id: &Slug, chunk: &ImportChunk) -> Result<ImportProgress, Problem> {
        self.0.send(Method::POST, &format!("/admin/imports/{id}/chunks"), chunk).await
    }

    /// How far an import has come.
    ///
    /// # Errors
    /// `not-found` when nothing of it was sent yet, or that the catalogue did not answer.
    pub async fn import_progress(&self, id: &Slug) -> Result<ImportProgress, Problem> {
        self.0.get(&format!("/admin/imports/{id}")).await
    }

    /// Products with all that is said of them, by id: those behind the mark `after`, at most 200.
    ///
    /// # Errors
    /// The catalogue's problem, or that it did not answer.
    pub async fn export(&self, after: Option<&str>) -> Result<Page<BulkProduct>, Problem> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.0.get(&format!("/admin/products?limit=200{after}")).await
    }
}
