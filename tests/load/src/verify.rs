//! `tradewind verify` at the end of a run.

use std::process::Command;

use crate::figures::Figures;
use crate::home::Home;

/// How long a fleet that was under load may take to come to rest, in seconds.
const SETTLE: &str = "300";

/// Verifies the fleet of the data folder: shows the lines, one per oracle with rows examined.
pub(crate) fn verify(home: &Home, figures: &mut Figures) -> Result<(), String> {
    let (binary, data) = (&home.binary, &home.data);
    let output = Command::new(binary).args(["verify", "--settle", SETTLE, "--data"]).arg(data).output();
    let output = output.map_err(|error| format!("{}: {error}", binary.display()))?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    figures.at_most("verify_exit_status", output.status.code().map_or(f64::INFINITY, f64::from), 0.0);
    Ok(())
}
