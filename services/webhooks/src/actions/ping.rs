//! Sends a message that says nothing, by the same way as all others.

use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_webhooks_contract::{ENDPOINTS_PATH, EndpointState, PING, Pinged};

use crate::error;
use crate::offered::ping;
use crate::store::{self, events};

pub(crate) struct Ping {
    pub(crate) endpoint: Id,
}

impl Work for Ping {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let found = store::find(tx, self.endpoint).await?.ok_or_else(error::no_endpoint)?;
        if found.state != EndpointState::Enabled {
            return Err(error::disabled());
        }
        let event_id = tx.id();
        let correlation = tx.context().map_or(event_id, |context| context.correlation);
        let content = ping(&event_id.to_string(), &tx.now().to_string());
        events::record_ping(tx, self.endpoint, (event_id, correlation), PING, &content).await?;
        let deliveries = format!("{ENDPOINTS_PATH}/{}/deliveries", self.endpoint);
        Reply::accepted(&deliveries, &Pinged { event_id })
    }
}
