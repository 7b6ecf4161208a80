//! The state of limits, shared by all threads.

use std::hash::{DefaultHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::limit::policy::{MOST_AHEAD, Policy};

/// A client may stand in one of so many places: a cache line of them.
const WAYS: usize = 8;

/// The bits of a word that hold a time; the others hold who it belongs to.
const TIME_BITS: u32 = 44;

const TIME: u64 = (1 << TIME_BITS) - 1;

/// Which requests were allowed: per client, the moment at which nothing is owed any more (GCRA's theoretical arrival
/// time), in microseconds.
///
/// **Exact.** A word holds a fingerprint of the client (20 bits) and its moment (44 bits), so that one
/// compare-and-exchange changes both or neither. Times turn around after 203 days; a client that was away for almost
/// as long may be refused once for up to a day. Two clients share a quota when their hashes agree in the row and the
/// fingerprint: with 65,536 places that is one pair among 2³³. The seed keeps anybody from finding one.
///
/// **Bounded.** The hash chooses a row of eight places. A client without a place takes that of the one whose moment
/// is the earliest. A moment that has passed says nothing, so the idle go first and lose nothing. When all eight are
/// owing, the newcomer takes over the debt of the one it puts out (as in the Space-Saving algorithm of Metwally,
/// Agrawal and El Abbadi). The earliest moment of a row never goes back, so whoever was put out and returns finds at
/// least what they owed: no order of requests, and no number of made-up clients, gets anybody more than the policy
/// allows. Who owes much is put out last. The price: in a row full of busy clients a newcomer starts with less.
#[derive(Debug)]
pub struct Table {
    rows: Box<[Row]>,
    seed: u64,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Row([AtomicU64; WAYS]);

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// How many requests would be allowed now.
    pub remaining: u64,
    /// In how long the whole burst is allowed again.
    pub reset: Duration,
    /// In how long it would be allowed; nothing when it is, or when it costs more than ever is.
    pub retry_after: Option<Duration>,
}

/// A place of a row, as it was seen.
#[derive(Clone, Copy)]
struct Seen {
    at: usize,
    word: u64,
    /// The moment, in microseconds from now; in the past it is negative.
    ahead: i64,
}

impl Table {
    /// A table of at least so many places, of eight bytes each. `seed` must be hard to guess.
    #[must_use]
    pub fn new(places: usize, seed: u64) -> Self {
        let rows = places.div_ceil(WAYS).clamp(1, 1 << 24).next_power_of_two();
        Self { rows: (0..rows).map(|_| Row::default()).collect(), seed }
    }

    /// Asks for one request of `client`.
    pub fn take(&self, policy: &Policy, client: &[u8], now: Duration) -> Decision {
        self.take_many(policy, client, 1, now)
    }

    /// Asks for a request that counts as `cost`. One that is refused costs nothing.
    pub fn take_many(&self, policy: &Policy, client: &[u8], cost: u32, now: Duration) -> Decision {
        let now = now.as_micros() as u64;
        let (row, owner) = self.place(policy, client);
        let asked = policy.interval.saturating_mul(u64::from(cost));
        loop {
            let seen = row.find(owner, now);
            let owed = u64::try_from(seen.ahead).unwrap_or(0);
            let owing = owed.saturating_add(asked);
            if owing > policy.capacity {
                return Decision::refused(policy, owed, asked);
            }
            if cost == 0 || row.change(seen, owner | (now.wrapping_add(owing) & TIME)) {
                return Decision::new(policy, owing, None);
            }
        }
    }

    fn place(&self, policy: &Policy, client: &[u8]) -> (&Row, u64) {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write_u64(policy.number);
        hasher.write(client);
        let hash = hasher.finish();
        // The rows are a power of two, and the fingerprint is of the other end of the hash.
        let row = hash as usize & (self.rows.len() - 1);
        (&self.rows[row], (hash & !TIME).max(TIME + 1))
    }
}

impl Row {
    /// The place of the owner, or else the one to be taken.
    ///
    /// Two threads that look for a place of the same new owner find the same one, or the second one's exchange fails:
    /// a moment only grows, so whatever made them choose differently has changed the place in between.
    fn find(&self, owner: u64, now: u64) -> Seen {
        let mut earliest = Seen { at: 0, word: 0, ahead: i64::MAX };
        for (at, place) in self.0.iter().enumerate() {
            let word = place.load(Ordering::Relaxed);
            let seen = Seen { at, word, ahead: ahead(word, now) };
            if word & !TIME == owner {
                return seen;
            }
            if seen.ahead < earliest.ahead {
                earliest = seen;
            }
        }
        earliest
    }

    fn change(&self, seen: Seen, word: u64) -> bool {
        // One word says all there is to know, so nothing else has to be seen in order.
        let changed = self.0[seen.at].compare_exchange(seen.word, word, Ordering::Relaxed, Ordering::Relaxed);
        changed.is_ok()
    }
}

/// How far the moment of a word is ahead of now. What would be further ahead than any policy allows is long past.
fn ahead(word: u64, now: u64) -> i64 {
    if word == 0 {
        return i64::MIN;
    }
    let ahead = (word & TIME).wrapping_sub(now) & TIME;
    let past = if ahead > MOST_AHEAD { 1 << TIME_BITS } else { 0 };
    ahead as i64 - past
}

impl Decision {
    fn new(policy: &Policy, owing: u64, retry_after: Option<Duration>) -> Self {
        Self {
            allowed: retry_after.is_none(),
            remaining: policy.capacity.saturating_sub(owing) / policy.interval,
            reset: Duration::from_micros(owing),
            retry_after,
        }
    }

    fn refused(policy: &Policy, owed: u64, asked: u64) -> Self {
        let wait = owed.saturating_add(asked).saturating_sub(policy.capacity);
        let ever = (asked <= policy.capacity).then_some(Duration::from_micros(wait));
        Self { allowed: false, ..Self::new(policy, owed, ever) }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
