//! Who uses the two services, and what they are owed: what the simulation runs.

mod judge;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tradewind_kernel::Entropy;
use tradewind_sim::{Failure, Planned, Step, Workload, World};

use crate::contract::{TICKETS, TicketsClient, WALLETS, WalletsClient};

/// Who they are.
const NAMES: [&str; 3] = ["ada", "grace", "hedy"];

/// What everybody has in the beginning, in cents.
const FIRST: i64 = 5_000;

/// The longest pause between two things that somebody does, in milliseconds.
const PAUSE: u64 = 5_000;

/// What somebody does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Puts so many cents into their wallet.
    TopUp(i64),
    /// Buys a ticket.
    Buy,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TopUp(cents) => write!(f, "puts {cents} cents into the wallet"),
            Self::Buy => f.write_str("buys a ticket"),
        }
    }
}

/// People who fill their wallets and buy tickets.
#[derive(Debug, Default)]
pub struct Audience {
    /// What was tried, whether or not anybody heard that it succeeded.
    tried: RefCell<Vec<Planned<Act>>>,
}

/// The key of an act: with it, it is done once, however often it is asked for.
fn key(act: &Planned<Act>) -> String {
    format!("act-{}", act.number)
}

impl Workload for Audience {
    type Act = Act;

    fn prepare<'a>(&'a self, world: &'a World) -> Step<'a, Result<(), String>> {
        Box::pin(async move {
            for name in NAMES {
                let done = WalletsClient(world.onlooker(WALLETS)).top_up(name, FIRST, name).await;
                done.map_err(|problem| problem.to_string())?;
            }
            Ok(())
        })
    }

    fn draw(&self, dice: &Entropy, length: Duration) -> Vec<Planned<Act>> {
        let mut planned = Vec::new();
        for name in NAMES {
            let dice = dice.fork(name);
            let mut at = Duration::ZERO;
            while at < length {
                let cents = 500 * i64::try_from(1 + dice.below(6)).unwrap_or_default();
                let what = if dice.below(4) == 0 { Act::TopUp(cents) } else { Act::Buy };
                planned.push(Planned::new(at, name, what));
                at += Duration::from_millis(dice.below(PAUSE));
            }
        }
        planned
    }

    fn act<'a>(&'a self, world: &'a World, act: &'a Planned<Act>) -> Step<'a, Vec<Failure>> {
        Box::pin(async move {
            self.tried.borrow_mut().push(act.clone());
            match act.what {
                Act::TopUp(cents) => {
                    // Whatever they hear: what became of it is asked for at the end.
                    let wallets = WalletsClient(world.caller(&act.by, WALLETS));
                    drop(wallets.top_up(&act.by, cents, &key(act)).await);
                    Vec::new()
                }
                Act::Buy => buy(world, act).await,
            }
        })
    }

    fn judge<'a>(&'a self, world: &'a World) -> Step<'a, Vec<Failure>> {
        let tried = self.tried.borrow().clone();
        Box::pin(judge::judge(world, tried))
    }

    fn figures(&self) -> BTreeMap<&'static str, u64> {
        let tried = self.tried.borrow();
        let bought = tried.iter().filter(|act| matches!(act.what, Act::Buy)).count();
        BTreeMap::from([("acts", tried.len() as u64), ("tickets asked for", bought as u64)])
    }
}

/// Buys a ticket and looks at it: what was sold must never be gone, not even while things go wrong.
async fn buy(world: &World, act: &Planned<Act>) -> Vec<Failure> {
    let bought = TicketsClient(world.caller(&act.by, TICKETS)).buy(&act.by, &key(act)).await;
    let Ok(ticket) = bought else { return Vec::new() };
    match TicketsClient(world.caller(&act.by, TICKETS)).ticket(ticket.id).await {
        Err(problem) if problem.status() == 404 => {
            vec![Failure::new("a ticket that was sold is there", vec![ticket.id.to_string()])]
        }
        _ => Vec::new(),
    }
}
