//! Calls to the provider.

use http::Method;
use tradewind_client::Caller;
use tradewind_kernel::{Id, Page};
use tradewind_problem::Problem;

use crate::{Authorise, Charge, Refund};

/// Calls the internal door of the provider. Each call may be repeated: the answer is the same.
#[derive(Debug, Clone)]
pub struct ProviderClient(Caller);

impl ProviderClient {
    /// Calls through `caller`, which shows the internal door's secret.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Holds money for the charge `reference`.
    ///
    /// # Errors
    /// [`CARD_DECLINED`](crate::CARD_DECLINED), [`CHARGE_CANCELLED`](crate::CHARGE_CANCELLED) when it was cancelled
    /// before, `invalid-body` when it was asked for with another amount or card, or that there was no answer: then
    /// the money may be held.
    pub async fn authorise(&self, reference: Id, authorise: &Authorise) -> Result<Charge, Problem> {
        self.0.send(Method::PUT, &path(reference), authorise).await
    }

    /// Moves the whole amount of an authorised charge, once.
    ///
    /// # Errors
    /// [`CHARGE_NOT_AUTHORISED`](crate::CHARGE_NOT_AUTHORISED) when it is cancelled, declined or unknown, or that
    /// there was no answer.
    pub async fn capture(&self, reference: Id) -> Result<Charge, Problem> {
        self.0.put(&format!("{}/capture", path(reference))).await
    }

    /// Calls a charge off: what is held is let go, what was captured and not given back yet is given back, and one
    /// that is unknown is remembered, so that it is refused when it is asked for late.
    ///
    /// # Errors
    /// That there was no answer.
    pub async fn cancel(&self, reference: Id) -> Result<Charge, Problem> {
        self.0.put(&format!("{}/cancellation", path(reference))).await
    }

    /// Gives a part of a captured charge back. `refund` names it: the same again is the same refund.
    ///
    /// # Errors
    /// [`REFUND_EXCEEDS_CAPTURE`](crate::REFUND_EXCEEDS_CAPTURE), `invalid-body` when this refund was made with
    /// another amount or names another currency, `not-found` when the charge is unknown, or that there was no answer.
    pub async fn refund(&self, reference: Id, refund: Id, body: &Refund) -> Result<Charge, Problem> {
        self.0.send(Method::PUT, &format!("{}/refunds/{refund}", path(reference)), body).await
    }

    /// How a charge stands.
    ///
    /// # Errors
    /// `not-found` when it is unknown, or that there was no answer.
    pub async fn charge(&self, reference: Id) -> Result<Charge, Problem> {
        self.0.get(&path(reference)).await
    }

    /// A page of all charges by reference, those after the mark `after`.
    ///
    /// # Errors
    /// That there was no answer.
    pub async fn charges(&self, after: Option<&str>) -> Result<Page<Charge>, Problem> {
        match after {
            Some(mark) => self.0.get(&format!("/admin/charges?after={mark}&limit={LIMIT}")).await,
            None => self.0.get(&format!("/admin/charges?limit={LIMIT}")).await,
        }
    }
}

/// How many charges are asked for at a time: the greatest page.
const LIMIT: u16 = tradewind_kernel::PageRequest::MAX_LIMIT;

fn path(reference: Id) -> String {
    format!("/admin/charges/{reference}")
}
