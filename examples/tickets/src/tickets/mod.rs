//! Tickets: who wants one, and who has paid.

mod http;
mod pay;
mod store;

use std::time::Duration;

use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Dependency, Init, NoSettings, Service};
use tradewind_db::Db;
use tradewind_events::Subscription;
use tradewind_kernel::{Clock, Entropy};

use crate::contract::{TICKETS, TicketChanged, ToppedUp, WALLETS};

pub use pay::Keys;

/// How long wallets may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What doors, handlers and jobs work with.
struct Tickets {
    db: Db,
    clock: Clock,
    entropy: Entropy,
    wallets: Dependency,
    keys: Keys,
}

/// The service as a value.
pub(crate) fn service(keys: Keys) -> Service {
    let start = move |init: &mut Init<NoSettings>| {
        let wallets = init.dependency(WALLETS).within(PATIENCE);
        let (db, clock, entropy) = (init.db.clone(), init.clock.clone(), init.entropy.fork("payments"));
        Ok(Tickets { db, clock, entropy, wallets, keys })
    };
    Definition::new(TICKETS, "Who wants a ticket, and who has paid.", start)
        .migrations(store::MIGRATIONS)
        .public(8220, http::public())
        .internal(8320, Routes::new())
        .calls(WALLETS)
        .promises::<TicketChanged>()
        .follows(wallets())
        .self_paced_job("pay", pay::PAUSE, pay::all)
        .build()
}

/// Whoever has a wallet may buy: known from events, so that selling needs nobody else.
fn wallets() -> Subscription<Tickets> {
    Subscription::to(WALLETS).on::<ToppedUp, _>(|_, event| store::Learn(event.holder.clone()))
}
