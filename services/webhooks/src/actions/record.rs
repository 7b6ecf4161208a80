//! Writes an event down for those who want it, in the transaction that handles it.

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::Recorded;

use crate::store::events;

pub(crate) struct Record {
    pub(crate) producer: &'static str,
    pub(crate) recorded: Recorded,
}

impl Work for Record {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let content = serde_json::to_string(&self.recorded.event);
        let content = content.map_err(|error| DbError::Column { message: error.to_string() })?;
        events::record(tx, self.producer, &self.recorded, &content).await
    }
}
