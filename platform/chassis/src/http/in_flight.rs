//! The commands that are being carried out: a second request with the same key is told so.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED, Problem};

use crate::http::idempotency::Key;
use crate::mutants;

/// When to ask again: the least that `Retry-After` can say.
const AGAIN: Duration = Duration::from_secs(1);

/// The scope of a key, and the key.
type Name = (String, String);

/// The keys whose command runs in this instance, with the fingerprints of their requests.
///
/// It only tells early. What holds also across instances and restarts is the row that the command writes in its
/// own transaction: whoever comes second finds it, or fails on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight {
    keys: Arc<Mutex<BTreeMap<Name, [u8; 32]>>>,
}

/// The place of one command, free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    key: Name,
    of: InFlight,
}

impl InFlight {
    /// Takes the place of `key`.
    pub(crate) fn enter(&self, key: &Key) -> Result<Place, Problem> {
        let name = (key.scope.clone(), key.key.clone());
        match self.keys.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()) {
            Entry::Vacant(place) => drop(place.insert(key.fingerprint)),
            Entry::Occupied(first) if *first.get() == key.fingerprint => {
                return Err(Problem::new(&IDEMPOTENCY_KEY_IN_FLIGHT).retry_after(AGAIN).detail(
                    "The first request with this Idempotency-Key is not answered yet. \
                     Send it again with the same key for its answer.",
                ));
            }
            Entry::Occupied(_) => return Err(reused()),
        }
        Ok(Place { key: name, of: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if mutants::PLACE_KEPT.is_planted() {
            return;
        }
        self.of.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// The key belongs to another request.
pub(crate) fn reused() -> Problem {
    Problem::new(&IDEMPOTENCY_KEY_REUSED)
        .detail("This Idempotency-Key was used with another body or address. Send a new key.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, fingerprint: u8) -> Key {
        Key { scope: "user POST /lamps".to_owned(), key: name.to_owned(), fingerprint: [fingerprint; 32] }
    }

    #[test]
    fn a_key_has_one_place_until_its_command_has_ended() {
        let in_flight = InFlight::default();
        let place = in_flight.enter(&key("a", 1)).unwrap();
        let refused = in_flight.enter(&key("a", 1)).unwrap_err();
        assert!(refused.is(&IDEMPOTENCY_KEY_IN_FLIGHT) && refused.wait() == Some(AGAIN));
        assert!(in_flight.enter(&key("a", 2)).unwrap_err().is(&IDEMPOTENCY_KEY_REUSED));
        assert!(in_flight.enter(&key("b", 1)).is_ok());
        drop(place);
        assert!(in_flight.enter(&key("a", 2)).is_ok());
    }
}
