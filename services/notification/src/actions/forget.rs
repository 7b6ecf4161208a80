//! Forgets what somebody wanted who was erased, and news that waited in vain for its order.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Timestamp};

use crate::store::{orders, preferences};

/// News forgotten in one transaction.
const LIMIT: i64 = 500;

pub(crate) struct ForgetPerson {
    pub(crate) customer: Id,
}

impl Work for ForgetPerson {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        preferences::forget(tx, self.customer).await
    }
}

/// Forgets news that waited since before a time.
pub(crate) struct ForgetEarly {
    pub(crate) before: Timestamp,
}

impl Work for ForgetEarly {
    /// How many were forgotten, and whether there may be more.
    type Output = (u64, bool);
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(u64, bool), DbError> {
        let forgotten = orders::forget(tx, self.before, LIMIT).await?;
        Ok((forgotten, i64::try_from(forgotten).is_ok_and(|count| count >= LIMIT)))
    }
}
