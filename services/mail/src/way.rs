//! The way that mails take: into the mailbox, or to a mail server.

use tradewind_kernel::Clock;
use tradewind_smtp::Relay;

use crate::config::{Settings, Transport};

/// The way that mails take.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// Into the mailbox, which holds so many.
    Mailbox { most: u32 },
    /// To a mail server.
    Smtp(Relay),
}

impl Way {
    pub(crate) fn new(settings: &Settings, clock: &Clock) -> Result<Self, String> {
        match settings.transport {
            Transport::Mailbox => Ok(Self::Mailbox { most: settings.mailbox.most }),
            Transport::Smtp => {
                let relay = Relay::new(settings.relay(), clock.clone());
                relay.map(Self::Smtp).map_err(|error| format!("mail.smtp: {error}"))
            }
        }
    }

    /// Whether there is a mailbox to look into.
    pub(crate) fn is_mailbox(&self) -> bool {
        matches!(self, Self::Mailbox { .. })
    }
}
