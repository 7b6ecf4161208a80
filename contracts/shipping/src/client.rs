//! Calls to shipping.

use http::Method;
use tradewind_client::Caller;
use tradewind_kernel::Id;
use tradewind_problem::Problem;

use crate::{BookShipment, SHIPMENTS_PATH, Shipment};

/// Calls shipping. Each call may be repeated: the answer is the same.
#[derive(Debug, Clone)]
pub struct ShippingClient(Caller);

impl ShippingClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Books the shipment of an order; internal door.
    ///
    /// # Errors
    /// [`SHIPMENT_CANCELLED`](crate::SHIPMENT_CANCELLED) when it was called off before, or that there was no answer.
    pub async fn book(&self, order: Id, shipment: &BookShipment) -> Result<Shipment, Problem> {
        self.0.send(Method::PUT, &admin(order), shipment).await
    }

    /// Calls the shipment of an order off; internal door. One that is unknown is remembered, so that it is refused
    /// when it is booked late.
    ///
    /// # Errors
    /// [`SHIPMENT_HANDED_OVER`](crate::SHIPMENT_HANDED_OVER) when the carrier has it, or that there was no answer.
    pub async fn cancel(&self, order: Id) -> Result<(), Problem> {
        self.0.put(&format!("{}/cancellation", admin(order))).await
    }

    /// The shipment of an order, for its owner and for staff; public door.
    ///
    /// # Errors
    /// `not-found` when there is none or it is another customer's, or that there was no answer.
    pub async fn shipment(&self, order: Id) -> Result<Shipment, Problem> {
        self.0.get(&format!("{SHIPMENTS_PATH}/{order}")).await
    }
}

fn admin(order: Id) -> String {
    format!("/admin/shipments/{order}")
}
