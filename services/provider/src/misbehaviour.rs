//! What the provider does wrong on purpose, as real ones do now and then.

use std::time::Duration;

use tradewind_kernel::Entropy;

use crate::config::Settings;
use crate::store::Telling;

/// Draws what goes wrong. All draws are made before a transaction, which may run more than once.
pub(crate) struct Misbehaviour {
    pub(crate) settings: Settings,
    pub(crate) entropy: Entropy,
}

impl Misbehaviour {
    /// Whether a charge is declined that the card would accept.
    pub(crate) fn declines(&self) -> bool {
        self.happens(self.settings.decline)
    }

    /// Whether a request that was carried out gets no answer.
    pub(crate) fn keeps_silent(&self) -> bool {
        self.happens(self.settings.timeout_after_success)
    }

    /// Whether the callback is told before the answer.
    pub(crate) fn tells_early(&self) -> bool {
        self.happens(self.settings.callback_early)
    }

    /// How a change is told; not at all when callbacks are off.
    pub(crate) fn telling(&self) -> Option<Telling> {
        let Settings { callbacks, callback_twice, callback_late, callback_delay, .. } = self.settings;
        let sends = if self.happens(callback_twice) { 2 } else { 1 };
        let delay = if self.happens(callback_late) { callback_delay } else { Duration::ZERO };
        callbacks.then_some(Telling { sends, delay })
    }

    fn happens(&self, percent: u8) -> bool {
        percent > 0 && self.entropy.below(100) < u64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_wrong_at_nought_and_all_of_it_at_a_hundred() {
        let drawn = |percent| {
            let settings = Settings {
                decline: percent,
                timeout_after_success: percent,
                callback_twice: percent,
                callback_late: percent,
                callback_early: percent,
                ..Settings::default()
            };
            Misbehaviour { settings, entropy: Entropy::seeded(1) }
        };
        for _ in 0..100 {
            let (never, always) = (drawn(0), drawn(100));
            assert!(!never.declines() && !never.keeps_silent() && !never.tells_early());
            assert_eq!(never.telling(), Some(Telling { sends: 1, delay: Duration::ZERO }));
            assert!(always.declines() && always.keeps_silent() && always.tells_early());
            assert_eq!(always.telling(), Some(Telling { sends: 2, delay: Duration::from_secs(5) }));
        }
    }
}
