//! Settings, section `accounts`.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use tradewind_chassis::settings::duration;
use tradewind_kernel::Secret;

use crate::domain::attempts::Rule;
use crate::domain::rotation::Policy;
use crate::passwords::Cost;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// How far the clocks of those who verify tokens may be off, and some more.
const CLOCKS: Duration = Duration::from_secs(120);

/// The settings of accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long an access token is good, 10s to 1h.
    #[serde(with = "duration")]
    pub(crate) access_token_ttl: Duration,
    /// How long somebody stays signed in by refresh tokens, 1m to 2160h.
    #[serde(with = "duration")]
    pub(crate) refresh_token_ttl: Duration,
    /// How long a key signs, 30s to 2160h.
    #[serde(with = "duration")]
    pub(crate) rotate_keys_every: Duration,
    /// How long before that a key is shown, 15s or more, and less than it signs: doors that have just asked for keys do not
    /// ask again for ten seconds, and would not know it.
    #[serde(with = "duration")]
    pub(crate) show_keys_before: Duration,
    /// What private keys and keys of people are sealed with; without it a secret made in the data folder.
    pub(crate) sealing_key: Secret,
    /// How costly it is to try a password.
    pub(crate) hashing: Hashing,
    /// After how many attempts somebody has to wait, and how long.
    pub(crate) lockout: Lockout,
}

/// The parameters of Argon2id.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Hashing {
    /// Memory in KiB, 8 to 1,048,576.
    pub(crate) memory_kib: u32,
    /// Passes over it, 1 to 100.
    pub(crate) passes: u32,
    /// How many passwords are tried at once, each with so much memory, 1 to 64.
    pub(crate) at_once: u32,
    /// How many more wait, 0 to 10,000; the others are turned away.
    pub(crate) waiting: u32,
}

/// When attempts cost time.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Lockout {
    /// How many attempts at one account are free, 1 to 1,000.
    pub(crate) after: u32,
    /// How many attempts from one address are free, whichever accounts they are at, 1 to 1,000,000.
    pub(crate) after_from_address: u32,
    /// The pause after the first that is not; it doubles with each, 1s to 1h.
    #[serde(with = "duration")]
    pub(crate) first_pause: Duration,
    /// The longest pause, up to 24h.
    #[serde(with = "duration")]
    pub(crate) longest_pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_ttl: 10 * MINUTE,
            refresh_token_ttl: 30 * 24 * HOUR,
            rotate_keys_every: 24 * HOUR,
            show_keys_before: HOUR,
            sealing_key: Secret::default(),
            hashing: Hashing::default(),
            lockout: Lockout::default(),
        }
    }
}

impl Default for Hashing {
    /// As OWASP recommends for Argon2id: 19 MiB and two passes.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, at_once: 2, waiting: 64 }
    }
}

impl Default for Lockout {
    fn default() -> Self {
        Self { after: 5, after_from_address: 100, first_pause: SECOND, longest_pause: 15 * MINUTE }
    }
}

impl Settings {
    /// Makes sure that everything is within its bounds.
    pub(crate) fn check(&self) -> Result<(), String> {
        within("access_token_ttl", self.access_token_ttl, 10 * SECOND..=HOUR, "10s to 1h")?;
        within("refresh_token_ttl", self.refresh_token_ttl, MINUTE..=2_160 * HOUR, "1m to 2160h")?;
        within("rotate_keys_every", self.rotate_keys_every, 30 * SECOND..=2_160 * HOUR, "30s to 2160h")?;
        let before = 15 * SECOND..=self.rotate_keys_every.saturating_sub(SECOND);
        within("show_keys_before", self.show_keys_before, before, "15s to less than rotate_keys_every")?;
        within("hashing.memory_kib", self.hashing.memory_kib, 8..=1 << 20, "8 to 1048576")?;
        within("hashing.passes", self.hashing.passes, 1..=100, "1 to 100")?;
        within("hashing.at_once", self.hashing.at_once, 1..=64, "1 to 64")?;
        within("hashing.waiting", self.hashing.waiting, 0..=10_000, "0 to 10000")?;
        let Lockout { after, after_from_address, first_pause, longest_pause } = self.lockout;
        within("lockout.after", after, 1..=1_000, "1 to 1000")?;
        within("lockout.after_from_address", after_from_address, 1..=1_000_000, "1 to 1000000")?;
        within("lockout.first_pause", first_pause, SECOND..=HOUR, "1s to 1h")?;
        within("lockout.longest_pause", longest_pause, first_pause..=24 * HOUR, "first_pause to 24h")?;
        let has_key = self.sealing_key.is_empty() || self.sealing_key.expose().len() >= 32;
        if has_key { Ok(()) } else { Err("accounts.sealing_key: 32 characters or more".to_owned()) }
    }

    /// When keys come and go.
    pub(crate) fn rotation(&self) -> Policy {
        Policy {
            signs_for: self.rotate_keys_every,
            shown_before: self.show_keys_before,
            shown_after: self.access_token_ttl + CLOCKS,
        }
    }

    /// How costly it is to try a password.
    pub(crate) fn cost(&self) -> Cost {
        Cost { memory_kib: self.hashing.memory_kib, passes: self.hashing.passes }
    }
}

impl Lockout {
    /// For attempts at one account or program.
    pub(crate) fn at_one(&self) -> Rule {
        Rule { free: self.after, first: self.first_pause, longest: self.longest_pause }
    }

    /// For attempts from one address.
    pub(crate) fn at_address(&self) -> Rule {
        Rule { free: self.after_from_address, ..self.at_one() }
    }
}

fn within<T: PartialOrd + Copy>(
    key: &str,
    value: T,
    bounds: RangeInclusive<T>,
    told: &str,
) -> Result<(), String> {
    if bounds.contains(&value) { Ok(()) } else { Err(format!("accounts.{key}: {told}")) }
}
