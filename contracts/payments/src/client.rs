//! Calls to payments.

use http::{HeaderName, Method};
use tradewind_client::Caller;
use tradewind_kernel::{Id, Page};
use tradewind_problem::Problem;

use crate::{
    AskRefund, GrantRefund, PAYMENTS_PATH, Payment, REFUND_REQUESTS_PATH, RefundAccepted, RefundPayment,
    RefundRequest, RefuseRefund,
};

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

    /// Asks for money back, as the customer whose order it is. The same again changes nothing.
    ///
    /// # Errors
    /// `refund-already-asked`, `payment-not-captured`, `refund-exceeds-capture`, or that the service did not answer.
    pub async fn ask_refund(
        &self,
        order: Id,
        number: u16,
        asked: &AskRefund,
    ) -> Result<RefundRequest, Problem> {
        self.0.send(Method::PUT, &requests_of(order, &format!("/{number}")), asked).await
    }

    /// What was asked back for an order, the first request first, as its customer or staff sees it.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn refund_requests(&self, order: Id) -> Result<Vec<RefundRequest>, Problem> {
        self.0.get(&requests_of(order, "")).await
    }

    /// Requests that are to be decided, those of the oldest orders first; for staff, whose token the caller shows.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn open_refund_requests(
        &self,
        after: Option<Id>,
        limit: u16,
    ) -> Result<Page<RefundRequest>, Problem> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.0.get(&format!("{REFUND_REQUESTS_PATH}?limit={limit}{after}")).await
    }

    /// Grants a request, as staff may. The same again gives nothing more back.
    ///
    /// # Errors
    /// `refund-request-decided`, `refund-exceeds-capture`, or that the service did not answer.
    pub async fn grant_refund(
        &self,
        order: Id,
        number: u16,
        granted: &GrantRefund,
    ) -> Result<RefundRequest, Problem> {
        self.0.send(Method::PUT, &requests_of(order, &format!("/{number}/grant")), granted).await
    }

    /// Refuses a request, as staff may. The same again changes nothing.
    ///
    /// # Errors
    /// `refund-request-decided`, or that the service did not answer.
    pub async fn refuse_refund(
        &self,
        order: Id,
        number: u16,
        refused: &RefuseRefund,
    ) -> Result<RefundRequest, Problem> {
        self.0.send(Method::PUT, &requests_of(order, &format!("/{number}/refusal")), refused).await
    }
}

fn requests_of(order: Id, rest: &str) -> String {
    format!("{PAYMENTS_PATH}/{order}/refund-requests{rest}")
}
