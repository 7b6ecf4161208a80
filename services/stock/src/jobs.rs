//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};

use crate::actions::expire::Expire;
use crate::actions::tell_levels::TellLevels;
use crate::state::Stock;

/// The pause before the first sweep: what was told while the service was down shall be heard first.
pub(crate) const FIRST_SWEEP: Duration = Duration::from_secs(30);

/// Gives back what has been held for too long.
pub(crate) async fn sweep(stock: Arc<Stock>) -> Result<Duration, DbError> {
    stock.held.run(|order| Expire { order }).await
}

/// The pause before what an older release did not tell is told.
pub(crate) const FIRST_TELLING: Duration = Duration::from_secs(2);

/// The pause behind it; every change tells of itself.
const NEXT_TELLING: Duration = Duration::from_secs(24 * 3_600);

/// Tells of items that an older release kept.
pub(crate) async fn tell_levels(stock: Arc<Stock>) -> Result<Duration, DbError> {
    let principal = || Principal::Service("stock".to_owned());
    let context = || Context::begin(principal(), &stock.clock, &stock.entropy);
    while stock.db.write(&context(), TellLevels).await? {}
    Ok(NEXT_TELLING)
}
