//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;

use crate::actions::expire::Expire;
use crate::state::Stock;

/// The pause before the first sweep: what was told while the service was down shall be heard first.
pub(crate) const FIRST_SWEEP: Duration = Duration::from_secs(30);

/// Gives back what has been held for too long.
pub(crate) async fn sweep(stock: Arc<Stock>) -> Result<Duration, DbError> {
    stock.held.run(|order| Expire { order }).await
}
