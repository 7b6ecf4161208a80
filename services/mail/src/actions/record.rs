//! Writes down that a mail is to be sent, in the transaction that hears of it.

use tradewind_db::{DbError, Tx, Work};
use tradewind_notification_contract::MailRequested;

use crate::domain::{Content, Tongue};
use crate::store::mails::{self, Asked};

pub(crate) struct Record {
    pub(crate) asked: MailRequested,
}

impl Work for Record {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let asked = Asked {
            id: self.asked.notification_id,
            recipient: self.asked.recipient_id,
            occasion: self.asked.occasion.name(),
            language: Tongue::from(self.asked.language).tag(),
            content: &Content::Order(Box::new(self.asked.clone())),
        };
        mails::add(tx, &asked).await
    }
}
