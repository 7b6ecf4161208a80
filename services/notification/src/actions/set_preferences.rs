//! Sets what somebody wants to be told.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;
use tradewind_notification_contract::SetPreferences;

use crate::store::preferences;

pub(crate) struct SetWishes {
    pub(crate) customer: Id,
    pub(crate) wishes: SetPreferences,
}

impl Work for SetWishes {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        preferences::set(tx, self.customer, &self.wishes).await
    }
}
