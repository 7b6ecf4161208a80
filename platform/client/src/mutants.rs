//! The mutants of this crate: mistakes that are made when somebody plants them, see [`Mutant`].

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tradewind_kernel::{Catcher, Mutant};

pub(crate) const FRESH_KEY: Mutant = Mutant::new(
    "client.retry.fresh-key",
    "A request that is sent again gets an idempotency key of its own.",
    Catcher::Simulation,
);

pub(crate) const NO_DEADLINE: Mutant = Mutant::new(
    "client.stream.no-deadline",
    "Who asks for a stream waits for its beginning without a deadline.",
    Catcher::Simulation,
);

/// Every mutant that can be planted in this crate.
pub const MUTANTS: &[Mutant] = &[FRESH_KEY, NO_DEADLINE];

/// Longer than any run.
pub(crate) const FOR_GOOD: Duration = Duration::from_secs(30 * 86_400);

/// Makes another key of the one that the request has.
pub(crate) fn change_key(headers: &mut HeaderMap) {
    let Some(key) = headers.get("idempotency-key") else { return };
    if let Ok(other) = HeaderValue::from_bytes(&[key.as_bytes(), b"-again"].concat()) {
        headers.insert("idempotency-key", other);
    }
}
