//! Calls to orders.

use http::{HeaderName, Method};
use tradewind_client::Caller;
use tradewind_kernel::{Id, Page};
use tradewind_problem::Problem;

use crate::{Accepted, ORDERS_PATH, Order, OrderId, PlaceOrder};

/// Calls orders.
#[derive(Debug, Clone)]
pub struct OrdersClient(Caller);

impl OrdersClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Places an order. The same `key` again gives the same order.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn place(&self, order: &PlaceOrder, key: &str) -> Result<Accepted, Problem> {
        self.keyed(key).send(Method::POST, ORDERS_PATH, order).await
    }

    /// Calls an open order off.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn cancel(&self, id: OrderId, key: &str) -> Result<Accepted, Problem> {
        self.keyed(key).post(&format!("{ORDERS_PATH}/{id}/cancellation")).await
    }

    /// Reads an order.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn order(&self, id: OrderId) -> Result<Order, Problem> {
        self.0.get(&format!("{ORDERS_PATH}/{id}")).await
    }

    /// The newest orders of the caller.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn orders(&self) -> Result<Page<Order>, Problem> {
        self.0.get(ORDERS_PATH).await
    }

    /// The newest orders of everybody, for staff, whose token the caller shows.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn latest(&self, after: Option<Id>, limit: u16) -> Result<Page<Order>, Problem> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.0.get(&format!("/api/orders/v1/admin/orders?limit={limit}{after}")).await
    }

    fn keyed(&self, key: &str) -> Caller {
        self.0.clone().header(HeaderName::from_static("idempotency-key"), key)
    }
}
