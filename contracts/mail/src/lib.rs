//! What mail promises: mails that were asked for are sent, and staff see how far they have come.

#![warn(missing_docs)]

mod client;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Timestamp};

pub use client::{MailClient, MailboxClient};

/// The name of the service.
pub const SERVICE: &str = "mail";

/// Where staff see the mails and how far they have come.
pub const DELIVERIES_PATH: &str = "/api/mailservice/mailservice/deliveries";

/// Where staff have a mail sent to themselves, each under an id of theirs.
pub const TEST_MAILS_PATH: &str = "/api/mailservice/mailservice/test-mails";

/// Where programs see what is in the mailbox; admin door.
pub const MAILBOX_PATH: &str = "/mailbox.json";

/// How far a mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum DeliveryState {
    /// It is to be sent, or sent again.
    Waiting,
    /// The mail server has taken it, or it lies in the mailbox.
    Sent,
    /// The mail server refused it for good, or it was tried as often as it is tried.
    Failed,
    /// There is nobody to send it to: the account has no address, or is no more.
    NoRecipient,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// A mail on its way: `GET /api/mailservice/mailservice/deliveries`. It names its recipient by their id; their address
/// is kept by accounts alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id, which is in its `Message-ID`.
    pub id: Id,
    /// The account of whom it is for.
    pub recipient_id: Id,
    /// Of what it tells, such as `order-completed`.
    pub occasion: String,
    /// The tag of its language.
    pub language: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: i64,
    /// Attempts of which nobody knows whether the mail server took the mail: it may have arrived so many times more.
    pub unknown: i64,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it was sent or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The code of the mail server's last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// What it said, or why there was no answer; without the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// Has a mail sent to the address of whoever asks: `PUT /api/mailservice/mailservice/test-mails/{id}`, with an id of
/// theirs. Said again it is the same mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendTestMail {
    /// The tag of its language: `en` or `de`.
    #[schemars(length(min = 2, max = 2), example = &"en")]
    pub language: String,
}

/// The answer to what will be sent: where it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailAccepted {
    /// The mail.
    pub id: Id,
}

/// A mail in the mailbox: `GET /mailbox.json`, admin door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Arrived {
    /// Its place; later ones have greater numbers.
    pub number: i64,
    /// The mail.
    pub mail_id: Id,
    /// What its recipient is called.
    pub name: String,
    /// The address that it was sent to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The tag of its language.
    pub language: String,
    /// It as text.
    pub text: String,
    /// It as HTML.
    pub html: String,
    /// When it arrived.
    pub arrived_at: Timestamp,
}
