//! A service that keeps in memory what it should keep on disk, and its users.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::{Definition, Init, NoSettings, Service};
use tradewind_client::Caller;
use tradewind_kernel::{Context, Deadline, Entropy, Principal};
use tradewind_problem::{NOT_FOUND, Problem};
use tradewind_sim::{Failure, Plan, Planned, Step, Workload, World};

/// The act that lights the lamp, and the one that looks at it; all others do nothing that matters.
pub(crate) const LIGHTS: u32 = 5;
pub(crate) const LOOKS: u32 = 33;

/// How many acts there are, one a second.
pub(crate) const ACTS: u32 = 40;

type Lit = Mutex<BTreeSet<String>>;

/// A run of the lamps.
pub(crate) fn plan(seed: u64) -> Plan {
    Plan {
        length: Duration::from_secs(45),
        most_replicas: 1,
        by_broker: Some(false),
        ..Plan::new(services, seed)
    }
}

fn services() -> Vec<Service> {
    let start = |_: &mut Init<NoSettings>| Ok(Lit::default());
    let routes = Routes::new().get("/lamps/{lamp}", show).post("/lamps/{lamp}", light);
    let definition = Definition::new("lamps", "Which lamps are lit.", start);
    vec![definition.public(8000, routes).internal(8100, Routes::new()).build()]
}

async fn show(lit: Arc<Lit>, call: Call) -> Result<Reply, Problem> {
    let lamp: String = call.parameter("lamp")?;
    if lit.lock().unwrap().contains(&lamp) { Reply::ok(&true) } else { Err(Problem::new(&NOT_FOUND)) }
}

async fn light(lit: Arc<Lit>, call: Call) -> Result<Reply, Problem> {
    let lamp: String = call.parameter("lamp")?;
    lit.lock().unwrap().insert(lamp);
    Reply::ok(&true)
}

/// One thing that the user does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Light(u32),
    Look(u32),
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Light(lamp) => write!(f, "lights lamp {lamp}"),
            Self::Look(lamp) => write!(f, "looks at lamp {lamp}"),
        }
    }
}

/// Somebody who lights a lamp, does other things, and looks whether it is still lit.
#[derive(Debug, Default)]
pub(crate) struct User {
    lit: Mutex<BTreeSet<u32>>,
    acts: Mutex<u32>,
}

impl User {
    fn lamps(world: &World, act: &Planned<Act>) -> Caller {
        let clock = world.clock();
        let entropy = world.entropy(&format!("calls of act {}", act.number));
        let context = Context::begin(Principal::Anonymous, clock, &entropy);
        let deadline = Deadline::after(clock, Duration::from_millis(500));
        let peer = world.book(&act.by).peer("lamps:8000");
        Caller::new(peer, context, deadline, clock.clone(), entropy)
    }
}

impl Workload for User {
    type Act = Act;

    fn prepare<'a>(&'a self, _: &'a World) -> Step<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn draw(&self, _: &Entropy, _: Duration) -> Vec<Planned<Act>> {
        let what = |number| match number {
            LIGHTS => Act::Light(1),
            LOOKS => Act::Look(1),
            other => Act::Look(100 + other),
        };
        let at = |number| Duration::from_secs(u64::from(number));
        let act = |number| Planned { number, at: at(number), by: "user".to_owned(), what: what(number) };
        (1..=ACTS).map(act).collect()
    }

    fn act<'a>(&'a self, world: &'a World, act: &'a Planned<Act>) -> Step<'a, Vec<Failure>> {
        Box::pin(async move {
            *self.acts.lock().unwrap() += 1;
            let lamps = Self::lamps(world, act);
            match act.what {
                Act::Light(lamp) => {
                    if lamps.post::<bool>(&format!("/lamps/{lamp}")).await.is_ok() {
                        self.lit.lock().unwrap().insert(lamp);
                    }
                    Vec::new()
                }
                Act::Look(lamp) => {
                    let answer = lamps.get::<bool>(&format!("/lamps/{lamp}")).await;
                    let is_out = answer.is_err_and(|problem| problem.status() == 404);
                    let is_forgotten = is_out && self.lit.lock().unwrap().contains(&lamp);
                    let failure = || Failure::new("a lamp that was lit is lit", vec![format!("lamp={lamp}")]);
                    is_forgotten.then(failure).into_iter().collect()
                }
            }
        })
    }

    fn judge<'a>(&'a self, _: &'a World) -> Step<'a, Vec<Failure>> {
        // Another promise, which hardly any part of the script keeps: who makes it smaller must not take it for the one.
        let is_idle = *self.acts.lock().unwrap() < 10;
        let failure = || Failure::new("ten things are done", Vec::new());
        Box::pin(async move { is_idle.then(failure).into_iter().collect() })
    }

    fn figures(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::from([("lamps lit", self.lit.lock().unwrap().len() as u64)])
    }
}
