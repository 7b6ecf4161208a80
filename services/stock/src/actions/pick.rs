//! Takes what an order has reserved out of the shelves, to be sent.

use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::Problem;

use crate::{error, store};

pub(crate) struct Pick {
    pub(crate) order: Id,
}

impl Work for Pick {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if store::pick(tx, self.order).await? || store::is_picked(tx, self.order).await? {
            return Ok(Reply::no_content());
        }
        // What has expired may still be there.
        let expired = store::revive(tx, self.order).await?;
        if expired.is_empty() || store::take_all(tx, &expired).await?.is_err() {
            return Err(error::nothing_reserved());
        }
        store::pick(tx, self.order).await?;
        Ok(Reply::no_content())
    }
}
