//! Releases what an order had reserved; nothing, when it had reserved nothing.

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_stock_contract::StockReleased;

use crate::{mutants, store};

pub(crate) struct Release {
    pub(crate) order: Id,
}

impl Work for Release {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if mutants::RELEASE_FORGOTTEN.is_planted() {
            return Ok(());
        }
        let released = store::release(tx, self.order).await?;
        if released.is_empty() {
            return Ok(());
        }
        store::put_back(tx, &released).await?;
        announce(tx, &StockReleased { order_id: self.order }).await.map(drop)
    }
}
