//! What became of the requests.

use std::fmt::Write as _;
use std::time::Duration;

use tradewind_proxy_load::arrivals::Step;
use tradewind_proxy_load::histogram::Histogram;

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A status below 400.
    Ok,
    /// 429 or 503; whether it said when to come again.
    Refused(bool),
    /// Another status from 400 on.
    FailedStatus,
    /// The connection ended before the answer began; it had carried an answer before.
    ResetReused,
    /// The same, on a connection that was new.
    ResetFresh,
    /// The connection ended within the answer.
    CutShort,
    /// No connection could be made.
    NotConnected,
    /// No answer in time.
    TimedOut,
    /// What came is no answer.
    Malformed,
}

/// Names of all outcomes, as they are shown.
const NAMES: [&str; 9] = [
    "ok",
    "refused",
    "failed_status",
    "reset_reused",
    "reset_fresh",
    "cut_short",
    "not_connected",
    "timed_out",
    "malformed",
];

impl Outcome {
    pub(crate) fn of(status: u16, retry_after: bool) -> Self {
        match status {
            0..400 => Self::Ok,
            429 | 503 => Self::Refused(retry_after),
            _ => Self::FailedStatus,
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Ok => 0,
            Self::Refused(_) => 1,
            Self::FailedStatus => 2,
            Self::ResetReused => 3,
            Self::ResetFresh => 4,
            Self::CutShort => 5,
            Self::NotConnected => 6,
            Self::TimedOut => 7,
            Self::Malformed => 8,
        }
    }
}

/// The counts of one step.
#[derive(Debug, Default)]
struct Counts {
    outcomes: [u64; NAMES.len()],
    refused_without_retry_after: u64,
    ok: Histogram,
    refused: Histogram,
}

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Report {
    steps: Vec<Step>,
    counts: Vec<Counts>,
    /// Of each second, by the moment at which requests should have been sent: good, refused, failed.
    seconds: Vec<[u64; 3]>,
    /// Connections that ended while nothing was on its way.
    pub(crate) lost_idle: u64,
}

impl Report {
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        let counts = steps.iter().map(|_| Counts::default()).collect();
        Self { steps, counts, seconds: Vec::new(), lost_idle: 0 }
    }

    pub(crate) fn count(&mut self, step: usize, second: usize, outcome: Outcome, latency: Duration) {
        let Some(counts) = self.counts.get_mut(step) else { return };
        if let Some(count) = counts.outcomes.get_mut(outcome.index()) {
            *count += 1;
        }
        match outcome {
            Outcome::Ok => counts.ok.record(latency),
            Outcome::Refused(says) => {
                counts.refused.record(latency);
                counts.refused_without_retry_after += u64::from(!says);
            }
            _ => {}
        }
        if second >= self.seconds.len() {
            self.seconds.resize(second + 1, [0; 3]);
        }
        if let Some(count) = self.seconds.get_mut(second).and_then(|all| all.get_mut(outcome.index().min(2)))
        {
            *count += 1;
        }
    }

    /// Names and values of a step that was measured; the first of all is the warm-up.
    fn values(step: &Step, counts: &Counts) -> Vec<(String, f64)> {
        let total: u64 = counts.outcomes.iter().sum();
        let ok = counts.ok.total() as f64;
        let mut values = vec![
            ("rate".to_owned(), step.rate),
            ("seconds".to_owned(), step.length.as_secs_f64()),
            ("requests".to_owned(), total as f64),
            ("ok_per_second".to_owned(), ok / step.length.as_secs_f64()),
            ("ok_share".to_owned(), if total == 0 { 0.0 } else { ok / total as f64 }),
        ];
        let outcomes = NAMES.iter().zip(counts.outcomes);
        values.extend(outcomes.map(|(name, count)| ((*name).to_owned(), count as f64)));
        values.push(("refused_without_retry_after".to_owned(), counts.refused_without_retry_after as f64));
        for (name, histogram) in [("ok", &counts.ok), ("refused", &counts.refused)] {
            for (digits, percent) in [("50", 50.0), ("99", 99.0), ("999", 99.9), ("100", 100.0)] {
                values.push((format!("{name}_p{digits}_us"), histogram.percentile(percent) as f64));
            }
        }
        values
    }

    fn measured(&self) -> impl Iterator<Item = Vec<(String, f64)>> {
        self.steps.iter().zip(&self.counts).skip(1).map(|(step, counts)| Self::values(step, counts))
    }

    pub(crate) fn lines(&self) -> String {
        let mut text = String::new();
        for (step, values) in (1..).zip(self.measured()) {
            for (name, value) in values {
                // Writing into a string cannot fail.
                let _ = writeln!(text, "step_{step}_{name:<32} {value:>14.3}");
            }
        }
        let _ = writeln!(text, "{:<39} {:>14.3}", "connections_lost_while_idle", self.lost_idle as f64);
        text
    }

    pub(crate) fn json(&self) -> String {
        let object = |values: Vec<(String, f64)>| {
            let fields: Vec<_> = values.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        };
        let steps: Vec<_> = self.measured().map(object).collect();
        format!(
            "{{\"steps\":[{}],\"seconds\":{:?},\"connections_lost_while_idle\":{}}}",
            steps.join(","),
            self.seconds,
            self.lost_idle
        )
    }
}
