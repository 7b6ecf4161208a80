//! What a mail tells.

use serde::{Deserialize, Serialize};
use tradewind_kernel::Timestamp;
use tradewind_notification_contract::{Language, MailRequested};

/// What a mail tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Content {
    /// What happened to an order.
    Order(Box<MailRequested>),
    /// That mails arrive.
    Test {
        /// When it was asked for.
        at: Timestamp,
    },
}

/// A language in which mails are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    German,
}

impl Tongue {
    /// The tag (RFC 5646).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The one with this tag.
    pub(crate) fn tagged(tag: &str) -> Option<Self> {
        [Self::English, Self::German].into_iter().find(|tongue| tongue.tag() == tag)
    }
}

impl From<Language> for Tongue {
    /// Who wants a language that is not known here is written to in English.
    fn from(language: Language) -> Self {
        match language {
            Language::De => Self::German,
            Language::En | Language::Other => Self::English,
        }
    }
}
