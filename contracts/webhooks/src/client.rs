//! Calls to webhooks.

use http::{HeaderName, Method};
use tradewind_client::Caller;
use tradewind_kernel::{Id, Page};
use tradewind_problem::Problem;

use crate::{Delivery, Disclosed, ENDPOINTS_PATH, Endpoint, Pinged, RegisterEndpoint, Replay, Replayed};

/// Calls webhooks, for staff.
#[derive(Debug, Clone)]
pub struct WebhooksClient(Caller);

impl WebhooksClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Registers an endpoint under an id of the caller's; said again, it shows no secret.
    ///
    /// # Errors
    /// [`ADDRESS_REFUSED`](crate::ADDRESS_REFUSED), [`UNKNOWN_TYPE`](crate::UNKNOWN_TYPE),
    /// [`TOO_MANY`](crate::TOO_MANY), or that there was no answer.
    pub async fn register(&self, id: Id, endpoint: &RegisterEndpoint) -> Result<Disclosed, Problem> {
        self.0.send(Method::PUT, &at(id, ""), endpoint).await
    }

    /// An endpoint.
    ///
    /// # Errors
    /// `not-found` when there is none, or that there was no answer.
    pub async fn endpoint(&self, id: Id) -> Result<Endpoint, Problem> {
        self.0.get(&at(id, "")).await
    }

    /// All endpoints.
    ///
    /// # Errors
    /// That there was no answer.
    pub async fn endpoints(&self) -> Result<Page<Endpoint>, Problem> {
        self.0.get(ENDPOINTS_PATH).await
    }

    /// Removes an endpoint with all that is known of its deliveries.
    ///
    /// # Errors
    /// That there was no answer.
    pub async fn remove(&self, id: Id) -> Result<(), Problem> {
        self.0.delete(&at(id, "")).await
    }

    /// Makes a further secret under an id of the caller's; those before it hold for a while.
    ///
    /// # Errors
    /// [`TOO_MANY`](crate::TOO_MANY), `not-found`, or that there was no answer.
    pub async fn rotate(&self, id: Id, secret: Id) -> Result<Disclosed, Problem> {
        self.0.put(&at(id, &format!("/secrets/{secret}"))).await
    }

    /// Lets deliveries wait, or go on.
    ///
    /// # Errors
    /// `not-found` when there is no such endpoint, or that there was no answer.
    pub async fn set_enabled(&self, id: Id, enabled: bool) -> Result<(), Problem> {
        let path = at(id, "/enabled");
        if enabled { self.0.put(&path).await } else { self.0.delete(&path).await }
    }

    /// Sends a message that says nothing. `key` makes it happen once.
    ///
    /// # Errors
    /// [`ENDPOINT_DISABLED`](crate::ENDPOINT_DISABLED), `not-found`, or that there was no answer.
    pub async fn ping(&self, id: Id, key: &str) -> Result<Pinged, Problem> {
        self.keyed(key).post(&at(id, "/pings")).await
    }

    /// Sends deliveries once more. `key` makes it happen once.
    ///
    /// # Errors
    /// `not-found` when there is no such endpoint or delivery, or that there was no answer.
    pub async fn replay(&self, id: Id, replay: &Replay, key: &str) -> Result<Replayed, Problem> {
        self.keyed(key).send(Method::POST, &at(id, "/replays"), replay).await
    }

    /// The first deliveries, the newest first.
    ///
    /// # Errors
    /// `not-found` when there is no such endpoint, or that there was no answer.
    pub async fn deliveries(&self, id: Id) -> Result<Page<Delivery>, Problem> {
        self.0.get(&at(id, "/deliveries?limit=200")).await
    }

    fn keyed(&self, key: &str) -> Caller {
        self.0.clone().header(HeaderName::from_static("idempotency-key"), key)
    }
}

fn at(id: Id, below: &str) -> String {
    format!("{ENDPOINTS_PATH}/{id}{below}")
}
