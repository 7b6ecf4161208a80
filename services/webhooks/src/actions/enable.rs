//! Lets the deliveries of an endpoint go on, or wait.

use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::Problem;

use crate::{error, store};

pub(crate) struct Enable {
    pub(crate) id: Id,
    pub(crate) enabled: bool,
}

/// Why an endpoint is disabled that somebody disabled.
const ASKED: &str = "Somebody who works here has disabled it.";

impl Work for Enable {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        if store::find(tx, self.id).await?.is_none() {
            return Err(error::no_endpoint());
        }
        if self.enabled {
            store::enable(tx, self.id).await?;
        } else {
            store::disable(tx, self.id, ASKED).await?;
        }
        Ok(())
    }
}
