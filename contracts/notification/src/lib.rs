//! What notification promises: whom the shop tells what, by which way and in which language.

#![warn(missing_docs)]

mod client;
mod events;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Timestamp};

pub use client::NotificationClient;
pub use events::{MailLine, MailRequested};

/// The name of the service.
pub const SERVICE: &str = "notification";

/// Where somebody sees and sets what they want to be told.
pub const PREFERENCES_PATH: &str = "/api/notification/notifierservice/preferences";

/// Where somebody sees what they were told.
pub const NOTIFICATIONS_PATH: &str = "/api/notification/notifierservice/notifications";

/// A language in which the shop writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// A language that this version does not know.
    #[serde(other)]
    Other,
}

impl Language {
    /// Those in which the shop writes.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// Its tag (RFC 5646); of one that is not known that of English, in which is written then.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En | Self::Other => "en",
        }
    }
}

/// A way to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum Channel {
    /// A mail to the address of their account.
    Mail,
    /// A way that this version does not know.
    #[serde(other)]
    Other,
}

/// What somebody is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum Occasion {
    /// An order was placed.
    OrderPlaced,
    /// It is reserved and will be fulfilled.
    OrderConfirmed,
    /// The carrier has the goods.
    OrderShipped,
    /// It is paid, or invoiced, and nothing takes it back any more.
    OrderCompleted,
    /// It could not be accepted.
    OrderRejected,
    /// It was called off.
    OrderCancelled,
    /// Money for it was given back.
    OrderRefunded,
    /// What they have asked back is granted.
    RefundGranted,
    /// What they have asked back is not given.
    RefundRefused,
    /// Something that this version does not know.
    #[serde(other)]
    Other,
}

impl Occasion {
    /// All that somebody can want to be told of.
    pub const ALL: [Self; 9] = [
        Self::OrderPlaced,
        Self::OrderConfirmed,
        Self::OrderShipped,
        Self::OrderCompleted,
        Self::OrderRejected,
        Self::OrderCancelled,
        Self::OrderRefunded,
        Self::RefundGranted,
        Self::RefundRefused,
    ];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderPlaced => "order-placed",
            Self::OrderConfirmed => "order-confirmed",
            Self::OrderShipped => "order-shipped",
            Self::OrderCompleted => "order-completed",
            Self::OrderRejected => "order-rejected",
            Self::OrderCancelled => "order-cancelled",
            Self::OrderRefunded => "order-refunded",
            Self::RefundGranted => "refund-granted",
            Self::RefundRefused => "refund-refused",
            Self::Other => "other",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|occasion| occasion.name() == name).unwrap_or(Self::Other)
    }
}

/// Sets what somebody wants to be told: `PUT` [`PREFERENCES_PATH`]. It holds for what happens from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPreferences {
    /// In which language.
    #[schemars(example = &"de")]
    pub language: Language,
    /// By which ways; none: nothing is sent.
    #[schemars(length(max = 10), example = ["mail"])]
    pub channels: Vec<Channel>,
    /// Of what; none: of nothing.
    #[schemars(length(max = 20), example = ["order-placed", "order-completed"])]
    pub occasions: Vec<Occasion>,
}

/// What somebody wants to be told: `GET` [`PREFERENCES_PATH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    /// Whose they are.
    pub customer_id: Id,
    /// In which language.
    pub language: Language,
    /// By which ways.
    pub channels: Vec<Channel>,
    /// Of what.
    pub occasions: Vec<Occasion>,
}

/// What became of something that somebody may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum NotificationState {
    /// A mail was asked for.
    Requested,
    /// They do not want to be told.
    Unwanted,
    /// It was heard of so late that it would be no news.
    Late,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// Something that somebody may be told: `GET` [`NOTIFICATIONS_PATH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Its id, and so that of the mail.
    pub id: Id,
    /// Who.
    pub customer_id: Id,
    /// Of what.
    pub occasion: Occasion,
    /// The order.
    pub order_id: Id,
    /// What became of it.
    pub state: NotificationState,
    /// In which language it was told.
    pub language: Language,
    /// When it was decided.
    pub decided_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_documents() {
        for occasion in Occasion::ALL {
            let text = serde_json::to_value(occasion).unwrap();
            assert_eq!(text, occasion.name());
            assert_eq!(Occasion::named(occasion.name()), occasion);
        }
        for language in Language::ALL {
            assert_eq!(serde_json::to_value(language).unwrap(), language.tag());
        }
        assert_eq!(Occasion::named("order-eaten"), Occasion::Other);
    }

    #[test]
    fn what_a_later_version_says_is_understood_as_something_else() {
        let text = r#"{"language":"fr","channels":["pigeon"],"occasions":["order-eaten"]}"#;
        let preferences: SetPreferences = serde_json::from_str(text).unwrap();
        assert_eq!(preferences.language, Language::Other);
        assert_eq!(preferences.channels, [Channel::Other]);
        assert_eq!(preferences.occasions, [Occasion::Other]);
    }
}
