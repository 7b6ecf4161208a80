//! Flash sale: many buyers at once for few pieces, again and again.

use std::path::Path;
use std::time::{Duration, Instant};

use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Entropy};
use tradewind_orders_contract::OrderState;
use tradewind_problem::Problem;

use crate::buyers::{Bought, Buyers, Purchase};
use crate::figures::{Figures, median};
use crate::folder::Folder;
use crate::home::Home;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;
use crate::verify::verify;

/// How long everybody may wait to be told, at most.
const LIMIT_SECONDS: f64 = 5.0;

/// How long orders may take to hear of the goods of the sale.
const KNOWN_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) rounds: u32,
    pub(crate) buyers: u32,
    pub(crate) pieces: u32,
}

/// How the rounds went.
#[derive(Debug, Default)]
struct Tally {
    wrong: u32,
    sent_again: u32,
    seconds: Vec<f64>,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let Options { rounds, buyers, pieces } = options;
    println!(
        "flash-sale: {rounds} times {buyers} buyers at once for {pieces} pieces, through the gateway; {setup}"
    );
    let (home, _servers) = Home::make(setup, binary, folder).await?;
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    let size = LoadSize { products: rounds, customers: buyers, quantity: pieces, ..LoadSize::default() };
    seeder.load(size, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let crowd = Buyers::new(&fleet.book);
    known(&crowd, options).await?;
    let mut tally = Tally::default();
    for round in 0..rounds {
        sale(&crowd, round, options, &mut tally).await;
    }
    let mut figures = Figures::default();
    let slowest = tally.seconds.iter().copied().fold(0.0, f64::max);
    figures.at_most("rounds_with_another_outcome", f64::from(tally.wrong), 0.0);
    figures.pace_at_most("seconds_until_all_are_told_slowest", slowest, LIMIT_SECONDS);
    figures.note("seconds_until_all_are_told_median", median(tally.seconds));
    figures.note("requests_sent_again", f64::from(tally.sent_again));
    verify(&home, &mut figures)?;
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

/// Waits until orders knows the last of the goods and of the buyers; asks for more than there is, so that nothing
/// is taken.
async fn known(crowd: &Buyers, options: Options) -> Result<(), String> {
    let started = Instant::now();
    for attempt in 0.. {
        let purchase = Purchase {
            customer: options.buyers - 1,
            product: LoadSize::product(options.rounds - 1),
            quantity: i64::from(options.pieces) + 1,
            key: format!("known-{attempt}"),
        };
        match crowd.buy(&purchase).await {
            Ok(_) => break,
            Err(problem) if started.elapsed() > KNOWN_WITHIN => return Err(problem.to_string()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    Ok(())
}

async fn sale(crowd: &Buyers, round: u32, options: Options, tally: &mut Tally) {
    let started = Instant::now();
    let purchases = (0..options.buyers).map(|customer| {
        let (product, key) = (LoadSize::product(round), format!("sale-{round}-{customer}"));
        let purchase = Purchase { customer, product, quantity: 1, key };
        async move { crowd.buy(&purchase).await }
    });
    let bought = futures_util::future::join_all(purchases).await;
    tally.seconds.push(started.elapsed().as_secs_f64());
    tally.sent_again += bought.iter().flatten().map(|bought| bought.again).sum::<u32>();
    let (open, sold_out) = (count(&bought, is_open), count(&bought, is_sold_out));
    if (open, sold_out) != (options.pieces, options.buyers - options.pieces) {
        tally.wrong += 1;
        let problem = bought.iter().find_map(|outcome| outcome.as_ref().err());
        let problem = problem.map(ToString::to_string).unwrap_or_default();
        println!("round {round}: {open} open, {sold_out} sold out {problem}");
    }
}

fn count(bought: &[Result<Bought, Problem>], wanted: impl Fn(&Bought) -> bool) -> u32 {
    bought.iter().flatten().map(|bought| u32::from(wanted(bought))).sum()
}

fn is_open(bought: &Bought) -> bool {
    bought.order.state == OrderState::Open
}

fn is_sold_out(bought: &Bought) -> bool {
    bought.order.state == OrderState::Rejected && bought.order.reason.as_deref() == Some("sold-out")
}
