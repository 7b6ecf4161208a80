//! One attempt to send a mail: claimed before, and written down after.

use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};

use crate::store::mailbox::{self, Arrival};
use crate::store::mails::{self, Claimed, Due, Said};

/// Makes an attempt one's own.
pub(crate) struct Claim {
    pub(crate) due: Due,
    /// For how long.
    pub(crate) hold: Duration,
}

impl Work for Claim {
    /// The mail, and until when it is ours.
    type Output = Option<(Claimed, Timestamp)>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let until = tx.now().plus(self.hold);
        Ok(mails::claim(tx, self.due, until).await?.map(|claimed| (claimed, until)))
    }
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// A mail server has it.
    Sent,
    /// It is put into the mailbox with this.
    Arrives(Box<Arrival>),
    /// It is tried again after a pause.
    Again(Duration),
    /// It is given up.
    Failed,
    /// There is nobody to send it to.
    NoRecipient,
}

/// Writes down how an attempt ended.
pub(crate) struct End {
    pub(crate) id: Id,
    pub(crate) until: Timestamp,
    pub(crate) ending: Ending,
    pub(crate) said: Said,
}

impl Work for End {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Self { id, until, ending, said } = self;
        match ending {
            Ending::Sent => mails::end(tx, *id, "sent", said).await.map(drop),
            Ending::Arrives(arrival) => {
                if mails::end(tx, *id, "sent", said).await? {
                    mailbox::put(tx, arrival).await?;
                }
                Ok(())
            }
            Ending::Again(pause) => mails::postpone(tx, *id, (*until, *pause), said).await,
            Ending::Failed => mails::end(tx, *id, "failed", said).await.map(drop),
            Ending::NoRecipient => mails::end(tx, *id, "no-recipient", said).await.map(drop),
        }
    }
}

/// Puts a mail into the mailbox and no more: the mistake of a mutant.
pub(crate) struct PutApart(pub(crate) Arrival);

impl Work for PutApart {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        mailbox::put(tx, &self.0).await
    }
}
