//! Time to ready.

use std::path::Path;

use crate::figures::{Figures, median};
use crate::folder::Folder;
use crate::home::Home;
use crate::process::{Fleet, Signal};

/// The target for both kinds of start, in seconds.
const TARGET: f64 = 1.0;

pub(crate) async fn run(binary: &Path, folder: &Folder, rounds: u32) -> Result<Figures, String> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let home = Home::embedded(binary, folder.part(&format!("round-{round}")));
        for times in [&mut first, &mut again] {
            let fleet = Fleet::start(&home).await?;
            times.push(fleet.ready_after.as_secs_f64());
            fleet.end(Signal::Term).await?;
        }
    }
    println!("start: {rounds} rounds, {}", binary.display());
    let mut figures = Figures::default();
    figures.pace_at_most("first_start_seconds_median", median(first), TARGET);
    figures.pace_at_most("restart_seconds_median", median(again), TARGET);
    Ok(figures)
}
