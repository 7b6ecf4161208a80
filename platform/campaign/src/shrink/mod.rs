//! Finds the part of a script that is enough to break the same promise.

mod ddmin;

use std::collections::BTreeSet;

use tradewind_sim::{Outcome, Plan, Selection, Workload, run};

use ddmin::ddmin;

/// A script that breaks a promise, and out of which nothing can be left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// What is left of it.
    pub only: Selection,
    /// The run of it, with everything that happened.
    pub outcome: Outcome,
    /// How many runs that took.
    pub runs: u32,
    /// Whether that was the end: nothing that is left can be left out alone. Otherwise the runs were used up.
    pub is_least: bool,
}

/// How far a shrinker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrinking {
    /// Runs so far.
    pub runs: u32,
    /// Faults that are left.
    pub faults: usize,
    /// Acts that are left.
    pub acts: usize,
}

/// Leaves out of the script of `failed`, a run of `plan`, what can be left out while the first promise that it broke is
/// broken still. Makes at most `most` runs, each with a workload of its own, and one more for the result. `tell` hears of
/// each.
///
/// # Errors
/// When no runtime can be made.
pub fn shrink<W: Workload>(
    plan: &Plan,
    failed: &Outcome,
    workload: &dyn Fn() -> W,
    most: u32,
    tell: &mut dyn FnMut(Shrinking),
) -> Result<Shrunk, std::io::Error> {
    let numbers = |planned: &[(u32, String)]| planned.iter().map(|(number, _)| *number).collect();
    let promise = failed.failures.first().map(|failure| failure.what.clone()).unwrap_or_default();
    let shrinker = Shrinker { plan, promise: &promise, workload, most, tell, runs: 0, error: None };
    shrinker.shrunk(numbers(&failed.planned_faults), numbers(&failed.planned_acts))
}

struct Shrinker<'a, W> {
    plan: &'a Plan,
    promise: &'a str,
    workload: &'a dyn Fn() -> W,
    most: u32,
    tell: &'a mut dyn FnMut(Shrinking),
    runs: u32,
    error: Option<std::io::Error>,
}

impl<W: Workload> Shrinker<'_, W> {
    fn shrunk(
        mut self,
        mut faults: BTreeSet<u32>,
        mut acts: BTreeSet<u32>,
    ) -> Result<Shrunk, std::io::Error> {
        // With fewer acts more faults can go, and the other way round: until neither does.
        loop {
            let before = (faults.len(), acts.len());
            faults = ddmin(&faults, &mut |some| self.fails(some, &acts));
            acts = ddmin(&acts, &mut |some| self.fails(&faults, some));
            if (faults.len(), acts.len()) == before || self.runs >= self.most {
                break;
            }
        }
        if let Some(error) = self.error {
            return Err(error);
        }
        let only = Selection { faults: Some(faults), acts: Some(acts) };
        let plan = Plan { only: only.clone(), keeps_all: true, ..self.plan.clone() };
        let outcome = run(&plan, &(self.workload)())?;
        Ok(Shrunk { only, outcome, runs: self.runs, is_least: self.runs < self.most })
    }

    /// Whether the promise is broken with these alone; nothing when there are to be no more runs.
    fn fails(&mut self, faults: &BTreeSet<u32>, acts: &BTreeSet<u32>) -> Option<bool> {
        if self.runs >= self.most || self.error.is_some() {
            return None;
        }
        self.runs += 1;
        let only = Selection { faults: Some(faults.clone()), acts: Some(acts.clone()) };
        let plan = Plan { only, keeps_all: false, ..self.plan.clone() };
        (self.tell)(Shrinking { runs: self.runs, faults: faults.len(), acts: acts.len() });
        match run(&plan, &(self.workload)()) {
            Ok(outcome) => Some(outcome.failures.iter().any(|failure| failure.what == self.promise)),
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }
}
