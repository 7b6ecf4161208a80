//! What the two services owe their users when everything has come to rest.

use std::time::Duration;

use tradewind_problem::Problem;
use tradewind_sim::{Failure, Planned, World};

use super::{Act, FIRST, NAMES, key};
use crate::contract::{Charge, State, TICKETS, Ticket, TicketsClient, WALLETS, WalletsClient};

/// How long a ticket may take to its end once nothing goes wrong.
const END: Duration = Duration::from_secs(60);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn judge(world: &World, tried: Vec<Planned<Act>>) -> Vec<Failure> {
    let mut failures = Vec::new();
    for name in NAMES {
        let own: Vec<_> = tried.iter().filter(|act| act.by == name).collect();
        match account(world, name, &own).await {
            Ok(found) => failures.extend(found),
            Err(problem) => failures.push(Failure::new("everything ends", vec![problem.to_string()])),
        }
    }
    failures
}

/// Brings to its end what one person has tried, and compares it with the wallet.
async fn account(world: &World, name: &str, tried: &[&Planned<Act>]) -> Result<Vec<Failure>, Problem> {
    let (mut put_in, mut tickets) = (FIRST, Vec::new());
    for act in tried {
        // Once more with the same key: if it was done, nothing happens again, and we hear what came of it.
        match act.what {
            Act::TopUp(cents) => {
                WalletsClient(world.onlooker(WALLETS)).top_up(name, cents, &key(act)).await?;
                put_in += cents;
            }
            Act::Buy => tickets.extend(ended(world, act).await?),
        }
    }
    let wallet = WalletsClient(world.onlooker(WALLETS)).wallet(name).await?;
    let charged: i64 = wallet.charges.iter().map(|charge| charge.cents).sum();
    let sums = format!("{name} put in {put_in}, was charged {charged}, and has {}", wallet.cents);
    let sums = (put_in - charged != wallet.cents).then_some(sums).into_iter().collect();
    let charges = tickets.iter().filter_map(|ticket| wrong(ticket, &wallet.charges)).collect();
    let promises = [
        ("a ticket is charged once if it is paid, and never if it is refused", charges),
        ("what was put into a wallet was charged or is there", sums),
    ];
    let broken = promises.into_iter().filter(|(_, rows): &(_, Vec<String>)| !rows.is_empty());
    Ok(broken.map(|(what, rows)| Failure::new(what, rows)).collect())
}

/// The ticket of an act, as soon as it is paid or refused; none if tickets had not heard of the wallet yet.
async fn ended(world: &World, act: &Planned<Act>) -> Result<Option<Ticket>, Problem> {
    let until = world.clock().monotonic() + END;
    let id = match TicketsClient(world.onlooker(TICKETS)).buy(&act.by, &key(act)).await {
        Ok(ticket) => ticket.id,
        Err(problem) if problem.status() == 422 => return Ok(None),
        Err(problem) => return Err(problem),
    };
    loop {
        let ticket = TicketsClient(world.onlooker(TICKETS)).ticket(id).await?;
        if ticket.state != State::Wanted {
            return Ok(Some(ticket));
        }
        if world.clock().monotonic() > until {
            return Err(Problem::internal(format!("ticket {id} of {} is still wanted", act.by)));
        }
        world.sleep(PAUSE).await;
    }
}

fn wrong(ticket: &Ticket, charges: &[Charge]) -> Option<String> {
    let purpose = format!("ticket {}", ticket.id);
    let times = charges.iter().filter(|charge| charge.purpose == purpose).count();
    let due = usize::from(ticket.state == State::Paid);
    (times != due).then(|| format!("{purpose} of {} is {:?}; charges: {times}", ticket.holder, ticket.state))
}
