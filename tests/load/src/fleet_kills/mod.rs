//! Ending the processes of a fleet, and its servers, one after the other under load that never stops.

mod plan;
mod progress;
mod record;
mod strike;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tradewind_kernel::Entropy;

use crate::arguments;
use crate::figures::Figures;
use crate::folder::Folder;
use crate::process;
use crate::rig::Rig;
use crate::setup::{Broker, Engine, Setup};
use plan::{Blow, Settle, Target};
use progress::Progress;
use record::Record;

/// Clients that place orders at the same time.
const WORKERS: u32 = 16;

/// How long each of them rests after an order: 32 orders a second at most, half of what two cores carry with a process
/// for each service, so that what gathers while something is away is worked off after its return.
const REST: Duration = Duration::from_millis(500);

/// Of a hundred messages, how many come twice and how many out of their order.
const DISTURBANCE: &str = "redeliver:5,reorder:2";

#[derive(Debug, Clone)]
pub(crate) struct Options {
    setup: Setup,
    kills: u32,
    acknowledged: u32,
    seed: u64,
    verify: bool,
    targets: Vec<String>,
    writes_per_target: u32,
    events_per_target: u32,
    disturb: bool,
}

impl Options {
    pub(crate) fn new(arguments: arguments::KillLoop, seed: u64) -> Self {
        let arguments::FleetKills { targets, writes_per_target, events_per_target, disturb } =
            arguments.fleet;
        Self {
            setup: arguments.setup,
            kills: arguments.kills,
            acknowledged: arguments.acknowledged,
            seed,
            verify: !arguments.no_verify,
            targets,
            writes_per_target,
            events_per_target,
            disturb,
        }
    }
}

/// A run under way.
struct Siege {
    rig: Rig,
    options: Options,
    /// Where a process learns at which point it ends.
    faults: PathBuf,
    record: Record,
    /// When the latest kill was.
    last: Instant,
}

pub(crate) async fn run(binary: &Path, folder: &Folder, options: Options) -> Result<Figures, String> {
    let points = process::fault_points(binary)?;
    describe(&points, &options)?;
    let faults = folder.part("faults");
    std::fs::create_dir_all(&faults).map_err(|error| format!("{}: {error}", faults.display()))?;
    let mut environment = Vec::new();
    if !points.is_empty() {
        environment.push(("TRADEWIND_FAULT".to_owned(), format!("in:{}", faults.display())));
    }
    if options.disturb {
        environment.push(("TRADEWIND_DISTURB".to_owned(), DISTURBANCE.to_owned()));
    }
    let rig = Rig::start(binary, folder, &options.setup, environment, REST).await?;
    let targets = targets(&rig, &options)?;
    let plan = plan::plan(&Entropy::seeded(options.seed), options.kills, &targets, &points);
    let record = Record::new(&plan);
    let mut siege = Siege { rig, options, faults, record, last: Instant::now() };
    let mut figures = Figures::default();
    let outcome = siege.blows(&plan).await;
    siege.record.report(&siege.options, &mut figures);
    if let Err(message) = outcome {
        // What went wrong is a finding, not a failure of this tool; what is left is judged all the same.
        figures.failure("every_kill", &message);
    }
    siege.peace(&mut figures).await?;
    siege.rig.end(folder, &mut figures).await?;
    Ok(figures)
}

fn describe(points: &[String], options: &Options) -> Result<(), String> {
    let Options { setup, kills, seed, .. } = options;
    println!("kill-loop: {setup}; {kills} kills of every process in turn, {WORKERS} workers, --seed {seed}");
    if points.is_empty() {
        println!(
            "only from outside: these binaries have no fault points (build them with --features fault-points)"
        );
    }
    if !options.disturb {
        return Ok(());
    }
    if points.is_empty() || setup.broker == Broker::Feed {
        return Err("--disturb needs a build with fault points, and --broker rabbitmq".to_owned());
    }
    println!("messages are disturbed: {DISTURBANCE}, in percent");
    Ok(())
}

/// Every process of the fleet, and the servers; or those that were named.
fn targets(rig: &Rig, options: &Options) -> Result<Vec<Target>, String> {
    let mut targets: Vec<Target> = Vec::new();
    for part in rig.fleet.parts()? {
        targets.push(Target::Part { label: part.label(), service: part.service().to_owned() });
    }
    if options.setup.engine == Engine::Postgres {
        targets.push(Target::Postgres);
    }
    if options.setup.broker == Broker::Rabbitmq {
        targets.push(Target::Rabbitmq);
    }
    let names: Vec<String> = targets.iter().map(|target| target.name().to_owned()).collect();
    if let Some(unknown) = options.targets.iter().find(|name| !names.contains(name)) {
        return Err(format!("--targets {unknown}: there is no such target; there are {}", names.join(", ")));
    }
    targets.retain(|target| {
        options.targets.is_empty() || options.targets.iter().any(|name| name == target.name())
    });
    Ok(targets)
}

impl Siege {
    /// All kills, while clients place orders without a break.
    async fn blows(&mut self, plan: &[Blow]) -> Result<(), String> {
        let (book, clients, stop) =
            (self.rig.fleet.book.clone(), self.rig.clients.clone(), AtomicBool::new(false));
        // Answers that are no result are counted, and clients come back more slowly after them.
        clients.set_away(true);
        let kills = async {
            let outcome = self.strike_all(plan).await;
            stop.store(true, Ordering::Relaxed);
            outcome
        };
        let (placed, struck) = tokio::join!(clients.place_until(&book, WORKERS, &stop), kills);
        clients.set_away(false);
        placed.and(struck)
    }

    async fn strike_all(&mut self, plan: &[Blow]) -> Result<(), String> {
        let quotas = self.quotas(plan);
        for (number, blow) in plan.iter().enumerate() {
            let (acknowledged, events) = quotas.get(blow.target.name()).copied().unwrap_or_default();
            let struck = async {
                let since = self.progress().await?;
                let now = self.await_progress(since, acknowledged, events).await?;
                let kill = self.strike(blow).await?;
                self.last = Instant::now();
                self.record.add(blow, kill, now - since);
                self.settle(blow).await
            };
            let name = blow.target.name();
            struck.await.map_err(|error| format!("kill {} ({name}): {error}", number + 1))?;
        }
        Ok(())
    }

    /// Orders and events that have to come before each kill, by target, so that all kills of one have enough.
    fn quotas(&self, plan: &[Blow]) -> BTreeMap<String, (u32, u32)> {
        let mut kills: BTreeMap<&str, u32> = BTreeMap::new();
        for blow in plan {
            *kills.entry(blow.target.name()).or_default() += 1;
        }
        let Options { acknowledged, writes_per_target, events_per_target, .. } = &self.options;
        let quota = |(name, kills): (&str, u32)| {
            let writes = writes_per_target.div_ceil(kills).max(*acknowledged);
            (name.to_owned(), (writes, events_per_target.div_ceil(kills)))
        };
        kills.into_iter().map(quota).collect()
    }

    /// What is left when nobody disturbs any more.
    async fn peace(&mut self, figures: &mut Figures) -> Result<(), String> {
        let labels: Vec<String> = self.record.names_of_parts().map(str::to_owned).collect();
        for label in labels {
            self.rig.ready_part(&label).await?;
        }
        self.rig.rested(self.last, figures).await?;
        self.rig.judge(self.record.kills_of_parts(), figures).await?;
        for (answer, count) in self.rig.clients.faults() {
            figures.note(&format!("answers: {answer}"), f64::from(count));
        }
        if self.options.verify { self.rig.verify(figures) } else { Ok(()) }
    }
}
