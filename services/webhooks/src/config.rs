//! Settings, section `webhooks`.

use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;
use tradewind_kernel::Secret;

use crate::domain::Schedule;

/// The settings of webhooks.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Whether endpoints may be on this machine and in its networks, and without TLS: for laptops and tests.
    pub(crate) allow_private: bool,
    /// How long an endpoint may take to answer.
    #[serde(with = "duration")]
    pub(crate) timeout: Duration,
    /// How often a message is sent at most.
    pub(crate) attempts: u8,
    /// The pause after the first attempt; each further one is four times as long.
    #[serde(with = "duration")]
    pub(crate) first_pause: Duration,
    /// The longest pause between two attempts.
    #[serde(with = "duration")]
    pub(crate) longest_pause: Duration,
    /// How long nothing may arrive at an endpoint before it is disabled.
    #[serde(with = "duration")]
    pub(crate) disable_after: Duration,
    /// How long the secrets before a new one hold.
    #[serde(with = "duration")]
    pub(crate) overlap: Duration,
    /// How long events and their deliveries are kept, and can be replayed.
    #[serde(with = "duration")]
    pub(crate) keep: Duration,
    /// Messages under way at a time.
    pub(crate) concurrency: u16,
    /// What the secrets of endpoints are sealed with; without it a secret of the data folder.
    pub(crate) sealing_key: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Self {
        let hour = Duration::from_secs(3_600);
        Self {
            allow_private: false,
            timeout: Duration::from_secs(10),
            attempts: 11,
            first_pause: Duration::from_secs(5),
            longest_pause: 6 * hour,
            disable_after: 72 * hour,
            overlap: 24 * hour,
            keep: 7 * 24 * hour,
            concurrency: 32,
            sealing_key: None,
        }
    }
}

/// The shortest key in characters: that of 32 bytes in hexadecimal digits has 64.
const LEAST_KEY: usize = 32;

impl Settings {
    /// Makes sure that what is promised can be kept.
    pub(crate) fn check(&self) -> Result<(), String> {
        let second = Duration::from_secs(1);
        if !(second..=60 * second).contains(&self.timeout) {
            return Err("webhooks.timeout is 1s to 60s".to_owned());
        }
        if !(1..=50).contains(&self.attempts) {
            return Err("webhooks.attempts is 1 to 50".to_owned());
        }
        if self.first_pause.is_zero() || self.first_pause > self.longest_pause {
            return Err(
                "webhooks.first_pause is more than nothing and not more than longest_pause".to_owned()
            );
        }
        if !(1..=1_000).contains(&self.concurrency) {
            return Err("webhooks.concurrency is 1 to 1000".to_owned());
        }
        if self.keep < Duration::from_secs(3_600) {
            return Err("webhooks.keep is at least 1h".to_owned());
        }
        match &self.sealing_key {
            Some(key) if key.expose().len() < LEAST_KEY => {
                Err(format!("webhooks.sealing_key has at least {LEAST_KEY} characters"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule {
            attempts: self.attempts.into(),
            first_pause: self.first_pause,
            longest_pause: self.longest_pause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_kept_are_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        let usual = Settings::default;
        for (settings, name) in [
            (Settings { timeout: Duration::ZERO, ..usual() }, "webhooks.timeout"),
            (Settings { attempts: 0, ..usual() }, "webhooks.attempts"),
            (Settings { first_pause: Duration::from_secs(30_000), ..usual() }, "webhooks.first_pause"),
            (Settings { concurrency: 0, ..usual() }, "webhooks.concurrency"),
            (Settings { keep: Duration::from_secs(60), ..usual() }, "webhooks.keep"),
            (Settings { sealing_key: Some(Secret::new("short")), ..usual() }, "webhooks.sealing_key"),
        ] {
            assert!(settings.check().unwrap_err().starts_with(name), "{name}");
        }
    }
}
