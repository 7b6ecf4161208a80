//! Disturbed deliveries, for kill runs: some come twice, some late. Only in builds with fault points.

use std::collections::VecDeque;

use tradewind_kernel::Entropy;

use crate::message::Incoming;

/// Says how many of a hundred deliveries come twice and how many late, as `redeliver:5,reorder:2`.
const VARIABLE: &str = "TRADEWIND_DISTURB";

/// How many deliveries a late one is behind its place, at most.
const LATE: u64 = 8;

/// Hands deliveries on, a few of them twice or late.
pub(crate) struct Disturber {
    redeliver: u64,
    reorder: u64,
    entropy: Entropy,
    /// Deliveries to come, and how many others come before.
    held: VecDeque<(u64, u64, Incoming)>,
}

impl Disturber {
    pub(crate) fn from_environment() -> Self {
        Self::new(&std::env::var(VARIABLE).unwrap_or_default(), Entropy::system())
    }

    fn new(text: &str, entropy: Entropy) -> Self {
        let percent = |name: &str| {
            let part = text.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix(':'));
            part.and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        Self { redeliver: percent("redeliver"), reorder: percent("reorder"), entropy, held: VecDeque::new() }
    }

    /// What is to arrive now that this was delivered.
    pub(crate) fn disturb(&mut self, tag: u64, incoming: Incoming) -> Vec<(u64, Incoming)> {
        let mut arriving = Vec::new();
        let after = 1 + self.entropy.below(LATE);
        let is_late = self.chance(self.reorder);
        if is_late || self.chance(self.redeliver) {
            let copy = Incoming { recorded: incoming.recorded.clone(), previous: incoming.previous };
            self.held.push_back((after, tag, copy));
        }
        if !is_late {
            arriving.push((tag, incoming));
        }
        for _ in 0..self.held.len() {
            let Some((left, tag, incoming)) = self.held.pop_front() else { break };
            match left {
                0 => arriving.push((tag, incoming)),
                _ => self.held.push_back((left - 1, tag, incoming)),
            }
        }
        arriving
    }

    /// The channel is gone; what it delivered comes again.
    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }

    fn chance(&self, percent: u64) -> bool {
        percent > 0 && self.entropy.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;
    use tradewind_events::{Envelope, Recorded};
    use tradewind_kernel::Clock;

    use super::*;

    fn incoming(position: i64) -> Incoming {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let event = Envelope {
            specversion: "1.0".to_owned(),
            id: entropy.id(&clock),
            source: "/tradewind/lamps".to_owned(),
            kind: "tradewind.lamps.lamp-lit.v1".to_owned(),
            time: clock.now(),
            datacontenttype: "application/json".to_owned(),
            partitionkey: "x".to_owned(),
            sequence: 1,
            correlationid: entropy.id(&clock),
            causationid: None,
            traceparent: String::new(),
            release: None,
            data: RawValue::from_string("{}".to_owned()).unwrap(),
        };
        Incoming { recorded: Recorded { position, event }, previous: position - 1 }
    }

    #[test]
    fn as_many_come_twice_and_late_as_asked_for_and_none_is_lost() {
        let mut disturber = Disturber::new("redeliver:5, reorder:2", Entropy::seeded(7));
        let mut arrived = Vec::new();
        for position in 1..=10_000_i64 {
            let tag = u64::try_from(position).unwrap();
            let all = disturber.disturb(tag, incoming(position)).into_iter();
            arrived.extend(all.map(|(_, incoming)| incoming.recorded.position));
        }
        let late = arrived.windows(2).filter(|pair| pair[0] > pair[1]).count();
        let twice = arrived.len() - 10_000 + disturber.held.len();
        assert!((400..600).contains(&twice), "{twice}");
        assert!(late > 500, "{late}");
        arrived.extend(disturber.held.iter().map(|(_, _, incoming)| incoming.recorded.position));
        arrived.sort_unstable();
        arrived.dedup();
        assert_eq!(arrived, (1..=10_000).collect::<Vec<_>>());
    }

    #[test]
    fn without_a_word_nothing_is_disturbed() {
        let mut disturber = Disturber::new("", Entropy::seeded(7));
        assert!((1..1_000).all(|position| disturber.disturb(1, incoming(position)).len() == 1));
    }
}
