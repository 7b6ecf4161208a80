//! What stock promises: how many of each product there are, and who has reserved them.

#![warn(missing_docs)]

pub mod grpc;

use http::{HeaderName, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_client::{Answer, Caller};
use tradewind_events::Event;
use tradewind_kernel::{Id, Slug};
use tradewind_problem::Problem;

pub use grpc::StockGrpcClient;

/// The name of the service.
pub const SERVICE: &str = "stock";

/// The stock of one product, as the original shop's contract shows it: `GET /stocks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stock {
    /// The product.
    pub product_id: Slug,
    /// Its stock keeping unit.
    pub sku: String,
    /// How many can be reserved now.
    pub amount_available: i64,
}

/// Makes an item known: `PUT /admin/items/{productId}`, internal door; for admins `PUT
/// /api/stock/v1/admin/items/{productId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterItem {
    /// Its stock keeping unit, 1 to 64 characters.
    #[schemars(example = &"12345678")]
    pub sku: Slug,
}

/// Goods came in: `POST /admin/items/{productId}/receipts`, internal door; for staff `POST
/// /api/stock/v1/admin/items/{productId}/receipts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiveStock {
    /// How many, 1 to 1,000,000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub quantity: u32,
    /// The number of the delivery note, if there is one: each product of a note is booked once, however
    /// late it comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Slug>,
}

/// Why lines could not be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum StockRefusal {
    /// There are not enough left.
    SoldOut,
    /// No such product is kept here.
    UnknownProduct,
    /// A reason that this version does not know.
    #[serde(other)]
    Other,
}

/// An item was made known, or its stock keeping unit changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemRegistered {
    /// The product.
    pub product_id: Slug,
    /// Its stock keeping unit.
    pub sku: Slug,
}

impl Event for ItemRegistered {
    const TYPE: &'static str = "tradewind.stock.item-registered.v1";

    fn partition_key(&self) -> String {
        format!("product-{}", self.product_id)
    }
}

/// All lines of an order are reserved; told once more when they expired and could be reserved again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReserved {
    /// The order.
    pub order_id: Id,
}

impl Event for StockReserved {
    const TYPE: &'static str = "tradewind.stock.stock-reserved.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// The lines of an order could not be reserved; nothing of it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockRefused {
    /// The order.
    pub order_id: Id,
    /// Why.
    pub reason: StockRefusal,
    /// The first product that could not be reserved.
    pub product_id: Slug,
}

impl Event for StockRefused {
    const TYPE: &'static str = "tradewind.stock.stock-refused.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// What an order had reserved can be sold again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReleased {
    /// The order.
    pub order_id: Id,
}

impl Event for StockReleased {
    const TYPE: &'static str = "tradewind.stock.stock-released.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// Nobody confirmed in time what an order had reserved; it can be sold again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReservationExpired {
    /// The order.
    pub order_id: Id,
}

impl Event for StockReservationExpired {
    const TYPE: &'static str = "tradewind.stock.stock-reservation-expired.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// An order was opened after its reservation had expired, and its lines could not be reserved again;
/// nothing of it is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReservationLost {
    /// The order.
    pub order_id: Id,
}

impl Event for StockReservationLost {
    const TYPE: &'static str = "tradewind.stock.stock-reservation-lost.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// What shoppers are told of how many there are of a product has changed. Above ten, which is
/// [`StockLevelChanged::COUNTED`], a number is of no use to them, so that most sales are not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockLevelChanged {
    /// The product.
    pub product_id: Slug,
    /// How many can be reserved now, when there are ten at most; none: there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
}

impl StockLevelChanged {
    /// The greatest number that is told.
    pub const COUNTED: u32 = 10;
}

impl Event for StockLevelChanged {
    const TYPE: &'static str = "tradewind.stock.stock-level-changed.v1";

    fn partition_key(&self) -> String {
        format!("product-{}", self.product_id)
    }
}

/// Calls stock.
#[derive(Debug, Clone)]
pub struct StockClient(Caller);

impl StockClient {
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
        self.0.get("/stocks").await
    }

    /// All stock, by product; nothing when the service cannot answer, and the answer says why. For those who can
    /// go on without knowing, and never with a number in its place.
    ///
    /// # Errors
    /// That the service refuses the request.
    pub async fn stocks_if_known(&self) -> Result<Answer<Option<Vec<Stock>>>, Problem> {
        self.0.get_or("/stocks", |_| None).await
    }

    /// Makes an item known; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn register(&self, product: &Slug, item: &RegisterItem, key: &str) -> Result<(), Problem> {
        self.keyed(key).send(Method::PUT, &format!("/admin/items/{product}"), item).await
    }

    /// Takes goods in; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn receive(&self, product: &Slug, receipt: &ReceiveStock, key: &str) -> Result<Stock, Problem> {
        self.keyed(key).send(Method::POST, &format!("/admin/items/{product}/receipts"), receipt).await
    }

    /// What is available of a product.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn stock(&self, product: &Slug) -> Result<Stock, Problem> {
        self.0.get(&format!("/api/stock/v1/stocks/{product}")).await
    }

    /// Makes an item known on behalf of an admin, whose token the caller shows. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn register_as_admin(
        &self,
        product: &Slug,
        item: &RegisterItem,
        key: &str,
    ) -> Result<(), Problem> {
        self.keyed(key).send(Method::PUT, &format!("/api/stock/v1/admin/items/{product}"), item).await
    }

    /// Takes goods in on behalf of staff, whose token the caller shows. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn receive_as_staff(
        &self,
        product: &Slug,
        receipt: &ReceiveStock,
        key: &str,
    ) -> Result<Stock, Problem> {
        let path = format!("/api/stock/v1/admin/items/{product}/receipts");
        self.keyed(key).send(Method::POST, &path, receipt).await
    }

    /// Takes what an order has reserved out of the shelves, to be sent; internal door. Again it does nothing.
    ///
    /// # Errors
    /// `nothing-reserved` when what it held is gone, or that the service did not answer.
    pub async fn pick(&self, order: Id) -> Result<(), Problem> {
        self.0.put(&format!("/admin/picks/{order}")).await
    }

    /// Puts what was picked for an order back and lets go of what it holds; internal door. Nothing can be picked for it
    /// any more. Again, or when nothing was picked, it does nothing.
    ///
    /// # Errors
    /// That the service did not answer.
    pub async fn put_back(&self, order: Id) -> Result<(), Problem> {
        self.0.delete(&format!("/admin/picks/{order}")).await
    }

    fn keyed(&self, key: &str) -> Caller {
        self.0.clone().header(HeaderName::from_static("idempotency-key"), key)
    }
}
