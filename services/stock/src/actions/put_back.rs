//! Puts what was picked for an order back on the shelves, and lets go of what it still holds: nothing can be picked for
//! it afterwards, however late somebody asks.

use tradewind_chassis::http::Reply;
use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;

use crate::actions::release::Release;
use crate::{mutants, store};

pub(crate) struct PutBack {
    pub(crate) order: Id,
}

impl Work for PutBack {
    type Output = Reply;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, DbError> {
        if !mutants::PICKED_KEPT.is_planted() {
            store::take_back(tx, self.order).await?;
        }
        Release { order: self.order }.run(tx).await?;
        Ok(Reply::no_content())
    }
}
