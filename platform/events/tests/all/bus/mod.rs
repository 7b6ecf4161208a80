//! The bus in memory.

pub mod suite;

use tradewind_events::bus::Bus;
use tradewind_kernel::{Clock, Entropy, Timestamp};

use suite::Pair;

/// All in one process, in virtual time: what is waited for to happen at a deadline happens at once.
#[allow(clippy::unused_async, reason = "a pair over a broker takes time to make")]
async fn pair() -> Pair {
    let clock = Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000));
    let entropy = Entropy::seeded(7);
    let bus = Bus::in_memory(clock.clone(), entropy.clone());
    Pair { here: bus.clone(), there: bus, clock, entropy }
}

suite::tests!(pair, #[tokio::test(start_paused = true)]);
