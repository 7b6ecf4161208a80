//! What the provider tells of its own accord.

use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_client::Caller;
use tradewind_kernel::{Id, Money, Timestamp};
use tradewind_problem::Problem;

use crate::ChargeState;

/// A charge changed: `PUT /admin/callbacks/{id}` at the internal door of whoever takes payments.
///
/// It may arrive late, twice, or before the answer to the request that it tells of. Its id is the same each time.
/// Callbacks of one charge are sent in the sequence of its changes, each until it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Callback {
    /// The charge.
    pub reference: Id,
    /// How it stood after the change.
    pub state: ChargeState,
    /// How much had moved.
    pub captured: Money,
    /// How much of that had been given back.
    pub refunded: Money,
    /// When it changed.
    pub at: Timestamp,
}

/// Tells whoever takes payments of a charge.
#[derive(Debug, Clone)]
pub struct CallbackClient(Caller);

impl CallbackClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Tells of a change; `id` is the same each time that it is told.
    ///
    /// # Errors
    /// The receiver's problem, or that it did not answer.
    pub async fn tell(&self, id: Id, callback: &Callback) -> Result<(), Problem> {
        self.0.send(Method::PUT, &format!("/admin/callbacks/{id}"), callback).await
    }
}
