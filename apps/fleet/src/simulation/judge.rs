//! What the shop owes its shoppers when everything has come to rest.

use std::time::Duration;

use tradewind_kernel::{Clock, Entropy};
use tradewind_orders_contract::OrderId;
use tradewind_sim::{Failure, World};
use tradewind_verify::{Collector, Finding, Verdict, judge as verdicts};

use crate::simulation::shopper::{client, command, has_ended};
use crate::simulation::{Bought, Shop};
use crate::{oracles, subscribed};

/// How long an order may take to its end once nothing goes wrong.
const END: Duration = Duration::from_secs(120);

/// How long the fleet may take until nothing is under way any more.
const QUIET: Duration = Duration::from_secs(180);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Rows shown of a broken promise.
const SHOWN: usize = 10;

struct Judge<'a> {
    shop: &'a Shop,
    world: &'a World,
    clock: Clock,
    entropy: Entropy,
}

pub(super) async fn judge(shop: &Shop, world: &World) -> Vec<Failure> {
    let judge = Judge { shop, world, clock: world.clock().clone(), entropy: world.entropy("judge") };
    let mut failures = judge.orders().await;
    match judge.promises().await {
        Ok(found) => failures.extend(found),
        Err(message) => failures.push(Failure::new("every service shows its evidence", vec![message])),
    }
    failures
}

impl Judge<'_> {
    async fn orders(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for bought in self.shop.bought() {
            if bought.is_refused {
                continue;
            }
            if let Err((what, row)) = self.order(&bought).await {
                failures.push(Failure::new(what, vec![format!("{} {row}", bought.key)]));
            }
        }
        failures
    }

    /// The same key gives the same order, the order is there, and has ended.
    async fn order(&self, bought: &Bought) -> Result<(), (&'static str, String)> {
        const SAME: &str = "the same key gives the same order";
        const THERE: &str = "an acknowledged order is there, and ends";
        let book = self.world.observer();
        let orders = || client(&book, &self.clock, &self.entropy, bought);
        let command = command(bought).map_err(|problem| (SAME, problem.to_string()))?;
        let accepted = orders().place(&command, &bought.key).await;
        let id: OrderId = accepted.map_err(|problem| (SAME, problem.to_string()))?.id;
        if bought.id.is_some_and(|known| known != id) {
            return Err((SAME, format!("gave {:?}, gives {id}", bought.id)));
        }
        let until = self.clock.monotonic() + END;
        loop {
            let order = orders().order(id).await.map_err(|problem| (THERE, problem.to_string()))?;
            if has_ended(order.state) {
                self.shop.count("orders judged", 1);
                return Ok(());
            }
            if self.clock.monotonic() > until {
                return Err((THERE, format!("{id} is still {:?}", order.state)));
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    /// What `tradewind verify` asks of a fleet.
    async fn promises(&self) -> Result<Vec<Failure>, String> {
        let services = self.world.services();
        let (book, secret) = (self.world.observer(), self.world.secret());
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        let collector = Collector { services, subscribed: subscribed(), book, secret, clock, entropy };
        let evidence = collector.collect(QUIET).await.map_err(|error| error.to_string())?;
        let oracles = oracles().map_err(|error| error.to_string())?;
        let findings = verdicts(&evidence.scratch, &oracles, evidence.is_quiet);
        let examined: i64 = findings.iter().map(|finding| finding.examined).sum();
        self.shop.count("rows examined", examined.unsigned_abs());
        self.shop.count("promises judged", findings.len() as u64);
        Ok(findings.into_iter().filter(|finding| finding.verdict != Verdict::Clean).map(failure).collect())
    }
}

fn failure(finding: Finding) -> Failure {
    let what = format!("{} ({:?}): {}", finding.oracle, finding.verdict, finding.promise);
    Failure::new(what, finding.rows.into_iter().take(SHOWN).collect())
}
