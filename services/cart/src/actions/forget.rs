//! Throws away what has expired: carts that were not completed, and quotes that were not taken.

use tradewind_db::{DbError, Tx, Work};

use crate::store::{carts, quotes};

/// Rows that are thrown away in one transaction.
const AT_ONCE: u16 = 500;

pub(crate) struct Forget;

impl Work for Forget {
    /// Whether there may be more.
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let carts = carts::forget(tx, AT_ONCE).await?;
        let quotes = quotes::forget(tx, AT_ONCE).await?;
        Ok(carts.max(quotes) >= u64::from(AT_ONCE))
    }
}
