//! One run: the world is made, the fleet begins, faults rage, everything is healed, and the end is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use tradewind_chassis::Service;
use tradewind_chassis::settings::{SettingsError, SettingsSource};
use tradewind_kernel::Entropy;

use crate::draw::{Faults, Targets, draw};
use crate::failure::Failure;
use crate::fault::Fault;
use crate::journal::{Entry, What};
use crate::life;
use crate::line::line;
use crate::nemesis::{rage, settle, undertake};
use crate::passes::Passes;
use crate::script::{Planned, Selection};
use crate::world::World;

/// How long, in the time of the run, the end may take after the last fault.
const END_LIMIT: Duration = Duration::from_secs(600);

/// Of how many failures of a run the line is told.
const LINES: usize = 4;

/// The setting by which a simulated fleet passes its events by the broker instead of the feed.
const BY_BROKER: &str = "broker.url=amqp://simulated:simulated@broker";

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
    /// Whether events pass by a broker, which has faults of its own, instead of the feed; when absent the seed decides.
    pub by_broker: Option<bool>,
    /// How many processes a service has at most; each seed draws for each service, and most have one.
    pub most_replicas: u32,
    /// Which acts and faults of the script are played.
    pub only: Selection,
    /// Whether [`Outcome::journal`] has everything that happened, or only the newest.
    pub keeps_all: bool,
}

impl Plan {
    /// A minute of the usual faults, for whatever the services are by default.
    #[must_use]
    pub fn new(services: fn() -> Vec<Service>, seed: u64) -> Self {
        Self {
            services,
            settings: SettingsSource::new(),
            seed,
            length: Duration::from_secs(60),
            faults: Faults::default(),
            by_broker: None,
            most_replicas: 2,
            only: Selection::default(),
            keeps_all: false,
        }
    }
}

/// A part of a run: everything of it is on one thread.
pub type Step<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Users of the fleet, and what they expect of it.
pub trait Workload {
    /// One thing that a client does.
    type Act: fmt::Display;

    /// Fills the fleet before anything goes wrong.
    fn prepare<'a>(&'a self, world: &'a World) -> Step<'a, Result<(), String>>;

    /// Plans what clients do while there are faults, for `length`; the run numbers it. What an act draws later, it draws
    /// from a fork of its own, such as `world.entropy("act 7")`.
    fn draw(&self, dice: &Entropy, length: Duration) -> Vec<Planned<Self::Act>>;

    /// Does one thing. Fails when that shows what must never be visible. Each client does one thing after the other: one
    /// that takes long makes the next late.
    fn act<'a>(&'a self, world: &'a World, act: &'a Planned<Self::Act>) -> Step<'a, Vec<Failure>>;

    /// Waits for the end of everything that was begun, and judges it; nothing goes wrong meanwhile.
    fn judge<'a>(&'a self, world: &'a World) -> Step<'a, Vec<Failure>>;

    /// What there was of it, for who reads the outcome.
    fn figures(&self) -> BTreeMap<&'static str, u64>;

    /// The figures that say how much was examined. In one run some of them may be nothing; a campaign of 100 runs or more
    /// in which one of them was nothing in all fails, because what nobody examined was not shown.
    fn examines(&self) -> Vec<&'static str> {
        Vec::new()
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
    /// How many faults had an effect, by kind.
    pub faults: BTreeMap<&'static str, u32>,
    /// What happened at each fault point; empty in builds in which passing one is nothing.
    pub points: BTreeMap<&'static str, Passes>,
    /// What the users did.
    pub figures: BTreeMap<&'static str, u64>,
    /// What was played of the faults of the script, as number and text.
    pub planned_faults: Vec<(u32, String)>,
    /// The same of the acts.
    pub planned_acts: Vec<(u32, String)>,
    /// What did not hold: empty when all is well.
    pub failures: Vec<Failure>,
    /// What happened: all of it, or the newest. Each is a line of text.
    pub journal: Vec<Entry>,
}

/// Runs `plan` with `workload` on this thread.
///
/// # Errors
/// When no runtime can be made. What goes wrong in the run is in the outcome.
pub fn run<W: Workload>(plan: &Plan, workload: &W) -> Result<Outcome, std::io::Error> {
    let plan = plan.clone().decided().map_err(std::io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    // A panic of a workload must not take the other runs of a campaign along.
    let running = AssertUnwindSafe(|| runtime.block_on(course(&plan, workload)));
    Ok(catch_unwind(running).unwrap_or_else(|_| panicked(plan.seed)))
}

fn panicked(seed: u64) -> Outcome {
    let failure = Failure::new("a run ends without a panic", vec!["see what was said above".to_owned()]);
    Outcome {
        seed,
        trace: "panicked".to_owned(),
        entries: 0,
        simulated: Duration::ZERO,
        faults: BTreeMap::new(),
        points: BTreeMap::new(),
        figures: BTreeMap::new(),
        planned_faults: Vec::new(),
        planned_acts: Vec::new(),
        failures: vec![failure],
        journal: Vec::new(),
    }
}

impl Plan {
    /// The same plan, with what the seed decides about it.
    fn decided(mut self) -> Result<Self, SettingsError> {
        let drawn = || Entropy::seeded(self.seed).fork("by broker").below(2) == 0;
        let by_broker = self.by_broker.unwrap_or_else(drawn);
        if by_broker {
            self.settings = self.settings.overrides(&[BY_BROKER.to_owned()])?;
        }
        self.by_broker = Some(by_broker);
        Ok(self)
    }

    fn has_broker(&self) -> bool {
        self.by_broker == Some(true)
    }
}

/// What is played.
struct Script<A> {
    acts: Vec<Planned<A>>,
    faults: Vec<Planned<Fault>>,
}

impl<A: fmt::Display> Script<A> {
    fn new<W: Workload<Act = A>>(world: &World, plan: &Plan, workload: &W) -> Self {
        let mut acts = workload.draw(&world.entropy("acts"), plan.length);
        Planned::number(&mut acts);
        let clients: BTreeSet<String> = acts.iter().map(|act| act.by.clone()).collect();
        let targets = Targets {
            services: world.services(),
            nodes: world.nodes(),
            clients: clients.into_iter().collect(),
            points: life::points(plan.has_broker()),
            has_broker: plan.has_broker(),
        };
        let mut faults = draw(&world.entropy("faults"), plan.faults, &targets, plan.length);
        Selection::keep(plan.only.acts.as_ref(), &mut acts);
        Selection::keep(plan.only.faults.as_ref(), &mut faults);
        Self { acts, faults }
    }
}

fn told<T: fmt::Display>(planned: &[Planned<T>]) -> Vec<(u32, String)> {
    planned.iter().map(|each| (each.number, each.to_string())).collect()
}

async fn course<W: Workload>(plan: &Plan, workload: &W) -> Outcome {
    life::count_points();
    let fleet = (plan.services, plan.settings.clone());
    let world = World::new(plan.seed, fleet, plan.most_replicas.max(1), plan.keeps_all);
    let script = Script::new(&world, plan, workload);
    let (planned_faults, planned_acts) = (told(&script.faults), told(&script.acts));
    let mut failures = match phases(&world, plan.length, workload, script).await {
        Ok(failures) => failures,
        Err(message) => vec![Failure::new(message, Vec::new())],
    };
    if plan.keeps_all {
        failures.iter_mut().take(LINES).for_each(|failure| failure.line = line(&world, failure));
    }
    for node in world.nodes() {
        world.end(&node);
    }
    world.net().scope().kill();
    let (trace, entries) = world.net().journal().digest();
    Outcome {
        seed: plan.seed,
        trace,
        entries,
        simulated: world.clock().monotonic(),
        faults: world.faults_felt(),
        points: life::passes(),
        figures: workload.figures(),
        planned_faults,
        planned_acts,
        failures,
        journal: world.net().journal().entries(),
    }
}

async fn phases<W: Workload>(
    world: &World,
    length: Duration,
    workload: &W,
    script: Script<W::Act>,
) -> Result<Vec<Failure>, String> {
    for node in world.nodes() {
        world.begin(&node).await?;
    }
    workload.prepare(world).await.map_err(|error| format!("the fleet could not be filled: {error}"))?;
    world.note("faults begin");
    world.spawn("undertaker", undertake(world.clone()));
    let raging = async {
        rage(world, script.faults, length).await;
        // Whatever still lasts is over now, and nothing new begins.
        world.spare_all();
    };
    let (mut failures, ()) = tokio::join!(play(world, workload, script.acts), raging);
    settle(world).await?;
    match world.clock().timeout(END_LIMIT, workload.judge(world)).await {
        Ok(found) => failures.extend(seen(world, found)),
        Err(_) => failures.push(Failure::new("everything ends once nothing goes wrong", Vec::new())),
    }
    Ok(failures)
}

/// Writes down what was seen, where it was seen.
fn seen(world: &World, failures: Vec<Failure>) -> Vec<Failure> {
    for failure in &failures {
        world.net().journal().enter(What::Broken(failure.what.clone()));
    }
    failures
}

/// All clients at the same time; each does one thing after the other.
async fn play<W: Workload>(world: &World, workload: &W, acts: Vec<Planned<W::Act>>) -> Vec<Failure> {
    let mut clients: BTreeMap<String, Vec<Planned<W::Act>>> = BTreeMap::new();
    for act in acts {
        clients.entry(act.by.clone()).or_default().push(act);
    }
    let begun = world.clock().monotonic();
    let sequences = clients.into_values().map(|acts| async move {
        let mut failures = Vec::new();
        for act in acts {
            let passed = world.clock().monotonic() - begun;
            world.sleep(act.at.saturating_sub(passed)).await;
            world.net().journal().enter(What::Act {
                number: act.number,
                node: act.by.as_str().into(),
                text: act.what.to_string(),
            });
            failures.extend(seen(world, workload.act(world, &act).await));
        }
        failures
    });
    join_all(sequences).await.into_iter().flatten().collect()
}
