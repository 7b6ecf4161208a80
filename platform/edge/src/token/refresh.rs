//! When a set of keys is fetched.

use std::time::Duration;

/// How often, and how long without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshSettings {
    /// Keys older than this are fetched again.
    pub max_age: Duration,
    /// The time between two fetches, whatever tokens say: a token with a made-up key must not cost the issuer anything.
    pub min_interval: Duration,
    /// Keys are used for so long after the last fetch that succeeded. A key that the issuer took back is refused
    /// after that time at the latest, and an issuer that is away does not close the door before.
    pub max_stale: Duration,
    /// The pause after a fetch that failed; it doubles with each further one. Up to half of it is added at random.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for RefreshSettings {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(10 * 60),
            min_interval: Duration::from_secs(30),
            max_stale: Duration::from_secs(24 * 60 * 60),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// Decides when the keys of one issuer are fetched, one fetch at a time.
#[derive(Debug)]
pub struct Refresh {
    settings: RefreshSettings,
    /// When the last fetch that succeeded began: what it brought is as old as that.
    fetched: Option<Duration>,
    began: Option<Duration>,
    under_way: bool,
    /// Whether a token named a key that is not known.
    wanted: bool,
    failures: u32,
    /// Not before this, after a failure.
    pause_until: Duration,
}

impl Refresh {
    /// Nothing was fetched yet, and the first fetch is due at once.
    #[must_use]
    pub fn new(settings: RefreshSettings) -> Self {
        Self {
            settings,
            fetched: None,
            began: None,
            under_way: false,
            wanted: false,
            failures: 0,
            pause_until: Duration::ZERO,
        }
    }

    /// A token named a key that is not in the set.
    pub fn unknown_key(&mut self) {
        self.wanted = true;
    }

    /// When the next fetch is due; nothing while one is under way.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        if self.under_way {
            return None;
        }
        let old = self.fetched.map_or(Duration::ZERO, |at| at.saturating_add(self.settings.max_age));
        let wish = if self.wanted { Duration::ZERO } else { old };
        let reason = if self.failures > 0 { self.pause_until } else { wish.min(old) };
        // Before the first set nobody is let in, so only the pauses after failures hold it up.
        let spacing = match (self.began, self.fetched) {
            (Some(began), Some(_)) => began.saturating_add(self.settings.min_interval),
            _ => Duration::ZERO,
        };
        Some(reason.max(spacing))
    }

    /// Begins a fetch if it is due; the caller makes it and says how it went.
    pub fn begin(&mut self, now: Duration) -> bool {
        let is_due = self.due_at().is_some_and(|at| at <= now);
        if is_due {
            self.under_way = true;
            self.wanted = false;
            self.began = Some(now);
        }
        is_due
    }

    /// The fetch brought a set.
    pub fn succeeded(&mut self) {
        self.under_way = false;
        self.fetched = self.began;
        self.failures = 0;
    }

    /// The fetch failed, or brought what is no set. What was there stays.
    pub fn failed(&mut self, now: Duration, random: u64) {
        self.under_way = false;
        let doubled = self.settings.first_pause.saturating_mul(2_u32.saturating_pow(self.failures));
        let pause = doubled.min(self.settings.longest_pause);
        let half = u64::try_from(pause.as_micros() / 2).unwrap_or(u64::MAX - 1);
        let jitter = Duration::from_micros(random % (half + 1));
        self.pause_until = now.saturating_add((pause + jitter).min(self.settings.longest_pause));
        self.failures = self.failures.saturating_add(1);
    }

    /// Whether there are keys that are not too old to be used.
    #[must_use]
    pub fn is_usable(&self, now: Duration) -> bool {
        self.fetched.is_some_and(|at| now < at.saturating_add(self.settings.max_stale))
    }

    /// How often fetching failed since it last succeeded.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}
