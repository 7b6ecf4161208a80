//! Time to ready.

use std::path::Path;

use crate::figures::{Figures, median};
use crate::process::{Fleet, Folder, Signal};

/// The target for both kinds of start, in seconds.
const TARGET: f64 = 1.0;

pub(crate) async fn run(binary: &Path, folder: &Folder, rounds: u32) -> Result<Figures, String> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let data = folder.part(&format!("round-{round}"));
        for times in [&mut first, &mut again] {
            let fleet = Fleet::start(binary, &data).await?;
            times.push(fleet.ready_after.as_secs_f64());
            fleet.end(Signal::Term).await?;
        }
    }
    println!("start: {rounds} rounds, {}", binary.display());
    let mut figures = Figures::default();
    figures.at_most("first_start_seconds_median", median(first), TARGET);
    figures.at_most("restart_seconds_median", median(again), TARGET);
    Ok(figures)
}
