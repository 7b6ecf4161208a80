//! Randomness as a capability.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::{Clock, Id};

/// A source of random bytes and of ids; cryptographically strong when made by [`Entropy::system`].
///
/// Cloning gives the same source. [`Entropy::fork`] gives an independent one whose draws do not depend
/// on how often anybody else draws: each service has its own, so that runs with one seed stay alike.
#[derive(Clone)]
pub struct Entropy {
    seed: [u8; 32],
    state: Arc<Mutex<State>>,
}

struct State {
    generator: ChaCha12Rng,
    last_milliseconds: u64,
    /// Counts the ids of one millisecond, so that ids of one source increase strictly (RFC 9562 §6.2).
    counter: u16,
}

impl Entropy {
    /// A source seeded by the operating system.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: no safe work is possible then.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without randomness no secret and no id can be made")]
    pub fn system() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the operating system gives random bytes");
        Self::from_seed(seed)
    }

    /// A source that gives the same draws for the same `seed`; for simulation and tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self::from_seed(bytes)
    }

    fn from_seed(seed: [u8; 32]) -> Self {
        let generator = ChaCha12Rng::from_seed(seed);
        let state = State { generator, last_milliseconds: 0, counter: 0 };
        Self { seed, state: Arc::new(Mutex::new(state)) }
    }

    /// An independent source, the same for the same parent and `label`.
    #[must_use]
    pub fn fork(&self, label: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(label.as_bytes());
        Self::from_seed(hash.finalize().into())
    }

    /// Fills `bytes` with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.with_state(|state| state.generator.fill_bytes(bytes));
    }

    /// A random number below `bound`; 0 when `bound` is 0.
    ///
    /// The bias is below 2⁻³² for bounds that fit 32 bits: good for jitter, not for keys.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        let draw = self.with_state(|state| state.generator.next_u64());
        let (wide, bound) = (u128::from(draw), u128::from(bound));
        u64::try_from((wide * bound) >> 64).unwrap_or(0)
    }

    /// A new version 7 id, greater than every earlier id of this source while the clock does not go back.
    #[must_use]
    pub fn id(&self, clock: &Clock) -> Id {
        let now = u64::try_from(clock.now().as_micros() / 1000).unwrap_or(0);
        self.with_state(|state| {
            let mut random = [0; 10];
            state.generator.fill_bytes(&mut random);
            let milliseconds = state.next_tick(now);
            // Twelve bits after the time hold the counter; the version overwrites the upper four.
            random[..2].copy_from_slice(&state.counter.to_be_bytes());
            Id::version_7(milliseconds, random)
        })
    }

    fn with_state<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    const COUNTER_LIMIT: u16 = 0x0fff;

    fn next_tick(&mut self, now: u64) -> u64 {
        if now > self.last_milliseconds {
            self.last_milliseconds = now;
            self.counter = 0;
        } else if self.counter < Self::COUNTER_LIMIT {
            self.counter += 1;
        } else {
            self.last_milliseconds += 1;
            self.counter = 0;
        }
        self.last_milliseconds
    }
}

impl fmt::Debug for Entropy {
    /// Shows nothing of the state: who knows it knows every key to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[tokio::test(start_paused = true)]
    async fn ids_increase_strictly_within_a_standing_millisecond() {
        let clock = Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000));
        let entropy = Entropy::seeded(1);
        let ids: Vec<Id> = (0..10_000).map(|_| entropy.id(&clock)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[tokio::test(start_paused = true)]
    async fn ids_carry_version_and_variant() {
        let clock = Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000));
        let text = Entropy::system().id(&clock).to_string();
        assert_eq!(&text[14..15], "7");
        assert!("89ab".contains(&text[19..20]));
    }

    #[test]
    fn forks_depend_on_seed_and_label_only() {
        let parent = Entropy::seeded(5);
        let before = parent.fork("a").below(u64::MAX);
        let _ = parent.below(10);
        assert_eq!(parent.fork("a").below(u64::MAX), before);
        assert_ne!(parent.fork("b").below(u64::MAX), before);
        assert_ne!(Entropy::seeded(6).fork("a").below(u64::MAX), before);
    }

    #[test]
    fn draws_stay_below_their_bound() {
        let entropy = Entropy::seeded(9);
        assert_eq!(entropy.below(0), 0);
        assert!((0..1000).all(|_| entropy.below(7) < 7));
    }
}
