//! The death of the server under a fleet that lives on, and how long it takes to get over it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tradewind_orders_contract::OrderState;
use tradewind_testkit::Postgres;

use crate::figures::{Figures, median};
use crate::place::Clients;
use crate::process::Fleet;

/// How long the fleet may take to decide an order, before and after an outage, until the run is given up.
const LIMIT: Duration = Duration::from_secs(60);

/// The most that it should take after the server's return, in seconds.
const TARGET: f64 = 5.0;

/// The only answer to a request that cannot be carried out now.
const LATER: &str = "503 with Retry-After";

/// How the outages of a run went, in seconds.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// From the kill until the server took connections again.
    away: Vec<f64>,
    /// From then until the first order was acknowledged.
    acknowledged: Vec<f64>,
    /// From then until an order placed since was seen open.
    open: Vec<f64>,
}

impl Outages {
    /// Kills the server amid orders, starts it again after `down`, and waits until the fleet has got over it.
    pub(super) async fn strike(
        &mut self,
        server: &mut Postgres,
        fleet: &Fleet,
        clients: &Clients,
        jitter: Duration,
        down: Duration,
    ) -> Result<(), String> {
        // What a start of the fleet still has to do shall not be taken for the outage's.
        clients.await_next();
        open(fleet, clients, Instant::now()).await?;
        tokio::time::sleep(jitter).await;
        clients.set_away(true);
        let killed = Instant::now();
        server.kill().await;
        tokio::time::sleep(down).await;
        server.start_again().await;
        let back = Instant::now();
        let before = clients.acknowledged();
        clients.await_next();
        while clients.acknowledged() == before {
            if back.elapsed() > LIMIT {
                return Err(format!("no order was acknowledged within {LIMIT:?} of the server's return"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.acknowledged.push(back.elapsed().as_secs_f64());
        clients.set_away(false);
        open(fleet, clients, back).await?;
        self.open.push(back.elapsed().as_secs_f64());
        self.away.push((back - killed).as_secs_f64());
        let last = [&self.away, &self.acknowledged, &self.open].map(|all| all.last().copied().unwrap_or(0.0));
        let [away, acknowledged, open] = last;
        println!(
            "postgres away {away:.2} s; first order acknowledged {acknowledged:.2} s later, open {open:.2} s"
        );
        Ok(())
    }

    pub(super) fn report(&self, planned: f64, answers: &BTreeMap<String, u32>, figures: &mut Figures) {
        figures.at_least("kills_of_postgres", self.open.len() as f64, planned);
        figures.note("seconds_away_median", median(self.away.clone()));
        figures.note("seconds_away_longest", slowest(&self.away));
        for (name, values) in [("acknowledged", &self.acknowledged), ("open", &self.open)] {
            figures.note(&format!("seconds_from_return_to_{name}_median"), median(values.clone()));
            figures.pace_at_most(&format!("seconds_from_return_to_{name}_slowest"), slowest(values), TARGET);
        }
        for (answer, count) in answers {
            figures.note(&format!("answers while away: {answer}"), f64::from(*count));
        }
        let others = answers.iter().filter(|(answer, _)| *answer != LATER).map(|(_, count)| count);
        figures.at_most("other_answers_while_away", f64::from(others.sum::<u32>()), 0.0);
    }
}

fn slowest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// Waits until the awaited order is acknowledged and open.
async fn open(fleet: &Fleet, clients: &Clients, since: Instant) -> Result<(), String> {
    while since.elapsed() < LIMIT {
        let awaited = *clients.next_open();
        if let Some((number, id)) = awaited {
            let order = clients.order(&fleet.book, number, id).await;
            if order.is_ok_and(|order| order.state == OrderState::Open) {
                return Ok(());
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Err(format!("no order was open within {LIMIT:?}"))
}
