//! The same promises by gRPC, as `proto/tradewind/stock/v1/stock.proto` has them.

use http::HeaderName;
use tradewind_client::{Answer, Caller, Source};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;

use crate::{ReceiveStock, RegisterItem, Stock};

/// What is made of the `.proto` file: messages, and a constant for each method.
pub mod v1 {
    include!("../proto/tradewind.stock.v1.rs");
}

impl From<Stock> for v1::Stock {
    fn from(stock: Stock) -> Self {
        let Stock { product_id, sku, amount_available } = stock;
        Self { product_id: product_id.to_string(), sku, amount_available }
    }
}

impl TryFrom<v1::Stock> for Stock {
    type Error = Problem;

    fn try_from(stock: v1::Stock) -> Result<Self, Problem> {
        let v1::Stock { product_id, sku, amount_available } = stock;
        let product_id = product_id.parse().map_err(|error| {
            Problem::internal(format!("stock answered with a product that can be none: {error}"))
        })?;
        Ok(Self { product_id, sku, amount_available })
    }
}

/// Calls stock by gRPC, through the same policies as [`StockClient`](crate::StockClient).
#[derive(Debug, Clone)]
pub struct StockGrpcClient(Caller);

impl StockGrpcClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// All stock, by product.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn stocks(&self) -> Result<Vec<Stock>, Problem> {
        known(self.0.unary(&v1::LIST_STOCKS, &v1::ListStocksRequest {}).await?.stocks)
    }

    /// All stock, by product; nothing when the service cannot answer, and the answer says why. For those who can
    /// go on without knowing, and never with a number in its place.
    ///
    /// # Errors
    /// That the service refuses the request.
    pub async fn stocks_if_known(&self) -> Result<Answer<Option<Vec<Stock>>>, Problem> {
        let none = |_: &Problem| v1::ListStocksResponse::default();
        let answer = self.0.unary_or(&v1::LIST_STOCKS, &v1::ListStocksRequest {}, none).await?;
        let value = match answer.source {
            Source::Peer => Some(known(answer.value.stocks)?),
            Source::Fallback { .. } => None,
        };
        Ok(Answer { value, source: answer.source })
    }

    /// The stock of one product.
    ///
    /// # Errors
    /// The service's problem, not found among them, or that it did not answer.
    pub async fn stock(&self, product: &Slug) -> Result<Stock, Problem> {
        let request = v1::GetStockRequest { product_id: product.to_string() };
        self.0.unary(&v1::GET_STOCK, &request).await?.try_into()
    }

    /// The stock of 1 to 100 products, in this sequence. Those that are not kept are left out.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn stocks_of(&self, products: &[Slug]) -> Result<Vec<Stock>, Problem> {
        let request =
            v1::BatchGetStocksRequest { product_ids: products.iter().map(Slug::to_string).collect() };
        known(self.0.unary(&v1::BATCH_GET_STOCKS, &request).await?.stocks)
    }

    /// Makes an item known; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn register(&self, product: &Slug, item: &RegisterItem, key: &str) -> Result<(), Problem> {
        let request = v1::RegisterItemRequest { product_id: product.to_string(), sku: item.sku.to_string() };
        self.keyed(key).unary(&v1::REGISTER_ITEM, &request).await.map(drop)
    }

    /// Takes goods in; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn receive(&self, product: &Slug, receipt: &ReceiveStock, key: &str) -> Result<Stock, Problem> {
        let request = v1::ReceiveStockRequest {
            product_id: product.to_string(),
            quantity: receipt.quantity,
            reference: receipt.reference.as_ref().map(Slug::to_string),
        };
        self.keyed(key).unary(&v1::RECEIVE_STOCK, &request).await?.try_into()
    }

    fn keyed(&self, key: &str) -> Caller {
        self.0.clone().header(HeaderName::from_static("idempotency-key"), key)
    }
}

fn known(stocks: Vec<v1::Stock>) -> Result<Vec<Stock>, Problem> {
    stocks.into_iter().map(Stock::try_from).collect()
}
