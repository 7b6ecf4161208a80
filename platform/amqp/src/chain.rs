//! The chain: which of the events that were delivered continue what was read, and which are missing between.

use std::collections::BTreeMap;

use tradewind_events::Recorded;

use crate::message::Incoming;
use crate::mutants;

/// What came of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Its event was read before.
    Duplicate,
    /// It is kept until it is passed.
    Kept,
}

/// Events that were delivered and not passed, in the order of the log.
///
/// Each message names the position before its own, so that a missing one is noticed whatever the gaps in the numbers
/// are. Bounded by the prefetch of the consumer.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// What the reader has passed.
    passed: i64,
    /// By position.
    waiting: BTreeMap<i64, Incoming>,
    /// Deliveries that are not acknowledged, and the positions of their events.
    unacknowledged: BTreeMap<u64, i64>,
    /// The last delivery that can be acknowledged; the broker closes a channel that acknowledges one twice.
    acknowledged: u64,
}

impl Chain {
    /// A message was delivered.
    pub(crate) fn arrive(&mut self, tag: u64, incoming: Incoming) -> Arrival {
        let position = incoming.recorded.position;
        if tag > self.acknowledged {
            self.unacknowledged.insert(tag, position);
        }
        let is_passed = position <= self.passed && !mutants::DUPLICATE_KEPT.is_planted();
        if is_passed || self.waiting.contains_key(&position) {
            return Arrival::Duplicate;
        }
        self.waiting.insert(position, incoming);
        Arrival::Kept
    }

    /// The reader has passed everything up to `position`, or goes back to it.
    ///
    /// Gives the delivery up to which all are passed; that and all before it can be acknowledged.
    pub(crate) fn go_to(&mut self, position: i64) -> Option<u64> {
        if position < self.passed {
            // What lies between may be acknowledged and gone: it is a gap now.
            self.waiting.retain(|waiting, _| *waiting > position);
        }
        self.passed = position;
        self.waiting = self.waiting.split_off(&position.saturating_add(1));
        let mut until = None;
        while let Some(first) = self.unacknowledged.first_entry().filter(|first| *first.get() <= position) {
            until = Some(*first.key());
            first.remove();
        }
        self.acknowledged = until.unwrap_or(self.acknowledged);
        until
    }

    /// Up to `limit` events that continue what was passed. They stay until they are passed.
    pub(crate) fn ready(&self, limit: usize) -> Vec<Recorded> {
        let mut reached = self.passed;
        let mut ready = Vec::new();
        for (position, incoming) in self.waiting.iter().take(limit) {
            if incoming.previous > reached && !mutants::GAP_ACCEPTED.is_planted() {
                break;
            }
            ready.push(incoming.recorded.clone());
            reached = *position;
        }
        ready
    }

    /// Whether an event continues what was passed.
    pub(crate) fn is_ready(&self) -> bool {
        self.waiting.first_key_value().is_some_and(|(_, first)| first.previous <= self.passed)
    }

    /// The position up to which events are missing, if something was delivered that comes behind them.
    pub(crate) fn gap(&self) -> Option<i64> {
        let (_, first) = self.waiting.first_key_value()?;
        (first.previous > self.passed).then_some(first.previous)
    }

    /// What the reader has passed.
    pub(crate) fn passed(&self) -> i64 {
        self.passed
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The deliveries belong to a channel that is gone; what is not acknowledged is delivered again.
    pub(crate) fn forget(&mut self) {
        self.waiting.clear();
        self.unacknowledged.clear();
        self.acknowledged = 0;
    }
}

#[cfg(test)]
mod tests;
