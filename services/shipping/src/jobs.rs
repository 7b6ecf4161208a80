//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;

use crate::actions::carry::Carry;
use crate::state::Shipping;

/// The pause before the first round of the carrier.
pub(crate) const FIRST_ROUND: Duration = Duration::from_secs(1);

/// Lets the carrier that pretends take and deliver what is due.
pub(crate) async fn carry(shipping: Arc<Shipping>) -> Result<Duration, DbError> {
    let carrier = shipping.carrier;
    shipping.under_way.run(|order| Carry { order, carrier }).await
}
