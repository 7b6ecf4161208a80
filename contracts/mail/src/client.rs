//! Calls to mail.

use http::{HeaderName, Method};
use tradewind_client::Caller;
use tradewind_kernel::{Id, Page};
use tradewind_problem::Problem;

use crate::{Arrived, DELIVERIES_PATH, Delivery, MAILBOX_PATH, MailAccepted, SendTestMail, TEST_MAILS_PATH};

/// Calls mail, for staff.
#[derive(Debug, Clone)]
pub struct MailClient(Caller);

impl MailClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// The newest mails.
    ///
    /// # Errors
    /// That the caller is no staff, or that the service did not answer.
    pub async fn deliveries(&self) -> Result<Page<Delivery>, Problem> {
        self.0.get(&format!("{DELIVERIES_PATH}?limit=200")).await
    }

    /// A mail.
    ///
    /// # Errors
    /// `not-found`, that the caller is no staff, or that the service did not answer.
    pub async fn delivery(&self, id: Id) -> Result<Delivery, Problem> {
        self.0.get(&format!("{DELIVERIES_PATH}/{id}")).await
    }

    /// Has a mail tried again that was given up. `key` makes it happen once.
    ///
    /// # Errors
    /// `not-found`, `conflict` when it was sent, or that the service did not answer.
    pub async fn retry(&self, id: Id, key: &str) -> Result<MailAccepted, Problem> {
        let caller = self.0.clone().header(HeaderName::from_static("idempotency-key"), key);
        caller.post(&format!("{DELIVERIES_PATH}/{id}/attempts")).await
    }

    /// Has a mail sent to the caller, under an id of theirs; said again it is the same.
    ///
    /// # Errors
    /// `invalid-body` when the language is not known, or that the service did not answer.
    pub async fn test(&self, id: Id, mail: &SendTestMail) -> Result<MailAccepted, Problem> {
        self.0.send(Method::PUT, &format!("{TEST_MAILS_PATH}/{id}"), mail).await
    }
}

/// Looks into the mailbox of a laptop; admin door.
#[derive(Debug, Clone)]
pub struct MailboxClient(Caller);

impl MailboxClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// The newest mails of everybody.
    ///
    /// # Errors
    /// `not-found` when mails are sent by SMTP, or that the service did not answer.
    pub async fn mails(&self) -> Result<Page<Arrived>, Problem> {
        self.0.get(&format!("{MAILBOX_PATH}?limit=200")).await
    }
}
