//! Every process is replaced under traffic: nobody may notice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::figures::{Figures, median};
use crate::folder::Folder;
use crate::process::Fleet;
use crate::rig::Rig;
use crate::setup::Setup;
use crate::traffic::Traffic;

/// How long there is traffic before the first restart, and between two.
const CALM: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// How often each process is replaced.
    pub(crate) rounds: u32,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    println!("rolling-restart: {setup}; {} times every process, under traffic", options.rounds);
    let rig = Rig::start(binary, folder, setup, Vec::new(), Duration::ZERO).await?;
    let traffic = Traffic::new(&rig.fleet.book, &rig.clients);
    let began = Instant::now();
    let restarts = async {
        let outcome = rounds(&rig.fleet, options).await;
        traffic.stop();
        outcome
    };
    let (ran, restarted) = tokio::join!(traffic.run(), restarts);
    ran?;
    let mut figures = Figures::default();
    match restarted {
        Ok(Restarted { least, seconds }) => {
            figures.at_least("restarts_of_a_process_least", f64::from(least), f64::from(options.rounds));
            figures.note("seconds_of_a_round_median", median(seconds));
        }
        Err(message) => figures.failure("every_restart", &message),
    }
    traffic.report(began, &mut figures);
    rig.judge(0, &mut figures).await?;
    rig.verify(&mut figures)?;
    rig.end(folder, &mut figures).await?;
    Ok(figures)
}

/// What the rounds came to.
struct Restarted {
    /// The fewest processes that one name had, less the first.
    least: u32,
    seconds: Vec<f64>,
}

async fn rounds(fleet: &Fleet, options: Options) -> Result<Restarted, String> {
    let mut seen: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut seconds = Vec::new();
    note(fleet, &mut seen)?;
    tokio::time::sleep(CALM).await;
    for _ in 0..options.rounds {
        let began = Instant::now();
        fleet.restart().await?;
        seconds.push(began.elapsed().as_secs_f64());
        note(fleet, &mut seen)?;
        tokio::time::sleep(CALM).await;
    }
    let count =
        |processes: &BTreeSet<u32>| u32::try_from(processes.len().saturating_sub(1)).unwrap_or(u32::MAX);
    Ok(Restarted { least: seen.values().map(count).min().unwrap_or(0), seconds })
}

fn note(fleet: &Fleet, seen: &mut BTreeMap<String, BTreeSet<u32>>) -> Result<(), String> {
    for part in fleet.parts()? {
        seen.entry(part.label()).or_default().insert(part.process());
    }
    Ok(())
}
