//! Forgets what is old, and what somebody got who was erased.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};

use crate::store::{mailbox, mails};

/// Rows of a table forgotten in one transaction.
const LIMIT: i64 = 500;

/// Forgets what is old.
pub(crate) struct Forget {
    /// Mails that ended before this.
    pub(crate) before: Timestamp,
    /// Mails that arrived in the mailbox before this.
    pub(crate) arrived_before: Timestamp,
}

impl Work for Forget {
    /// Whether there may be more.
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let is_full = |count: u64| i64::try_from(count).is_ok_and(|count| count >= LIMIT);
        let ended = mails::forget(tx, self.before, LIMIT).await?;
        let arrived = mailbox::forget(tx, self.arrived_before, LIMIT).await?;
        Ok(is_full(ended) || is_full(arrived))
    }
}

/// Removes what mails to somebody said, and sends them no more.
pub(crate) struct ForgetPerson {
    pub(crate) person: Id,
}

impl Work for ForgetPerson {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        mails::forget_person(tx, self.person).await?;
        mailbox::forget_person(tx, self.person).await
    }
}
