//! A service that keeps in memory what it should keep on disk, and somebody who asks it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::{Definition, Init, NoSettings, Service};
use tradewind_kernel::Entropy;
use tradewind_problem::{NOT_FOUND, Problem};
use tradewind_sim::{Failure, Plan, Planned, Step, Workload, World};

/// How many acts there are, one a second.
const ACTS: u64 = 40;

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

/// One thing that the user does, with the lamp of this number.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Light(u64),
    Look(u64),
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Light(lamp) => write!(f, "lights lamp {lamp}"),
            Self::Look(lamp) => write!(f, "looks at lamp {lamp}"),
        }
    }
}

/// Somebody who lights lamps and looks at them, and expects nothing.
#[derive(Debug)]
pub(crate) struct User;

impl Workload for User {
    type Act = Act;

    fn prepare<'a>(&'a self, _: &'a World) -> Step<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn draw(&self, dice: &Entropy, _: Duration) -> Vec<Planned<Act>> {
        let what = |lamp| if dice.below(4) == 0 { Act::Light(lamp) } else { Act::Look(lamp) };
        let act = |second| Planned::new(Duration::from_secs(second), "user", what(dice.below(4)));
        (1..=ACTS).map(act).collect()
    }

    fn act<'a>(&'a self, world: &'a World, act: &'a Planned<Act>) -> Step<'a, Vec<Failure>> {
        Box::pin(async move {
            let lamps = world.caller(&act.by, "lamps:8000");
            // Whatever the answer is, the journal tells of it.
            match act.what {
                Act::Light(lamp) => drop(lamps.post::<bool>(&format!("/lamps/{lamp}")).await),
                Act::Look(lamp) => drop(lamps.get::<bool>(&format!("/lamps/{lamp}")).await),
            }
            Vec::new()
        })
    }

    fn judge<'a>(&'a self, _: &'a World) -> Step<'a, Vec<Failure>> {
        Box::pin(async { Vec::new() })
    }

    fn figures(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::new()
    }
}
