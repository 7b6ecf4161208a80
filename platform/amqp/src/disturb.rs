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
