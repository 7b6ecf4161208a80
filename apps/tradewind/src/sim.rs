//! `tradewind sim`: the fleet in one thread and in virtual time, under faults that seeds decide.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tradewind_fleet::{Shop, services};
use tradewind_kernel::Clock;
use tradewind_sim::{Faults, Outcome, Plan};

use crate::arguments::Sim;

/// The newest lines shown of a run that failed.
const SHOWN: usize = 24;

/// What all runs came to together.
#[derive(Default)]
struct Sum {
    runs: u64,
    repeated: u64,
    simulated: Duration,
    faults: BTreeMap<&'static str, u64>,
    figures: BTreeMap<&'static str, u64>,
    least: BTreeMap<&'static str, u64>,
    bad: Vec<Outcome>,
    /// Seeds whose second run was another.
    unsteady: Vec<u64>,
}

pub(crate) fn run(options: &Sim) -> Result<ExitCode, String> {
    let (first, count) = match options.seed {
        Some(seed) => (seed, 1),
        None => (options.from, options.seeds),
    };
    let clock = Clock::system();
    let sum = all(options, first, count)?;
    let seconds = clock.monotonic().as_secs_f64();
    if options.trace {
        for outcome in &sum.bad {
            outcome.lines.iter().for_each(|line| println!("{line}"));
        }
    }
    sum.tell(options, seconds);
    Ok(if sum.bad.is_empty() && sum.unsteady.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs all seeds on as many threads as there are cores, and stops at the first that fails.
fn all(options: &Sim, first: u64, count: u64) -> Result<Sum, String> {
    let (next, sum, failed) = (AtomicU64::new(0), Mutex::new(Sum::default()), Mutex::new(None));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(usize::try_from(count).unwrap_or(cores));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count || (!options.keep_going && sum_of(&sum).has_failed()) {
                return;
            }
            match one(options, first.wrapping_add(number), number) {
                Ok((outcome, is_steady)) => sum_of(&sum).add(outcome, is_steady, options.trace),
                Err(message) => {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(message) => Err(message),
        None => Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn sum_of(sum: &Mutex<Sum>) -> std::sync::MutexGuard<'_, Sum> {
    sum.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The outcome of a seed, and whether a second run was the same, where one was asked for.
fn one(options: &Sim, seed: u64, number: u64) -> Result<(Outcome, Option<bool>), String> {
    let faults = if options.no_faults { Faults::none() } else { Faults::default() };
    let length = Duration::from_secs(options.seconds);
    let plan = Plan { faults, length, keeps_all: options.trace, ..Plan::new(services, seed) };
    let once = || tradewind_sim::run(&plan, &Shop::new()).map_err(|error| error.to_string());
    let outcome = once()?;
    if options.repeat == 0 || !number.is_multiple_of(options.repeat) {
        return Ok((outcome, None));
    }
    let again = once()?;
    let is_same = again.trace == outcome.trace;
    Ok((outcome, Some(is_same)))
}

impl Sum {
    fn has_failed(&self) -> bool {
        !self.bad.is_empty() || !self.unsteady.is_empty()
    }

    fn add(&mut self, outcome: Outcome, is_steady: Option<bool>, keeps: bool) {
        self.runs += 1;
        self.simulated += outcome.simulated;
        for (kind, count) in &outcome.faults {
            *self.faults.entry(kind).or_default() += u64::from(*count);
        }
        let all: u64 = outcome.faults.values().map(|count| u64::from(*count)).sum();
        for (what, count) in outcome.figures.iter().chain([(&"faults", &all)]) {
            *self.figures.entry(what).or_default() += count;
            let least = self.least.entry(what).or_insert(u64::MAX);
            *least = (*least).min(*count);
        }
        if let Some(is_steady) = is_steady {
            self.repeated += 1;
            if !is_steady {
                self.unsteady.push(outcome.seed);
            }
        }
        if keeps || !outcome.failures.is_empty() {
            self.bad.push(outcome);
        }
    }

    fn tell(&self, options: &Sim, seconds: f64) {
        for outcome in self.bad.iter().filter(|outcome| !outcome.failures.is_empty()) {
            told(outcome, options);
        }
        for seed in &self.unsteady {
            println!("seed {seed}: a second run was another: something in it is not decided by the seed");
        }
        println!("{} runs, {:.0} s simulated in {seconds:.1} s", self.runs, self.simulated.as_secs_f64());
        println!("{:<28} {:.0}", "times real time", self.simulated.as_secs_f64() / seconds);
        for (what, count) in &self.figures {
            let least = self.least.get(what).copied().unwrap_or_default();
            println!("{what:<28} {count}, at least {least} in a run");
        }
        for (kind, count) in &self.faults {
            println!("  {kind:<26} {count}");
        }
        println!(
            "{:<28} {} of {}",
            "runs repeated alike",
            self.repeated - self.unsteady.len() as u64,
            self.repeated
        );
    }
}

fn told(outcome: &Outcome, options: &Sim) {
    println!("seed {} breaks a promise:", outcome.seed);
    for failure in &outcome.failures {
        println!("  {}", failure.what);
        failure.rows.iter().for_each(|row| println!("    {row}"));
    }
    if !options.trace {
        println!("  the last that happened:");
        let skipped = outcome.lines.len().saturating_sub(SHOWN);
        outcome.lines.iter().skip(skipped).for_each(|line| println!("    {line}"));
    }
    println!(
        "  again, with everything: tradewind sim --seed {} --seconds {} --trace",
        outcome.seed, options.seconds
    );
}
