//! Makes a further secret; those before it hold for a while, so that nothing is refused in between.

use std::time::Duration;

use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_webhooks_contract::MAX_SECRETS;

use crate::error;
use crate::store::{self, secrets, secrets::Sealed};

pub(crate) struct Rotate {
    pub(crate) endpoint: Id,
    pub(crate) secret: Sealed,
    /// How long those before it hold.
    pub(crate) overlap: Duration,
}

impl Work for Rotate {
    /// Whether it is new.
    type Output = bool;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<bool, Problem> {
        let Self { endpoint, secret, overlap } = self;
        if store::find(tx, *endpoint).await?.is_none() {
            return Err(error::no_endpoint());
        }
        if secrets::is_there(tx, *endpoint, secret.id).await? {
            return Ok(false);
        }
        let holding = i64::try_from(secrets::holding(tx, *endpoint).await?.len()).unwrap_or(i64::MAX);
        if holding >= MAX_SECRETS {
            return Err(error::too_many_secrets());
        }
        let ends = tx.now().plus(*overlap);
        secrets::add(tx, *endpoint, secret).await?;
        secrets::end_others(tx, *endpoint, secret.id, ends).await?;
        Ok(true)
    }
}
