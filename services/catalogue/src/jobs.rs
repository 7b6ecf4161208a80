//! Work that is done beside requests.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};

use crate::actions::renew_pages::Renew;
use crate::state::Catalogue;
use crate::views::pages::OUTDATED_PAGES;

/// The pause before pages are looked for that are to be made again.
pub(crate) const FIRST_ROUND: Duration = Duration::from_secs(1);

/// How long a change that another replica made may go unnoticed.
const AT_LEAST: Duration = Duration::from_secs(60);

/// Makes pages that are missing or outdated, then waits until there are others.
pub(crate) async fn renew(catalogue: Arc<Catalogue>) -> Result<Duration, DbError> {
    let mut signal = catalogue.db.signal(OUTDATED_PAGES);
    signal.mark_seen();
    let principal = || Principal::Service("catalogue".to_owned());
    let context = || Context::begin(principal(), &catalogue.clock, &catalogue.entropy);
    while catalogue.db.write(&context(), Renew).await? {}
    // Either way pages are looked for again.
    match catalogue.clock.timeout(AT_LEAST, signal.changed()).await {
        Ok(()) | Err(_) => Ok(Duration::ZERO),
    }
}
