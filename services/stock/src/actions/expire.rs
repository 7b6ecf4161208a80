//! Gives back what an order has held for too long; nothing, when it is not held any more.

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_stock_contract::StockReservationExpired;

use crate::{mutants, store};

pub(crate) struct Expire {
    pub(crate) order: Id,
}

impl Work for Expire {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let expired = store::expire(tx, self.order).await?;
        if expired.is_empty() {
            return Ok(());
        }
        if !mutants::EXPIRED_KEPT.is_planted() {
            store::put_back(tx, &expired).await?;
        }
        announce(tx, &StockReservationExpired { order_id: self.order }).await.map(drop)
    }
}
