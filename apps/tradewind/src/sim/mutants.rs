//! `tradewind sim --mutants`: plants mistakes, one at a time, and runs seeds until the simulation notices.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Parser;
use tradewind_fleet::{Shop, mutants};
use tradewind_kernel::{Catcher, Clock, Mutant};
use tradewind_sim::{Outcome, Plan};

/// Runs under one mutant, or under none, with seeds from 1 on.
struct Hunt {
    mutant: Option<Mutant>,
    /// The next seed.
    next: u64,
    /// The last seed.
    last: u64,
    /// The least seed that noticed, and the promise that it found broken.
    caught: Option<(u64, String)>,
}

impl Hunt {
    fn new(mutant: Option<Mutant>, last: u64) -> Self {
        Self { mutant, next: 1, last, caught: None }
    }

    /// The next seed, unless one before it has noticed.
    fn take(&mut self) -> Option<u64> {
        let last = self.caught.as_ref().map_or(self.last, |(seed, _)| *seed);
        let seed = self.next;
        (seed <= last).then(|| {
            self.next += 1;
            seed
        })
    }

    fn saw(&mut self, outcome: &Outcome) {
        if outcome.failures.is_empty() {
            return;
        }
        if self.caught.as_ref().is_none_or(|(seed, _)| outcome.seed < *seed) {
            self.caught = Some((outcome.seed, promise(outcome)));
        }
    }
}

/// What `--mutants` and `--mutant` take.
#[derive(Debug, Parser)]
#[command(name = "tradewind sim")]
struct Options {
    /// Plant mistakes, one at a time, run seeds from 1 on until each is noticed, and print the table of docs/mutants.md
    #[arg(long)]
    mutants: bool,
    /// Only this mistake
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
    /// How many seeds before it counts as missed
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000)]
    seeds: u64,
    /// How long there are faults, in the time of a run
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    seconds: u64,
}

/// The campaign, or usual runs with one mutant; nothing when neither is asked for.
pub(super) fn run(arguments: &[OsString], plan: &Plan) -> Option<Result<ExitCode, String>> {
    let asks = |what: &str| arguments.iter().any(|argument| argument == what);
    if asks("--mutants") {
        let words = std::iter::once(OsString::from("tradewind sim")).chain(arguments.iter().cloned());
        let options = Options::try_parse_from(words);
        return Some(options.map_or_else(|error| error.exit(), |options| campaign(&options, plan)));
    }
    let at = arguments.iter().position(|argument| argument == "--mutant")?;
    let name = arguments.get(at + 1).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let others = [&arguments[..at], arguments.get(at + 2..).unwrap_or_default()].concat();
    Some(named(&name).map(|mutant| {
        // On whichever thread a run is about to begin, and for good: all runs of this program have it.
        let workload = || {
            std::mem::forget(mutant.plant());
            Shop::new()
        };
        tradewind_campaign::command("tradewind sim", others, plan, workload)
    }))
}

fn campaign(options: &Options, plan: &Plan) -> Result<ExitCode, String> {
    let clock = Clock::system();
    let plan = Plan { length: Duration::from_secs(options.seconds), ..plan.clone() };
    let wanted: Vec<Mutant> = match &options.mutant {
        Some(name) => vec![named(name)?],
        None => mutants(),
    };
    let simulated = wanted.iter().filter(|mutant| mutant.catcher() == Catcher::Simulation);
    let hunts = all(&plan, simulated.map(|mutant| Hunt::new(Some(*mutant), options.seeds)).collect())?;
    let missed = hunts.iter().filter(|hunt| hunt.caught.is_none()).count();
    let most = hunts.iter().filter_map(|hunt| Some(hunt.caught.as_ref()?.0)).max().unwrap_or(options.seeds);
    let clean = all(&plan, vec![Hunt::new(None, most)])?;
    print!("{}", table(&hunts));
    println!("\n{}", sum(&hunts));
    let alarm = clean.iter().find_map(|hunt| hunt.caught.clone());
    match &alarm {
        None => println!("Without a mutant the seeds 1 to {most} raise no alarm."),
        Some((seed, promise)) => {
            println!("FALSE ALARM: without a mutant seed {seed} finds broken: {promise}.");
        }
    }
    eprintln!("{:.0} s", clock.monotonic().as_secs_f64());
    Ok(if missed == 0 && alarm.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The mutant of that name.
fn named(name: &str) -> Result<Mutant, String> {
    let found = mutants().into_iter().find(|mutant| mutant.name() == name);
    found.ok_or_else(|| format!("there is no mutant {name}; docs/mutants.md lists them"))
}

/// Goes on with all hunts, on as many threads as there are cores, until each has ended.
fn all(plan: &Plan, hunts: Vec<Hunt>) -> Result<Vec<Hunt>, String> {
    let (hunts, failed) = (Mutex::new(hunts), Mutex::new(None));
    let work = || {
        loop {
            let next = hunts_of(&hunts)
                .iter_mut()
                .enumerate()
                .find_map(|(at, hunt)| Some((at, hunt.mutant, hunt.take()?)));
            let Some((at, mutant, seed)) = next else { return };
            match simulated(plan, mutant, seed) {
                Ok(outcome) => tell(&mut hunts_of(&hunts)[at], &outcome),
                Err(message) => {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(message) => Err(message),
        None => Ok(hunts.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn hunts_of(hunts: &Mutex<Vec<Hunt>>) -> MutexGuard<'_, Vec<Hunt>> {
    hunts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A whole run is one thread, so that what is planted here is planted in all of it.
fn simulated(plan: &Plan, mutant: Option<Mutant>, seed: u64) -> Result<Outcome, String> {
    let _planted = mutant.map(Mutant::plant);
    let plan = Plan { seed, ..plan.clone() };
    tradewind_sim::run(&plan, &Shop::new()).map_err(|error| error.to_string())
}

/// Keeps what a run found, and says so to whoever waits.
fn tell(hunt: &mut Hunt, outcome: &Outcome) {
    hunt.saw(outcome);
    let name = hunt.mutant.map_or("no mutant", Mutant::name);
    if let Some((seed, promise)) = hunt.caught.as_ref().filter(|(seed, _)| *seed == outcome.seed) {
        eprintln!("{name}: seed {seed}: {promise}");
    } else if outcome.seed.is_multiple_of(100) {
        eprintln!("{name}: {} seeds", outcome.seed);
    }
}

/// The first promise that a run broke, without what an oracle says of it. Oracles that could not judge follow from
/// something else, or say that the fleet did not come to rest.
fn promise(outcome: &Outcome) -> String {
    let could_judge = |what: &&String| !what.contains(" (Busy)") && !what.contains(" (Nothing)");
    let found = outcome.failures.iter().map(|failure| &failure.what).find(could_judge);
    let found = found.map_or("the fleet comes to rest, with something to judge", |what| what);
    found.split(" (").next().unwrap_or(found).to_owned()
}

fn table(hunts: &[Hunt]) -> String {
    let mut text =
        "| mutant | what is wrong | caught by | seeds | promise |\n|---|---|---|---|---|\n".to_owned();
    let mut row = |mutant: Mutant, seeds: &str, promise: &str| {
        let (name, breaks, catcher) = (mutant.name(), mutant.breaks(), mutant.catcher());
        writeln!(text, "| `{name}` | {breaks} | {catcher} | {seeds} | {promise} |").unwrap_or_default();
    };
    for hunt in hunts {
        let Some(mutant) = hunt.mutant else { continue };
        match &hunt.caught {
            Some((seed, promise)) => row(mutant, &seed.to_string(), promise),
            None => row(mutant, &format!("not in {}", hunt.last), "-"),
        }
    }
    text
}

/// How many were caught, and by how many seeds.
fn sum(hunts: &[Hunt]) -> String {
    let mut seeds: Vec<u64> = hunts.iter().filter_map(|hunt| Some(hunt.caught.as_ref()?.0)).collect();
    seeds.sort_unstable();
    let (median, worst) = (seeds.get(seeds.len() / 2), seeds.last());
    let text = |number: Option<&u64>| number.map_or_else(|| "-".to_owned(), u64::to_string);
    let (caught, all) = (seeds.len(), hunts.len());
    format!("Caught {caught} of {all}: median {} seeds, worst {}.", text(median), text(worst))
}
