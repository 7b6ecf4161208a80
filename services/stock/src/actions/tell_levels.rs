//! Tells shoppers of items of which they were never told how many there are.

use tradewind_db::{DbError, Tx, Work};

use crate::store;

/// How many are told of in one transaction.
const BATCH: u16 = 100;

pub(crate) struct TellLevels;

impl Work for TellLevels {
    type Output = bool;
    type Error = DbError;

    /// Whether there may be more of them.
    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let untold = store::untold(tx, BATCH).await?;
        for product in &untold {
            store::tell(tx, product).await?;
        }
        Ok(untold.len() == usize::from(BATCH))
    }
}
