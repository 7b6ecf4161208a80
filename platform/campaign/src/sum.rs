//! What all runs came to together.

use std::collections::BTreeMap;
use std::time::Duration;

use tradewind_sim::{Outcome, Passes};

/// Most runs that failed of which everything is kept; more are counted.
const KEPT: usize = 100;

/// A figure over all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) total: u64,
    /// The least in a run.
    pub(crate) least: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Sum {
    pub(crate) runs: u64,
    pub(crate) failed: u64,
    /// How many were run twice.
    pub(crate) repeated: u64,
    /// Seeds whose second run was another.
    pub(crate) unsteady: Vec<u64>,
    pub(crate) simulated: Duration,
    /// How long it took.
    pub(crate) took: Duration,
    pub(crate) kinds: BTreeMap<&'static str, u64>,
    pub(crate) points: BTreeMap<&'static str, Passes>,
    /// Each figure, and in how many runs it was.
    pub(crate) figures: BTreeMap<String, (Figure, u64)>,
    /// Runs that failed.
    pub(crate) bad: Vec<Outcome>,
}

impl Sum {
    pub(crate) fn has_failed(&self) -> bool {
        self.failed > 0 || !self.unsteady.is_empty()
    }

    /// A figure that a run does not have is nothing there.
    pub(crate) fn all_figures(&self) -> impl Iterator<Item = (&str, Figure)> {
        self.figures.iter().map(|(name, (figure, runs))| {
            let least = if *runs < self.runs { 0 } else { figure.least };
            (name.as_str(), Figure { least, ..*figure })
        })
    }

    pub(crate) fn add(&mut self, outcome: Outcome, is_steady: Option<bool>) {
        self.runs += 1;
        self.simulated += outcome.simulated;
        for (kind, count) in &outcome.faults {
            *self.kinds.entry(kind).or_default() += u64::from(*count);
        }
        for (point, passes) in &outcome.points {
            let sum = self.points.entry(point).or_default();
            sum.passed += passes.passed;
            sum.ended += passes.ended;
        }
        self.figure("faults", outcome.faults.values().map(|count| u64::from(*count)).sum());
        for (name, count) in &outcome.figures {
            self.figure(name, *count);
        }
        if let Some(is_steady) = is_steady {
            self.repeated += 1;
            if !is_steady {
                self.unsteady.push(outcome.seed);
            }
        }
        if !outcome.failures.is_empty() {
            self.failed += 1;
            if self.bad.len() < KEPT {
                self.bad.push(outcome);
            }
        }
    }

    fn figure(&mut self, name: &str, count: u64) {
        match self.figures.get_mut(name) {
            Some((figure, runs)) => {
                *figure = Figure { total: figure.total + count, least: figure.least.min(count) };
                *runs += 1;
            }
            None => drop(self.figures.insert(name.to_owned(), (Figure { total: count, least: count }, 1))),
        }
    }
}
