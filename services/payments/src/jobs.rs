//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_kernel::{Context, Principal};
use tradewind_problem::Problem;

use crate::actions::compare::Compare;
use crate::actions::hear_callback::Forget;
use crate::state::Payments;

/// The pause before the first comparison.
pub(crate) const FIRST_LOOK: Duration = Duration::from_secs(30);

/// How long is kept what the provider told.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Goes through the provider's books and compares each charge with ours.
pub(crate) async fn reconcile(payments: Arc<Payments>) -> Result<Duration, Problem> {
    let context =
        || Context::begin(Principal::Service("payments".to_owned()), &payments.clock, &payments.entropy);
    let mut after = None;
    loop {
        let (charges, next) = payments.provider.books(context(), after).await?;
        for charge in charges {
            let theirs = (charge.state, charge.captured.minor() - charge.refunded.minor());
            let processes = payments.processes.clone();
            payments.db.write(&context(), Compare { order: charge.reference, theirs, processes }).await?;
        }
        if next.is_none() {
            break;
        }
        after = next;
    }
    payments.db.write(&context(), Forget(payments.clock.now().minus(KEPT))).await?;
    Ok(payments.reconcile_every)
}
