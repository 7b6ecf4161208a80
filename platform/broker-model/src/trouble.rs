//! What goes wrong with messages at the moment.

use std::collections::BTreeSet;

/// What goes wrong with messages while they are treated badly, of a thousand of them. Each meets one of these at most.
const SHARES: [(u64, Fate); 5] =
    [(60, Fate::Lost), (60, Fate::Unconfirmed), (60, Fate::Late), (40, Fate::Refused), (60, Fate::Repeated)];

/// Deliveries that come twice, of a thousand.
const REDELIVERED: u64 = 60;

/// By which faults messages are treated badly.
#[derive(Debug, Default)]
pub(crate) struct BrokerTrouble {
    bad: BTreeSet<u32>,
    /// Those that a message has met.
    felt: BTreeSet<u32>,
}

impl BrokerTrouble {
    pub(crate) fn begin(&mut self, fault: u32) {
        self.bad.insert(fault);
    }

    /// Gives whether any message met it.
    pub(crate) fn end(&mut self, fault: u32) -> bool {
        self.bad.remove(&fault);
        self.felt.remove(&fault)
    }

    /// All are over.
    pub(crate) fn calm(&mut self) {
        self.bad.clear();
    }

    /// What happens to a message; `draw` gives a number below what it is asked for.
    pub(crate) fn fate(&mut self, draw: impl FnOnce(u64) -> u64) -> Fate {
        if self.bad.is_empty() {
            return Fate::Kept;
        }
        let mut drawn = draw(1_000);
        for (share, fate) in SHARES {
            if drawn < share {
                self.felt.extend(&self.bad);
                return fate;
            }
            drawn -= share;
        }
        Fate::Kept
    }

    /// Whether a delivery comes twice.
    pub(crate) fn comes_twice(&mut self, draw: impl FnOnce(u64) -> u64) -> bool {
        let twice = !self.bad.is_empty() && draw(1_000) < REDELIVERED;
        if twice {
            self.felt.extend(&self.bad);
        }
        twice
    }
}

/// What happens to one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    Lost,
    Unconfirmed,
    Late,
    Refused,
    Repeated,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_share_is_as_great_as_it_says_and_nothing_is_felt_in_calm() {
        let mut trouble = BrokerTrouble::default();
        assert!((0..1_000).all(|drawn| trouble.fate(|_| drawn) == Fate::Kept));
        assert!(!trouble.end(7));
        trouble.begin(7);
        let mut count = |fate| (0..1_000).filter(|drawn| trouble.fate(|_| *drawn) == fate).count();
        let all = [Fate::Lost, Fate::Unconfirmed, Fate::Late, Fate::Refused, Fate::Repeated, Fate::Kept];
        assert_eq!(all.map(&mut count), [60, 60, 60, 40, 60, 720]);
        assert!(trouble.end(7));
    }
}
