//! `--migrate`: the schema, and nothing else.

use std::path::Path;
use std::process::ExitCode;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, DataFolder};

use crate::Failure;

/// Applies the missing migrations of the service. Two that run at a time wait for each other.
pub(crate) async fn run(
    assembly: Assembly,
    settings: SettingsSource,
    data: &Path,
) -> Result<ExitCode, Failure> {
    let folder = DataFolder::open(data).map_err(|error| error.to_string())?;
    let mut progress = |service: &str, step: &str| eprintln!("{service}: {step}");
    let failed = assembly.migrate(settings, folder, &mut progress).await?;
    match failed.into_iter().next() {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(error.into()),
    }
}
