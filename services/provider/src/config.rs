//! Settings, section `provider`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;

/// The settings of the provider. What it does wrong on purpose is given in percent and is off.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Whether payments is told of each change of a charge.
    pub(crate) callbacks: bool,
    /// How many charges are declined though their card would accept them.
    pub(crate) decline: u8,
    /// How many requests are carried out and get no answer before their deadline.
    pub(crate) timeout_after_success: u8,
    /// How many callbacks are told twice.
    pub(crate) callback_twice: u8,
    /// How many callbacks are told late.
    pub(crate) callback_late: u8,
    /// How late those are.
    #[serde(with = "duration")]
    pub(crate) callback_delay: Duration,
    /// How many callbacks are told before the answer to the request that they tell of.
    pub(crate) callback_early: u8,
}

/// The longest delay of a callback: well below the time after which it is forgotten.
const LONGEST_DELAY: Duration = Duration::from_secs(24 * 3_600);

impl Default for Settings {
    fn default() -> Self {
        Self {
            callbacks: true,
            decline: 0,
            timeout_after_success: 0,
            callback_twice: 0,
            callback_late: 0,
            callback_delay: Duration::from_secs(5),
            callback_early: 0,
        }
    }
}

impl Settings {
    /// Makes sure that shares are shares.
    pub(crate) fn check(&self) -> Result<(), String> {
        let shares = [
            ("decline", self.decline),
            ("timeout_after_success", self.timeout_after_success),
            ("callback_twice", self.callback_twice),
            ("callback_late", self.callback_late),
            ("callback_early", self.callback_early),
        ];
        if let Some((name, _)) = shares.into_iter().find(|(_, percent)| *percent > 100) {
            return Err(format!("provider.{name} is a percentage from 0 to 100"));
        }
        if self.callback_delay > LONGEST_DELAY {
            return Err("provider.callback_delay is at most 24h".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_lie_within_their_bounds() {
        assert_eq!(Settings::default().check(), Ok(()));
        assert_eq!(Settings { decline: 100, ..Settings::default() }.check(), Ok(()));
        let wrong = Settings { callback_late: 101, ..Settings::default() };
        assert!(wrong.check().unwrap_err().starts_with("provider.callback_late"));
        let wrong = Settings { callback_delay: Duration::from_secs(90_000), ..Settings::default() };
        assert!(wrong.check().unwrap_err().starts_with("provider.callback_delay"));
    }
}
