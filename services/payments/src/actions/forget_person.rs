//! Forgets what somebody wrote who was erased, and what was written to them.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;

use crate::store::refund_requests;

pub(crate) struct ForgetPerson {
    pub(crate) customer: Id,
}

impl Work for ForgetPerson {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        refund_requests::forget(tx, self.customer).await
    }
}
