//! Makes pages that are missing, or that something above them changed, again.

use tradewind_db::{DbError, Tx, Work};

use crate::views::pages;

/// How many are made in one transaction.
const BATCH: u16 = 50;

pub(crate) struct Renew;

impl Work for Renew {
    type Output = bool;
    type Error = DbError;

    /// Whether there may be more of them.
    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let outdated = pages::outdated(tx, BATCH).await?;
        for id in &outdated {
            pages::refresh_one(tx, id).await?;
        }
        if !outdated.is_empty() {
            pages::changed(tx).await?;
        }
        Ok(outdated.len() == usize::from(BATCH))
    }
}
