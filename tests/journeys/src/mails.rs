//! What people are told, and what has arrived.

use std::time::Duration;

use tradewind_mail_contract::{Arrived, Delivery, MailClient, MailboxClient};
use tradewind_notification_contract::NotificationClient;
use tradewind_testkit::LIMIT;

use crate::{Fleet, staff};

impl Fleet {
    /// What somebody is told and wants to be told, through the gateway.
    #[must_use]
    pub fn notifications(&self, token: &str) -> NotificationClient {
        NotificationClient::new(self.caller("gateway/data-plane", token))
    }

    /// Mails as staff see them, through the gateway.
    #[must_use]
    pub fn mail(&self) -> MailClient {
        MailClient::new(self.caller("gateway/data-plane", &staff()))
    }

    /// What lies in the mailbox, the oldest first.
    pub async fn mailbox(&self) -> Vec<Arrived> {
        let mut mails = MailboxClient::new(self.stranger("mail/admin")).mails().await.unwrap().items;
        mails.reverse();
        mails
    }

    /// Waits until so many mails have arrived, and gives them, the oldest first.
    ///
    /// # Panics
    /// When they do not.
    pub async fn mails(&self, least: usize) -> Vec<Arrived> {
        let until = self.clock().monotonic() + LIMIT;
        loop {
            let mails = self.mailbox().await;
            if mails.len() >= least {
                return mails;
            }
            assert!(self.clock().monotonic() < until, "{mails:#?}");
            self.clock().sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the mails of the fleet are as they are wanted, and gives them, the oldest first.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn mail_comes_to(&self, is_there: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        let until = self.clock().monotonic() + LIMIT;
        loop {
            let mut mails = self.mail().deliveries().await.unwrap().items;
            mails.reverse();
            if is_there(&mails) {
                return mails;
            }
            assert!(self.clock().monotonic() < until, "{mails:#?}");
            self.clock().sleep(Duration::from_millis(20)).await;
        }
    }
}
