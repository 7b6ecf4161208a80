//! Draws the faults of a run before it begins.

use std::time::Duration;

use tradewind_broker_model::{BROKER, BrokerFault};
use tradewind_kernel::{Entropy, FaultPoint};

use crate::fault::Fault;
use crate::script::{EVERYBODY, Planned};

/// Most commits until a process is killed at one.
const COMMITS: u64 = 5;

/// Most steps until a process is killed at one.
const STEPS: u64 = 120;

/// Most passes of a fault point until a process is killed there.
const PASSES: u64 = 3;

/// Who does what goes wrong, in the script.
const NEMESIS: &str = "nemesis";

/// How much goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// The mean pause between two of them; none when it is zero.
    pub every: Duration,
    /// How long each lasts at most: a process that is away, a network that is parted or bad.
    pub lasts: Duration,
}

impl Default for Faults {
    fn default() -> Self {
        Self { every: Duration::from_millis(950), lasts: Duration::from_secs(4) }
    }
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self { every: Duration::ZERO, lasts: Duration::ZERO }
    }
}

/// What faults can befall.
pub(crate) struct Targets {
    pub(crate) services: Vec<String>,
    pub(crate) nodes: Vec<String>,
    pub(crate) clients: Vec<String>,
    /// None in builds in which passing one is nothing.
    pub(crate) points: Vec<FaultPoint>,
    /// Whether events pass by the broker.
    pub(crate) has_broker: bool,
}

/// The faults of a run that lasts for `length`.
pub(crate) fn draw(
    dice: &Entropy,
    faults: Faults,
    targets: &Targets,
    length: Duration,
) -> Vec<Planned<Fault>> {
    let (mut drawn, mut at, mut number) = (Vec::new(), Duration::ZERO, 0);
    if faults.every.is_zero() {
        return drawn;
    }
    loop {
        at += span(dice, faults.every * 2);
        if at >= length {
            return drawn;
        }
        number += 1;
        let one = One { dice: dice.fork(&format!("fault {number}")), lasts: faults.lasts, targets };
        drawn.push(Planned { number, at, by: NEMESIS.to_owned(), what: one.fault() });
    }
}

/// Draws one fault.
struct One<'a> {
    dice: Entropy,
    lasts: Duration,
    targets: &'a Targets,
}

impl One<'_> {
    fn fault(&self) -> Fault {
        if self.targets.has_broker && self.dice.below(4) == 0 {
            return Fault::Broker(BrokerFault::draw(&self.dice, || self.node(), || self.span()));
        }
        match self.dice.below(16) {
            0 | 1 => Fault::Kill { node: self.node(), away: self.span() },
            2 | 3 => self.at_commit(),
            4 | 5 => self.at_step(),
            6..=8 => self.at_point(),
            9 => Fault::KillAll { away: self.span() },
            10 => Fault::Stall { node: self.node(), lasts: self.span() },
            11 => Fault::Jump { node: self.node(), micros: self.jump() },
            12 | 13 => self.part(),
            14 => Fault::BadNetwork { lasts: self.span() },
            _ => Fault::Roll { service: pick(&self.dice, &self.targets.services) },
        }
    }

    fn at_commit(&self) -> Fault {
        let (commits, keeps_last) = (self.count(COMMITS), self.dice.below(2) == 0);
        Fault::KillAtCommit { node: self.node(), commits, keeps_last, away: self.span() }
    }

    fn at_step(&self) -> Fault {
        Fault::KillAtStep { node: self.node(), steps: self.count(STEPS), away: self.span() }
    }

    fn at_point(&self) -> Fault {
        if self.targets.points.is_empty() {
            return self.at_step();
        }
        let index = usize::try_from(self.dice.below(self.targets.points.len() as u64)).unwrap_or_default();
        let point = self.targets.points[index];
        let passes = self.count(PASSES);
        Fault::KillAtPoint { node: self.node(), point, passes, away: self.span() }
    }

    fn part(&self) -> Fault {
        let mut ends = [self.targets.nodes.as_slice(), &self.targets.clients].concat();
        if self.targets.has_broker {
            ends.push(BROKER.to_owned());
        }
        let from = pick(&self.dice, &ends);
        ends.retain(|end| *end != from);
        // Most pairs have nothing to say to each other.
        let is_alone = self.dice.below(2) == 0;
        let to = if is_alone { EVERYBODY.to_owned() } else { pick(&self.dice, &ends) };
        let both_ways = self.dice.below(2) == 0;
        Fault::Part { from, to, both_ways, lasts: self.span() }
    }

    /// From ten milliseconds to two minutes, either way; small ones are as likely as great ones.
    fn jump(&self) -> i64 {
        let most = 10_000_u64 << self.dice.below(14);
        let micros = i64::try_from(most / 2 + self.dice.below(most)).unwrap_or_default();
        if self.dice.below(2) == 0 { micros } else { -micros }
    }

    fn node(&self) -> String {
        pick(&self.dice, &self.targets.nodes)
    }

    fn count(&self, most: u64) -> u32 {
        u32::try_from(1 + self.dice.below(most)).unwrap_or(1)
    }

    fn span(&self) -> Duration {
        span(&self.dice, self.lasts)
    }
}

fn pick(dice: &Entropy, from: &[String]) -> String {
    let index = usize::try_from(dice.below(from.len() as u64)).unwrap_or_default();
    from.get(index).cloned().unwrap_or_default()
}

fn span(dice: &Entropy, most: Duration) -> Duration {
    Duration::from_micros(dice.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(services: &[&str]) -> Targets {
        let services: Vec<String> = services.iter().map(|&service| service.to_owned()).collect();
        let (nodes, clients) = (services.clone(), vec!["client".to_owned()]);
        Targets { nodes, services, clients, points: Vec::new(), has_broker: true }
    }

    #[test]
    fn the_seed_decides_all_faults_and_each_draws_for_itself() {
        let drawn = |seed| {
            let dice = Entropy::seeded(seed);
            draw(&dice, Faults::default(), &targets(&["lamps", "bulbs"]), Duration::from_secs(60))
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert!(drawn(1).iter().all(|fault| fault.at < Duration::from_secs(60)), "{:?}", drawn(1));
    }

    #[test]
    fn every_kind_of_fault_is_drawn_and_nobody_is_parted_from_itself() {
        let dice = Entropy::seeded(3);
        let drawn = draw(&dice, Faults::default(), &targets(&["lamps"]), Duration::from_secs(3_600));
        let kinds: std::collections::BTreeSet<_> = drawn.iter().map(|fault| fault.what.kind()).collect();
        assert_eq!(kinds.len(), 17, "{kinds:?}");
        for fault in drawn {
            if let Fault::Part { from, to, .. } = fault.what {
                assert_ne!(from, to);
            }
        }
    }
}
