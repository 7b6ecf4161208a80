//! One run: the world is made, the fleet begins, faults rage, everything is healed, and the end is judged.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use tradewind_chassis::Service;
use tradewind_chassis::settings::SettingsSource;

use crate::faults::{Faults, Nemesis, undertake};
use crate::world::World;

/// How long, in the time of the run, the end may take after the last fault.
const END_LIMIT: Duration = Duration::from_secs(600);

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The services of the fleet, in the order in which they begin.
    pub services: fn() -> Vec<Service>,
    /// Their settings.
    pub settings: SettingsSource,
    /// What decides everything that is drawn.
    pub seed: u64,
    /// How long there are faults, in the time of the run.
    pub length: Duration,
    /// How many.
    pub faults: Faults,
    /// Whether [`Outcome::lines`] has everything that happened, or only the newest.
    pub keeps_all: bool,
}

/// A part of a run: everything of it is on one thread.
pub type Step<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Users of the fleet, and what they expect of it.
pub trait Workload: Send + Sync {
    /// The names of its clients, from which the network can be parted like any process.
    fn clients(&self) -> Vec<String>;

    /// Fills the fleet before anything goes wrong.
    fn prepare<'a>(&'a self, world: &'a World) -> Step<'a, Result<(), String>>;

    /// Uses the fleet while there are faults, for `length`. Fails when it sees what must never be visible.
    fn play<'a>(&'a self, world: &'a World, length: Duration) -> Step<'a, Vec<Failure>>;

    /// Waits for the end of everything that was begun, and judges it; nothing goes wrong meanwhile.
    fn judge<'a>(&'a self, world: &'a World) -> Step<'a, Vec<Failure>>;

    /// What there was of it, for who reads the outcome.
    fn figures(&self) -> BTreeMap<&'static str, u64>;
}

/// A promise that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The promise.
    pub what: String,
    /// What shows that.
    pub rows: Vec<String>,
}

impl Failure {
    /// A promise with what shows that it did not hold.
    pub fn new(what: impl Into<String>, rows: Vec<String>) -> Self {
        Self { what: what.into(), rows }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The seed that gives it again.
    pub seed: u64,
    /// A digest of everything that happened: the same for the same seed and program.
    pub trace: String,
    /// How many things happened.
    pub entries: u64,
    /// How long it took, in the time of the run.
    pub simulated: Duration,
    /// How many faults there were, by kind.
    pub faults: BTreeMap<&'static str, u32>,
    /// What the users did.
    pub figures: BTreeMap<&'static str, u64>,
    /// What did not hold: empty when all is well.
    pub failures: Vec<Failure>,
    /// What happened, as text.
    pub lines: Vec<String>,
}

/// Runs `plan` with `workload` on this thread.
///
/// # Errors
/// When no runtime can be made. What goes wrong in the run is in the outcome.
pub fn run(plan: &Plan, workload: &dyn Workload) -> Result<Outcome, std::io::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(course(plan, workload)))
}

async fn course(plan: &Plan, workload: &dyn Workload) -> Outcome {
    let world = World::new(plan.seed, plan.services, plan.settings.clone(), plan.keeps_all);
    let mut nemesis = Nemesis::new(&world, plan.faults, &workload.clients());
    let failures = match phases(&world, plan, workload, &mut nemesis).await {
        Ok(failures) => failures,
        Err(message) => vec![Failure::new(message, Vec::new())],
    };
    for service in world.services() {
        world.end(&service);
    }
    world.net().scope().kill();
    let (trace, entries) = world.net().journal().digest();
    Outcome {
        seed: plan.seed,
        trace,
        entries,
        simulated: world.clock().monotonic(),
        faults: nemesis.counts,
        figures: workload.figures(),
        failures,
        lines: world.net().journal().lines(),
    }
}

async fn phases(
    world: &World,
    plan: &Plan,
    workload: &dyn Workload,
    nemesis: &mut Nemesis,
) -> Result<Vec<Failure>, String> {
    for service in (plan.services)() {
        world.begin(&service.description().name).await?;
    }
    workload.prepare(world).await.map_err(|error| format!("the fleet could not be filled: {error}"))?;
    world.note("faults begin");
    world.spawn("undertaker", undertake(world.clone(), plan.faults.lasts));
    let raging = async {
        nemesis.rage(plan.length).await;
        world.spare_all();
    };
    let (mut failures, ()) = tokio::join!(workload.play(world, plan.length), raging);
    // Whatever still lasts ends by itself; nothing new begins.
    world.sleep(plan.faults.lasts).await;
    world.net().heal();
    world.note("faults are over");
    for service in world.services() {
        if !world.is_up(&service) {
            world.end(&service);
            world.begin(&service).await?;
        }
    }
    match world.clock().timeout(END_LIMIT, workload.judge(world)).await {
        Ok(found) => failures.extend(found),
        Err(_) => failures.push(Failure::new("everything ends once nothing goes wrong", Vec::new())),
    }
    Ok(failures)
}
