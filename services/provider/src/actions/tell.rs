//! What is written down about the telling of callbacks.

use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};

use crate::store::{self, outgoing, outgoing::Outgoing};

/// Makes an attempt one's own, before it is made.
pub(crate) struct Claim {
    pub(crate) callback: Outgoing,
    /// When it is due again if nothing is heard of it.
    pub(crate) again: Duration,
}

impl Work for Claim {
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        outgoing::claim(tx, &self.callback, self.again).await
    }
}

/// Writes down how an attempt ended.
pub(crate) struct Ended {
    pub(crate) id: Id,
    pub(crate) status: u16,
}

impl Work for Ended {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        outgoing::ended(tx, self.id, self.status).await
    }
}

/// Forgets callbacks, told or not, and cards that nothing was charged to.
pub(crate) struct Forget {
    pub(crate) callbacks_before: Timestamp,
    pub(crate) cards_before: Timestamp,
}

impl Work for Forget {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        outgoing::forget(tx, self.callbacks_before).await?;
        store::forget_cards(tx, self.cards_before).await.map(drop)
    }
}
