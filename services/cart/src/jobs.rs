//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};

use crate::actions::forget::Forget;
use crate::state::Carts;

/// The pause before what has expired is thrown away for the first time.
pub(crate) const FIRST_ROUND: Duration = Duration::from_secs(60);

/// The pause between two rounds. Nobody sees what has expired; it only takes room.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Throws away what has expired.
pub(crate) async fn forget(carts: Arc<Carts>) -> Result<Duration, DbError> {
    let context = || Context::begin(Principal::Service("cart".to_owned()), &carts.clock, &carts.entropy);
    while carts.db.write(&context(), Forget).await? {}
    Ok(PAUSE)
}
