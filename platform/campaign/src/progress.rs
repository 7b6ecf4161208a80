//! Telling a terminal how far it is.

use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tradewind_kernel::Clock;

use crate::sum::Sum;

/// The pause between two tellings.
const PAUSE: Duration = Duration::from_millis(200);

/// A line that is written anew as runs end; nothing where nobody sees it.
pub(crate) struct Progress {
    clock: Clock,
    count: u64,
    is_seen: bool,
    told: Mutex<Duration>,
}

impl Progress {
    pub(crate) fn new(count: u64, clock: Clock) -> Self {
        let is_seen = count > 1 && stderr().is_terminal();
        Self { clock, count, is_seen, told: Mutex::default() }
    }

    pub(crate) fn tell(&self, sum: &Sum) {
        let now = self.clock.monotonic();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_seen && now >= *told + PAUSE {
            *told = now;
            write(&line(sum, self.count, now));
        }
    }

    pub(crate) fn ends(&self) {
        if self.is_seen {
            write("");
        }
    }
}

/// Writes over what is there.
pub(crate) fn write(text: &str) {
    let mut error = stderr();
    // Whoever does not see the progress misses nothing.
    drop(write!(error, "\r\u{1b}[K{text}").and_then(|()| error.flush()));
}

fn line(sum: &Sum, count: u64, took: Duration) -> String {
    let (seconds, runs) = (took.as_secs_f64(), sum.runs.max(1));
    let speed = sum.simulated.as_secs_f64() / seconds.max(1e-9);
    let left = seconds / runs as f64 * count.saturating_sub(runs) as f64;
    let done = usize::try_from(runs * 20 / count.max(1)).unwrap_or_default().min(20);
    let bar = format!("{}{}", "#".repeat(done), ".".repeat(20 - done));
    format!(
        "[{bar}] {runs} of {count} seeds, {} failed, {speed:.0} times real time, {left:.0} s left",
        sum.failed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is() {
        let mut sum = Sum { runs: 50, failed: 1, ..Sum::default() };
        sum.simulated = Duration::from_secs(3_000);
        let told = line(&sum, 200, Duration::from_secs(5));
        assert_eq!(told, "[#####...............] 50 of 200 seeds, 1 failed, 600 times real time, 15 s left");
    }
}
