//! When keys sign, when they are shown, and when they go.

use std::time::Duration;

use tradewind_kernel::Timestamp;

/// How long keys are used, and how long before and after that they are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    /// How long a key signs.
    pub(crate) signs_for: Duration,
    /// How long before that it is shown already, so that whoever looks now and then has it in time.
    pub(crate) shown_before: Duration,
    /// How long after that it is shown still: until the last token that it signed is good for nobody.
    pub(crate) shown_after: Duration,
}

/// The times of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// From when it signs.
    pub(crate) signs_from: Timestamp,
    /// Until when it signs.
    pub(crate) signs_until: Timestamp,
    /// Until when it is shown.
    pub(crate) shown_until: Timestamp,
}

impl Times {
    fn from(start: Timestamp, policy: Policy) -> Self {
        let signs_until = start.plus(policy.signs_for);
        Self { signs_from: start, signs_until, shown_until: signs_until.plus(policy.shown_after) }
    }

    /// Whether it signs now.
    pub(crate) fn signs(&self, now: Timestamp) -> bool {
        self.signs_from <= now && now < self.signs_until
    }
}

/// The times of the keys that have to be made now, beside those that there are.
pub(crate) fn missing(there: &[Times], now: Timestamp, policy: Policy) -> Vec<Times> {
    let mut made = Vec::new();
    let current = there.iter().filter(|times| times.signs(now)).max_by_key(|times| times.signs_until);
    let current = current.copied().unwrap_or_else(|| {
        let first = Times::from(now, policy);
        made.push(first);
        first
    });
    let has_next = there.iter().any(|times| times.signs_until > current.signs_until);
    if !has_next && now.plus(policy.shown_before) >= current.signs_until {
        made.push(Times::from(current.signs_until, policy));
    }
    made
}

/// How long nothing has to be done.
pub(crate) fn rest(there: &[Times], now: Timestamp, policy: Policy) -> Duration {
    let made = there.iter().map(|times| times.signs_until.minus(policy.shown_before));
    let gone = there.iter().map(|times| times.shown_until);
    made.chain(gone).filter(|at| *at > now).map(|at| at.since(now)).min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const POLICY: Policy =
        Policy { signs_for: Duration::from_secs(3_600), shown_before: MINUTE, shown_after: MINUTE };

    #[test]
    fn a_key_is_shown_before_it_signs() {
        let start = Timestamp::from_micros(0);
        let first = missing(&[], start, POLICY);
        assert_eq!(first.len(), 1);
        let early = start.plus(Duration::from_secs(3_539));
        assert_eq!(missing(&first, early, POLICY), []);
        let next = missing(&first, start.plus(Duration::from_secs(3_540)), POLICY);
        assert_eq!(next[0].signs_from, first[0].signs_until);
        assert_eq!(rest(&first, early, POLICY), Duration::from_secs(1));
    }

    proptest! {
        /// Whenever somebody looks after the keys, one signs, and no two sign longest.
        #[test]
        fn one_key_signs_at_any_time(pauses in proptest::collection::vec(0_u64..10_000, 1..50)) {
            let (mut there, mut now) = (Vec::new(), Timestamp::from_micros(0));
            for pause in pauses {
                now = now.plus(Duration::from_secs(pause));
                there.retain(|times: &Times| times.shown_until > now);
                there.extend(missing(&there, now, POLICY));
                prop_assert_eq!(there.iter().filter(|times| times.signs(now)).count(), 1);
                prop_assert!(there.len() <= 4);
            }
        }
    }
}
