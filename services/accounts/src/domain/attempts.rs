//! How often somebody may try before they have to wait.

use std::time::Duration;

use tradewind_kernel::Timestamp;

/// After so long without another attempt nothing is held against anybody.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// When attempts cost time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// How many are free.
    pub(crate) free: u32,
    /// The pause after the first that is not.
    pub(crate) first: Duration,
    /// The longest pause.
    pub(crate) longest: Duration,
}

/// What is held against an account, an address or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// How many did not succeed, as far as is known: one that is under way counts as well, or many at once would be free.
    pub(crate) count: u32,
    /// When the last was made.
    pub(crate) last: Timestamp,
    /// Before this nobody may try again.
    pub(crate) not_before: Timestamp,
}

impl Attempts {
    /// What is held against somebody who makes an attempt now.
    ///
    /// # Errors
    /// How long they have to wait first.
    pub(crate) fn another(before: Option<Self>, now: Timestamp, rule: Rule) -> Result<Self, Duration> {
        let before = before.filter(|before| now < before.last.plus(FORGOTTEN_AFTER));
        if let Some(before) = before.filter(|before| now < before.not_before) {
            return Err(before.not_before.since(now));
        }
        let count = before.map_or(0, |before| before.count).saturating_add(1);
        Ok(Self { count, last: now, not_before: now.plus(pause(count, rule)) })
    }

    /// The same without an attempt that succeeded.
    pub(crate) fn less_one(self, rule: Rule) -> Self {
        let count = self.count.saturating_sub(1);
        let not_before = if count < rule.free { self.last } else { self.not_before };
        Self { count, not_before, ..self }
    }
}

fn pause(count: u32, rule: Rule) -> Duration {
    let Some(beyond) = count.checked_sub(rule.free) else { return Duration::ZERO };
    let doubled = rule.first.saturating_mul(2_u32.saturating_pow(beyond.min(31)));
    doubled.min(rule.longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { free: 3, first: Duration::from_secs(1), longest: Duration::from_secs(5) };

    #[test]
    fn the_pause_begins_after_the_free_ones_and_doubles() {
        let mut now = Timestamp::from_micros(0);
        let (mut held, mut waits) = (None, Vec::new());
        for _ in 0..7 {
            match Attempts::another(held, now, RULE) {
                Ok(more) => held = Some(more),
                Err(wait) => {
                    waits.push(wait.as_secs());
                    now = now.plus(wait);
                    held = Some(Attempts::another(held, now, RULE).unwrap());
                }
            }
        }
        assert_eq!(waits, [1, 2, 4, 5]);
    }

    #[test]
    fn a_success_takes_back_one_attempt_and_no_more() {
        let now = Timestamp::from_micros(0);
        let held = Attempts { count: 5, last: now, not_before: now.plus(Duration::from_secs(4)) };
        assert_eq!(held.less_one(RULE), Attempts { count: 4, ..held });
        let held = Attempts { count: 3, ..held };
        assert_eq!(held.less_one(RULE), Attempts { count: 2, last: now, not_before: now });
    }

    #[test]
    fn a_day_later_all_is_forgotten() {
        let start = Timestamp::from_micros(0);
        let held = Attempts { count: 50, last: start, not_before: start.plus(2 * FORGOTTEN_AFTER) };
        let later = start.plus(FORGOTTEN_AFTER);
        assert_eq!(Attempts::another(Some(held), later, RULE).unwrap().count, 1);
    }
}
