//! Calls to notification.

use http::Method;
use tradewind_client::Caller;
use tradewind_kernel::Page;
use tradewind_problem::Problem;

use crate::{NOTIFICATIONS_PATH, Notification, PREFERENCES_PATH, Preferences, SetPreferences};

/// Calls notification, for whoever is signed in.
#[derive(Debug, Clone)]
pub struct NotificationClient(Caller);

impl NotificationClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// What the caller wants to be told.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn preferences(&self) -> Result<Preferences, Problem> {
        self.0.get(PREFERENCES_PATH).await
    }

    /// Sets what the caller wants to be told, and gives it as it is kept.
    ///
    /// # Errors
    /// `invalid-body` with what is not known, or that the service did not answer.
    pub async fn set_preferences(&self, preferences: &SetPreferences) -> Result<Preferences, Problem> {
        self.0.send(Method::PUT, PREFERENCES_PATH, preferences).await
    }

    /// The newest of what the caller was told.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn notifications(&self) -> Result<Page<Notification>, Problem> {
        self.0.get(&format!("{NOTIFICATIONS_PATH}?limit=200")).await
    }
}
