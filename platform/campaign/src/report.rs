//! Tells of the runs that failed.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};

use tradewind_sim::{Outcome, Plan, Selection, Workload, run};

use crate::options::Options;
use crate::progress;
use crate::shrink::{Shrinking, Shrunk, shrink};
use crate::sum::Sum;
use crate::timeline;

/// Most runs that failed of which everything is told; of the others only what broke.
const WHOLE: usize = 3;

/// The newest entries that are told of a run whose failure names nothing that can be followed.
const NEWEST: usize = 24;

pub(crate) struct Report<'a, W> {
    pub(crate) name: &'a str,
    pub(crate) options: &'a Options,
    pub(crate) plan: &'a Plan,
    pub(crate) workload: &'a (dyn Fn() -> W + Sync),
}

impl<W: Workload> Report<'_, W> {
    /// Tells of all runs that failed, and of the only one if it is to be seen.
    pub(crate) fn failures(&self, sum: &Sum) -> Result<(), std::io::Error> {
        for (index, outcome) in sum.bad.iter().enumerate() {
            if index < WHOLE {
                let whole = self.whole(outcome)?;
                self.told(&whole)?;
            } else {
                println!("seed {} breaks a promise: {}", outcome.seed, promise(outcome));
            }
            if index == 0 && !self.options.no_shrink {
                self.shrunk(outcome)?;
            }
        }
        for seed in &sum.unsteady {
            println!("seed {seed}: a second run was another: something in it is not decided by the seed");
        }
        if let (Some(seed), true) = (self.options.seed, sum.bad.is_empty()) {
            self.seen(seed)?;
        }
        Ok(())
    }

    /// The same run with everything that happened in it.
    fn whole(&self, outcome: &Outcome) -> Result<Outcome, std::io::Error> {
        let plan = Plan { keeps_all: true, ..self.options.plan(self.plan, outcome.seed) };
        let whole = run(&plan, &(self.workload)())?;
        // One that is not decided by its seed does not fail again, perhaps.
        Ok(if whole.failures.is_empty() { outcome.clone() } else { whole })
    }

    fn seen(&self, seed: u64) -> Result<(), std::io::Error> {
        if !self.options.trace && self.options.html.is_none() {
            return Ok(());
        }
        let plan = Plan { keeps_all: true, ..self.options.plan(self.plan, seed) };
        let outcome = run(&plan, &(self.workload)())?;
        if self.options.trace {
            println!("{}", timeline::text(&outcome));
        }
        self.page(&outcome, &plan.only, "")
    }

    fn told(&self, outcome: &Outcome) -> Result<(), std::io::Error> {
        let plan = self.options.plan(self.plan, outcome.seed);
        let only = plan.only.clone();
        println!("seed {} breaks a promise", outcome.seed);
        for failure in &outcome.failures {
            println!("  {}", failure.what);
            failure.rows.iter().for_each(|row| println!("    {row}"));
            if !failure.line.is_empty() {
                println!("    what happened to it, in true time:");
                failure.line.iter().for_each(|line| println!("      {line}"));
            }
        }
        if self.options.trace {
            println!("{}", timeline::text(outcome));
        } else if outcome.failures.iter().all(|failure| failure.line.is_empty()) {
            println!("  the last that happened:");
            let skipped = outcome.journal.len().saturating_sub(NEWEST);
            outcome.journal.iter().skip(skipped).for_each(|entry| println!("    {entry}"));
        }
        println!("  again: {}", self.options.replay(self.name, &plan, &only));
        self.page(outcome, &only, "")
    }

    fn shrunk(&self, failed: &Outcome) -> Result<(), std::io::Error> {
        let plan = self.options.plan(self.plan, failed.seed);
        let is_seen = stderr().is_terminal();
        let mut tell = |now: Shrinking| {
            if is_seen {
                progress::write(&format!("run {}: {} faults, {} acts", now.runs, now.faults, now.acts));
            }
        };
        let shrunk = shrink(&plan, failed, self.workload, self.options.shrink_runs, &mut tell)?;
        if is_seen {
            progress::write("");
        }
        self.smaller(failed, &shrunk)
    }

    fn smaller(&self, failed: &Outcome, shrunk: &Shrunk) -> Result<(), std::io::Error> {
        let (left, all) = (&shrunk.outcome, failed);
        let plan = self.options.plan(self.plan, failed.seed);
        let end =
            if shrunk.is_least { "and nothing of it can be left out" } else { "and the runs are used up" };
        println!(
            "  smaller, by {} runs: {} of {} faults and {} of {} acts break it as well, {end}",
            shrunk.runs,
            left.planned_faults.len(),
            all.planned_faults.len(),
            left.planned_acts.len(),
            all.planned_acts.len()
        );
        left.planned_faults.iter().chain(&left.planned_acts).for_each(|(_, line)| println!("    {line}"));
        for failure in left.failures.iter().take(1) {
            println!("    {}", failure.what);
            failure.rows.iter().for_each(|row| println!("      {row}"));
            failure.line.iter().for_each(|line| println!("      {line}"));
        }
        println!("  that alone: {}", self.options.replay(self.name, &plan, &shrunk.only));
        self.page(left, &shrunk.only, "-smaller")
    }

    /// Writes the page of a run, if one is wanted.
    fn page(&self, outcome: &Outcome, only: &Selection, mark: &str) -> Result<(), std::io::Error> {
        let Some(path) = &self.options.html else { return Ok(()) };
        let is_file = self.options.seed.is_some() && path.extension().is_some_and(|end| end == "html");
        let file =
            if is_file { marked(path, mark) } else { path.join(format!("seed-{}{mark}.html", outcome.seed)) };
        let plan = self.options.plan(self.plan, outcome.seed);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&file, timeline::page(outcome, &self.options.replay(self.name, &plan, only)))?;
        println!("  as a page: {}", file.display());
        Ok(())
    }
}

/// The same file with `mark` before its end.
fn marked(path: &Path, mark: &str) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{stem}{mark}.html"))
}

fn promise(outcome: &Outcome) -> &str {
    outcome.failures.first().map_or("", |failure| &failure.what)
}
