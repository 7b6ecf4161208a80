//! Forgets old events with their deliveries.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Timestamp;

use crate::store::events::{self, Forgotten};

/// Events forgotten in one transaction.
const PORTION: u16 = 500;

pub(crate) struct Forget {
    pub(crate) before: Timestamp,
}

impl Work for Forget {
    type Output = Forgotten;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Forgotten, DbError> {
        events::forget(tx, self.before, PORTION).await
    }
}
