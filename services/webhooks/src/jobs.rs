//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};
use tradewind_webhooks_contract::SERVICE;

use crate::actions::forget::Forget;
use crate::state::Webhooks;

/// The pause before the first look at what is to be sent.
pub(crate) const FIRST_DELIVERY: Duration = Duration::from_millis(10);

/// The pause before old events are forgotten for the first time, and between two times.
pub(crate) const FIRST_FORGETTING: Duration = Duration::from_secs(3_600);

/// The pause when there is more to forget.
const MORE: Duration = Duration::from_millis(100);

/// Sends what is due; it rests within, where a new delivery wakes it.
pub(crate) async fn deliver(webhooks: Arc<Webhooks>) -> Result<Duration, DbError> {
    webhooks.courier.run().await?;
    Ok(FIRST_DELIVERY)
}

/// Forgets what is old.
pub(crate) async fn forget(webhooks: Arc<Webhooks>) -> Result<Duration, DbError> {
    let before = webhooks.db.clock().now().minus(webhooks.keep);
    let principal = Principal::Service(SERVICE.to_owned());
    let context = Context::begin(principal, webhooks.db.clock(), &webhooks.entropy);
    let forgotten = webhooks.db.write(&context, Forget { before }).await?;
    if forgotten.given_up > 0 {
        let deliveries = forgotten.given_up;
        tracing::warn!(deliveries, "deliveries that waited still were forgotten: they are too old");
    }
    Ok(if forgotten.is_full { MORE } else { FIRST_FORGETTING })
}
