//! Forgets blobs that no object names.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};

use crate::store::blobs;

/// Gives up blobs that have been on their way for too long.
pub(crate) struct Condemn {
    pub(crate) before: Timestamp,
    pub(crate) limit: u16,
}

impl Work for Condemn {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        blobs::condemn_old(tx, self.before, self.limit).await
    }
}

/// Forgets blobs whose files are gone.
pub(crate) struct Forget {
    pub(crate) blobs: Vec<Id>,
}

impl Work for Forget {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        for blob in &self.blobs {
            blobs::forget(tx, *blob).await?;
        }
        Ok(())
    }
}
