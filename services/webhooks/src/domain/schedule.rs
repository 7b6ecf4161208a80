//! When a message is sent again, and when no more.

use std::time::Duration;

/// Each pause is so many times as long as the one before.
const FACTOR: u32 = 4;

/// A pause is made longer by up to a fifth, so that what failed together is not tried together.
const SPREAD: u32 = 5;

/// How often and when a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Attempts at most.
    pub(crate) attempts: i64,
    /// The pause after the first.
    pub(crate) first_pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
}

impl Schedule {
    /// The pause after so many attempts; `None` when that were all. `chance` is a number below 1,000.
    pub(crate) fn pause(&self, attempts: i64, chance: u64) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let steps = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0);
        let pause = FACTOR.checked_pow(steps).and_then(|times| self.first_pause.checked_mul(times));
        let pause = pause.map_or(self.longest_pause, |pause| pause.min(self.longest_pause));
        let more = pause / SPREAD * u32::try_from(chance.min(999)).unwrap_or(0) / 1_000;
        Some(pause + more)
    }
}

/// What an answer says of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The receiver has it.
    Delivered,
    /// Try again.
    Again,
    /// The receiver wants nothing more, ever.
    Gone,
}

/// Judges an answer by its status: any success will do, and a redirect is none (Standard Webhooks 1.0.0).
pub(crate) fn judge(status: u16) -> Verdict {
    match status {
        200..300 => Verdict::Delivered,
        410 => Verdict::Gone,
        _ => Verdict::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Schedule = Schedule {
        attempts: 11,
        first_pause: Duration::from_secs(5),
        longest_pause: Duration::from_secs(6 * 3_600),
    };

    #[test]
    fn attempts_spread_over_about_a_day_and_end() {
        let pauses: Vec<Duration> = (1..).map_while(|attempts| USUAL.pause(attempts, 0)).collect();
        let seconds: Vec<u64> = pauses.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [5, 20, 80, 320, 1_280, 5_120, 20_480, 21_600, 21_600, 21_600]);
        let hours = seconds.iter().sum::<u64>() / 3_600;
        assert!((20..30).contains(&hours), "{hours} hours");
        assert_eq!(USUAL.pause(11, 0), None);
    }

    #[test]
    fn chance_makes_a_pause_longer_by_a_fifth_at_most() {
        let (least, most) = (USUAL.pause(3, 0).unwrap(), USUAL.pause(3, 999).unwrap());
        assert!(least < most && most < least + least / 5 + Duration::from_secs(1), "{least:?} {most:?}");
        assert!(USUAL.pause(3, u64::MAX).unwrap() <= most);
    }

    #[test]
    fn only_a_success_is_one() {
        for status in [200, 202, 204] {
            assert_eq!(judge(status), Verdict::Delivered);
        }
        for status in [301, 302, 308, 400, 404, 429, 500, 503] {
            assert_eq!(judge(status), Verdict::Again, "{status}");
        }
        assert_eq!(judge(410), Verdict::Gone);
    }
}
