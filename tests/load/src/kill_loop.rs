//! Ending the process under load, again and again.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tradewind_client::PhoneBook;
use tradewind_fleet::Seeder;
use tradewind_kernel::{Clock, Entropy};
use tradewind_orders_contract::OrderState;

use crate::figures::{Figures, median};
use crate::place::{Clients, Outcome, Placed, SIZE};
use crate::process::{Fleet, Folder, Signal};

/// Clients that place orders at the same time.
const WORKERS: u32 = 16;

/// How long every order may take to end once nobody disturbs.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// The longest extra time between the wanted acknowledgements and the kill, in milliseconds: the kill shall
/// hit commits, feeds and handlers at random.
const JITTER_MS: u64 = 50;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) kills: u32,
    pub(crate) signal: Signal,
    pub(crate) acknowledged: u32,
}

pub(crate) async fn run(binary: &Path, folder: &Folder, options: Options) -> Result<Figures, String> {
    let data = folder.part("fleet");
    let clients = Clients::new();
    let (mut starts, mut clean) = (Vec::new(), 0);
    println!("kill-loop: {} times {:?}, {WORKERS} workers", options.kills, options.signal);
    for life in 0..options.kills {
        let fleet = Fleet::start(binary, &data).await?;
        starts.push(fleet.ready_after.as_secs_f64());
        if life == 0 {
            seed(&fleet).await?;
        }
        clean += u32::from(live(fleet, &clients, options).await?);
    }
    let fleet = Fleet::start(binary, &data).await?;
    let mut figures = Figures::default();
    judge(&fleet.book, &clients, &mut figures).await;
    figures.at_most("restart_seconds_median", median(starts), 1.0);
    if options.signal != Signal::Kill {
        figures.at_least("clean_exits", f64::from(clean), f64::from(options.kills));
    }
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

async fn seed(fleet: &Fleet) -> Result<(), String> {
    let (book, secret) = (fleet.book.clone(), fleet.secret.clone());
    let seeder = Seeder::new(book, secret, Clock::system(), Entropy::system());
    seeder.load(SIZE, |_, _| {}).await.map_err(|problem| problem.to_string())
}

/// Places orders until enough were acknowledged and the process was ended in their midst.
async fn live(fleet: Fleet, clients: &Clients, options: Options) -> Result<bool, String> {
    let book = fleet.book.clone();
    let stop = AtomicBool::new(false);
    let wanted = clients.acknowledged() + options.acknowledged as usize;
    let end = async {
        while clients.acknowledged() < wanted {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let jitter = Entropy::system().below(JITTER_MS);
        tokio::time::sleep(Duration::from_millis(jitter)).await;
        let ended = fleet.end(options.signal).await;
        stop.store(true, Ordering::Relaxed);
        ended
    };
    let ((), ended) = tokio::join!(clients.place_until(&book, WORKERS, &stop), end);
    ended
}

/// Looks for every order of the clients' log in the fleet that has come back.
async fn judge(book: &PhoneBook, clients: &Clients, figures: &mut Figures) {
    let log = clients.log.lock().map(|log| log.clone()).unwrap_or_default();
    let (mut acknowledged, mut failed, mut unknown) = (0_u32, 0_u32, 0_u32);
    let (mut lost, mut unsettled, mut diverged, mut opened) = (0_u32, 0_u32, 0_u32, 0_u32);
    for Placed { number, outcome } in log {
        let id = match outcome {
            Outcome::Acknowledged(id) => {
                acknowledged += 1;
                // The same key again gives the same order.
                let again = clients.place(book, number).await;
                diverged += u32::from(again != Outcome::Acknowledged(id));
                id
            }
            Outcome::Failed(reason) => {
                failed += 1;
                println!("failed: {reason}");
                continue;
            }
            Outcome::Unknown => {
                unknown += 1;
                let Outcome::Acknowledged(id) = clients.place(book, number).await else {
                    diverged += 1;
                    continue;
                };
                id
            }
        };
        match clients.settled(book, number, id, SETTLE_LIMIT).await {
            Ok(OrderState::New) => unsettled += 1,
            Ok(OrderState::Open) => opened += 1,
            Ok(_) => {}
            Err(_) => lost += 1,
        }
    }
    figures.at_least("acknowledged", f64::from(acknowledged), 1.0);
    figures.note("unknown", f64::from(unknown));
    figures.at_most("failed", f64::from(failed), 0.0);
    figures.at_most("lost", f64::from(lost), 0.0);
    figures.at_most("without_end_state", f64::from(unsettled), 0.0);
    figures.at_most("keys_that_diverged", f64::from(diverged), 0.0);
    figures.at_least("open", f64::from(opened), f64::from(acknowledged));
}
