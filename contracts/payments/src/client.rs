//! Calls to payments.

use http::{HeaderName, Method};
use tradewind_client::Caller;
use tradewind_kernel::Id;
use tradewind_problem::Problem;

use crate::{PAYMENTS_PATH, Payment, RefundAccepted, RefundPayment};

/// Calls payments.
#[derive(Debug, Clone)]
pub struct PaymentsClient(Caller);

impl PaymentsClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Takes the amount of an order; internal door. Again it does nothing more.
    ///
    /// # Errors
    /// `payment-not-authorised` when there is nothing to take, `payment-in-progress` when it is not known yet whether it
    /// was taken, or that the service did not answer.
    pub async fn capture(&self, order: Id) -> Result<Payment, Problem> {
        self.0.put(&format!("/admin/payments/{order}/capture")).await
    }

    /// Lets the amount of an order go, and gives back what was taken; internal door. Nothing can be taken for it any
    /// more. It is carried out for certain, if not at once. Again it does nothing more.
    ///
    /// # Errors
    /// That the service did not answer.
    pub async fn release(&self, order: Id) -> Result<(), Problem> {
        self.0.delete(&format!("/admin/payments/{order}/capture")).await
    }

    /// Gives money back, as staff may. The same `key` again gives the same refund.
    ///
    /// # Errors
    /// `refund-exceeds-capture`, or that the service did not answer.
    pub async fn refund(
        &self,
        order: Id,
        refund: &RefundPayment,
        key: &str,
    ) -> Result<RefundAccepted, Problem> {
        let keyed = self.0.clone().header(HeaderName::from_static("idempotency-key"), key);
        keyed.send(Method::POST, &format!("{PAYMENTS_PATH}/{order}/refunds"), refund).await
    }

    /// The payment of an order, as its customer or staff sees it.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn payment(&self, order: Id) -> Result<Payment, Problem> {
        self.0.get(&format!("{PAYMENTS_PATH}/{order}")).await
    }
}
