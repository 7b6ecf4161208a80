//! What is done again and again.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;

use crate::SERVICE;
use crate::state::Office;

/// The pause before sessions that are over are first thrown away.
pub(crate) const FIRST_ROUND: Duration = Duration::from_secs(60);

/// Sessions that are over open nothing; they only take room.
const ROUND: Duration = Duration::from_secs(3_600);

pub(crate) async fn forget(office: Arc<Office>) -> Result<Duration, DbError> {
    office.sessions.forget(SERVICE).await?;
    Ok(ROUND)
}
