//! Sends deliveries once more: under the same ids, so that who has them already can tell.

use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_webhooks_contract::{ENDPOINTS_PATH, MAX_REPLAYED, Replay as Wish, Replayed};

use crate::error;
use crate::store::{self, log};

pub(crate) struct Replay {
    pub(crate) endpoint: Id,
    pub(crate) wish: Wish,
}

impl Work for Replay {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if store::find(tx, self.endpoint).await?.is_none() {
            return Err(error::no_endpoint());
        }
        let (taken_up, more_from) = match self.wish.event_id {
            Some(event) => {
                let taken_up = log::replay_one(tx, self.endpoint, event).await?;
                (taken_up.ok_or_else(error::no_delivery)?, None)
            }
            None => {
                let from = self.wish.from.unwrap_or(tx.now());
                log::replay_since(tx, self.endpoint, from, MAX_REPLAYED).await?
            }
        };
        let deliveries = i64::try_from(taken_up).unwrap_or(i64::MAX);
        let path = format!("{ENDPOINTS_PATH}/{}/deliveries", self.endpoint);
        Reply::accepted(&path, &Replayed { deliveries, more_from })
    }
}
