//! Races: many clients at once for the last of something, round after round. One gets it.

mod crowd;
mod rounds;

use std::path::Path;
use std::time::Instant;

use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Entropy};

use crate::figures::Figures;
use crate::folder::Folder;
use crate::home::Home;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;
use crate::verify::verify;

use crowd::Crowd;

/// What many want the last of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Race {
    /// The last piece of a product
    Unit,
    /// The last credit of one customer
    Credit,
    /// A coupon that can be redeemed once
    Coupon,
    /// The last amount of a payment that can be given back
    Refund,
}

const ALL: [Race; 4] = [Race::Unit, Race::Credit, Race::Coupon, Race::Refund];

#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) rounds: u32,
    pub(crate) clients: u32,
    /// All, when none is named.
    pub(crate) only: Vec<Race>,
}

/// How the rounds of one race went.
#[derive(Debug, Default)]
struct Tally {
    /// Rounds in which not exactly one got it, or somebody was refused for another reason.
    wrong: u32,
    won: u32,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let Options { rounds, clients, only } = options;
    println!("races: {rounds} times {clients} clients at once for the last of something; {setup}");
    let (mut home, _servers) = Home::make(setup, binary, folder).await?;
    // Amounts are captured, and can be given back, as soon as an order is open.
    home.environment.push(("TRADEWIND_ORDERS__CANCELLATION_WINDOW".to_owned(), "0s".to_owned()));
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    let size = LoadSize { products: rounds, customers: clients, quantity: 1, ..LoadSize::default() };
    seeder.load(size, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let crowd = Crowd::new(&fleet, clients);
    crowd.prepare(rounds).await.map_err(|problem| problem.to_string())?;
    fleet.quiet().caught_up(crowd::LIMIT).await.map_err(|problem| problem.to_string())?;
    let mut figures = Figures::default();
    for race in ALL.into_iter().filter(|race| only.is_empty() || only.contains(race)) {
        let (started, mut tally) = (Instant::now(), Tally::default());
        for round in 0..rounds {
            crowd.race(race, round, &mut tally).await;
        }
        let name = format!("{race:?}").to_lowercase();
        figures.at_most(&format!("{name}_rounds_with_another_outcome"), f64::from(tally.wrong), 0.0);
        figures.at_least(&format!("{name}_winners"), f64::from(tally.won), f64::from(rounds));
        figures.note(&format!("{name}_seconds"), started.elapsed().as_secs_f64());
    }
    verify(&home, &mut figures)?;
    fleet.end(Signal::Term).await?;
    Ok(figures)
}
