//! The share of an endpoint that is new.

use std::time::Duration;

/// The share with which an endpoint begins, in percent.
const FIRST: u64 = 10;

/// How much of its share an endpoint gets, in percent, that joined `since` and is warmed up for `slow_start`.
#[must_use]
pub fn warmth(since: Duration, slow_start: Duration, now: Duration) -> u64 {
    let elapsed = now.saturating_sub(since).as_micros() * 100;
    let percent = elapsed.checked_div(slow_start.as_micros()).unwrap_or(100);
    u64::try_from(percent).unwrap_or(100).clamp(FIRST, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_the_whole() {
        let at = |now| warmth(Duration::from_secs(10), Duration::from_secs(30), Duration::from_secs(now));
        assert_eq!([at(0), at(10), at(13), at(25), at(40), at(99)], [10, 10, 10, 50, 100, 100]);
        assert_eq!(warmth(Duration::ZERO, Duration::ZERO, Duration::ZERO), 100);
    }
}
