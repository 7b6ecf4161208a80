//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};
use tradewind_provider_contract::SERVICE;

use crate::actions::tell::Forget;
use crate::state::Provider;

/// The pause before the first look at what is to be told.
pub(crate) const FIRST_CALLBACK: Duration = Duration::from_millis(10);

/// The pause before old rows are forgotten for the first time, and between two times.
pub(crate) const FIRST_FORGETTING: Duration = Duration::from_secs(3_600);

/// How long callbacks are kept: as a log of what was told, and the longest that telling is tried.
const CALLBACKS_KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// How long a card is kept that nothing is charged to: anybody may register one, so that they must not gather.
const CARDS_KEPT: Duration = Duration::from_secs(24 * 3_600);

/// The pause of the job when nobody is told.
const NEVER: Duration = Duration::from_secs(24 * 3_600);

/// Tells what is due; it rests within, where a new callback wakes it.
pub(crate) async fn tell(provider: Arc<Provider>) -> Result<Duration, DbError> {
    let Some(teller) = &provider.teller else { return Ok(NEVER) };
    teller.run().await?;
    Ok(FIRST_CALLBACK)
}

/// Forgets what is old.
pub(crate) async fn forget(provider: Arc<Provider>) -> Result<Duration, DbError> {
    let now = provider.db.clock().now();
    let forget = Forget { callbacks_before: now.minus(CALLBACKS_KEPT), cards_before: now.minus(CARDS_KEPT) };
    let principal = Principal::Service(SERVICE.to_owned());
    let context = Context::begin(principal, provider.db.clock(), &provider.misbehaviour.entropy);
    provider.db.write(&context, forget).await?;
    Ok(FIRST_FORGETTING)
}
