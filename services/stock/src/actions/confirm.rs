//! Keeps what an order has reserved, because it is open.

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_stock_contract::{StockReservationLost, StockReserved};

use crate::{mutants, store};

pub(crate) struct Confirm {
    pub(crate) order: Id,
}

impl Work for Confirm {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if mutants::CONFIRM_FORGOTTEN.is_planted() {
            return Ok(());
        }
        if store::confirm(tx, self.order).await? {
            return Ok(());
        }
        let expired = store::revive(tx, self.order).await?;
        if expired.is_empty() {
            // Confirmed or released before; without any reservation the order shall not stay open either.
            return if store::has_reservation(tx, self.order).await? { Ok(()) } else { self.lose(tx).await };
        }
        if mutants::REVIVED_UNTAKEN.is_planted() || store::take_all(tx, &expired).await?.is_ok() {
            return announce(tx, &StockReserved { order_id: self.order }).await.map(drop);
        }
        // Nothing was taken, so nothing is put back.
        store::release(tx, self.order).await?;
        self.lose(tx).await
    }
}

impl Confirm {
    async fn lose(&self, tx: &mut Tx) -> Result<(), DbError> {
        announce(tx, &StockReservationLost { order_id: self.order }).await.map(drop)
    }
}
