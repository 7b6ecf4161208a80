//! Gives back what the provider has although the payment has ended without it: found by comparing both books.

use std::sync::Arc;

use tradewind_saga::{Call, Errand, Saga, Setback};

use crate::actions::change::GivingBack;
use crate::state::Payments;

pub(crate) fn stray() -> Saga<Payments, GivingBack> {
    Saga::new("stray", 1).call(Call::new("cancel", cancel).pivot())
}

async fn cancel(payments: Arc<Payments>, errand: Errand<GivingBack>) -> Result<GivingBack, Setback> {
    payments.provider.cancel(errand.context, errand.data.order).await?;
    Ok(errand.data)
}
