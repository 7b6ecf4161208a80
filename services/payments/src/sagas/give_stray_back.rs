//! Gives back what the provider has although the payment has ended without it: found by comparing both books.

use std::sync::Arc;
use std::time::Duration;

use tradewind_saga::{Call, Errand, Saga, Setback, Wait};

use crate::actions::change::GivingBack;
use crate::state::Payments;

/// What was found is given back, whatever comes: a refusal behind the pivot is tried again, and seen as stuck.
pub(crate) fn stray() -> Saga<Payments, GivingBack> {
    let found = Wait::pause("found", Duration::ZERO).pivot();
    Saga::new("stray", 1).wait(found).call(Call::new("cancel", cancel))
}

async fn cancel(payments: Arc<Payments>, errand: Errand<GivingBack>) -> Result<GivingBack, Setback> {
    payments.provider.cancel(errand.context, errand.data.order).await?;
    Ok(errand.data)
}
