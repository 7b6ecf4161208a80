//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Id, Principal};

use crate::actions::begin_fulfilments::BeginSome;
use crate::state::Orders;

/// The pause before the first look.
pub(crate) const FIRST_LOOK: Duration = Duration::from_secs(5);

/// The pause between two looks: what this release opens has its fulfilment from the beginning.
const PAUSE: Duration = Duration::from_secs(24 * 3_600);

/// Begins to fulfil what an older release has opened.
pub(crate) async fn begin_fulfilments(orders: Arc<Orders>) -> Result<Duration, DbError> {
    let mut after = Id::from_u128(0);
    loop {
        let context = Context::begin(Principal::Service("orders".to_owned()), &orders.clock, &orders.entropy);
        let some = BeginSome { after, fulfilments: orders.fulfilments.clone() };
        let Some(last) = orders.db.write(&context, some).await? else { return Ok(PAUSE) };
        after = last;
    }
}
