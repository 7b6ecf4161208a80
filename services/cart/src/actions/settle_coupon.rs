//! Settles what was redeemed for an order when that ends: once, whatever is heard how often.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;

use crate::store::coupons;

pub(crate) struct Settle {
    pub(crate) order: Id,
    /// Whether the order was completed; else it came to nothing.
    pub(crate) is_completed: bool,
}

impl Work for Settle {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if self.is_completed {
            coupons::consume(tx, self.order).await
        } else {
            coupons::give_back(tx, self.order).await
        }
    }
}
