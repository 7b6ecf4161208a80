//! Removes what has no meaning any more.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Timestamp;

use crate::store::{attempts, sessions};

pub(crate) struct ForgetOld {
    /// Attempts before this are forgotten.
    pub(crate) attempts: Timestamp,
    /// Sessions that expired before this are removed.
    pub(crate) sessions: Timestamp,
}

impl Work for ForgetOld {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        attempts::remove_old(tx, self.attempts).await?;
        sessions::remove_old(tx, self.sessions).await
    }
}
