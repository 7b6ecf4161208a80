//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal, Timestamp};
use tradewind_stock_contract::SERVICE;

use crate::actions::expire::Expire;
use crate::state::Stock;
use crate::store::{self, Held};

/// The pause before the first sweep: what was told while the service was down shall be heard first.
pub(crate) const FIRST_SWEEP: Duration = Duration::from_secs(30);

/// Reservations read at a time.
const BATCH: u16 = 128;

/// The shortest pause between two sweeps.
const SHORTEST: Duration = Duration::from_secs(1);

/// Gives back what has been held for too long, one transaction for each order.
///
/// Gives the pause until more can be due: what is reserved from now on holds for `reservation_ttl` at least.
pub(crate) async fn sweep(stock: Arc<Stock>) -> Result<Duration, DbError> {
    let (mut after, mut failure) = (None, None);
    loop {
        let now = stock.clock.now();
        let batch = store::held(&stock.db, after, BATCH).await?;
        let is_last = batch.len() < usize::from(BATCH);
        let next = batch.iter().find(|held| held.expires_at > now).map(|held| held.expires_at);
        for held in batch.into_iter().filter(|held| held.expires_at <= now) {
            after = Some((held.expires_at, held.order));
            match expire(&stock, &held).await {
                Err(error) if error.is_transient() => return Err(error),
                // One that cannot be given back shall not keep the others.
                Err(error) => failure = Some(error),
                Ok(()) => {}
            }
        }
        if next.is_some() || is_last {
            return failure.map_or_else(|| Ok(pause(now, next, stock.reservation_ttl)), Err);
        }
    }
}

/// What follows belongs to the process of the order.
async fn expire(stock: &Stock, held: &Held) -> Result<(), DbError> {
    let begun = Context::begin(Principal::Service(SERVICE.to_owned()), &stock.clock, &stock.entropy);
    let context = Context { correlation: held.correlation.unwrap_or(begun.correlation), ..begun };
    stock.db.write(&context, Expire { order: held.order }).await
}

fn pause(now: Timestamp, next: Option<Timestamp>, ttl: Duration) -> Duration {
    next.map_or(ttl, |next| next.since(now).min(ttl)).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_sweep_is_when_something_can_be_due() {
        let (now, minute) = (Timestamp::from_micros(7), Duration::from_secs(60));
        assert_eq!(pause(now, None, minute), minute);
        assert_eq!(pause(now, Some(now.plus(minute / 2)), minute), minute / 2);
        // A setting that was lowered: what is reserved from now on is due before.
        assert_eq!(pause(now, Some(now.plus(2 * minute)), minute), minute);
        assert_eq!(pause(now, Some(now), minute), SHORTEST);
    }
}
