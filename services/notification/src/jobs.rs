//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};
use tradewind_notification_contract::SERVICE;

use crate::actions::forget::ForgetEarly;
use crate::state::Notifier;

/// The pause before the first round, and between two rounds.
pub(crate) const FIRST_ROUND: Duration = Duration::from_secs(3_600);

/// Forgets news whose order nobody told of: by now it would be no news any more.
pub(crate) async fn forget(notifier: Arc<Notifier>) -> Result<Duration, DbError> {
    let before = notifier.clock.now().minus(notifier.policy.news_for);
    let principal = || Principal::Service(SERVICE.to_owned());
    loop {
        let context = Context::begin(principal(), &notifier.clock, &notifier.entropy);
        let (forgotten, more) = notifier.db.write(&context, ForgetEarly { before }).await?;
        if forgotten > 0 {
            tracing::warn!(forgotten, "news of orders that nobody told of was forgotten");
        }
        if !more {
            return Ok(FIRST_ROUND);
        }
    }
}
