//! The settings of a process, from all places.

use std::path::Path;

use tradewind_chassis::settings::SettingsSource;

/// The settings file that is read when it is there.
const SETTINGS_FILE: &str = "tradewind.toml";

/// File, environment, command line.
///
/// # Errors
/// What cannot be read, with its place.
pub fn read_settings(config: Option<&Path>, set: &[String]) -> Result<SettingsSource, String> {
    let source = SettingsSource::new();
    let source = match config {
        Some(path) => source.file(path),
        None => source.optional_file(Path::new(SETTINGS_FILE)),
    };
    let source = source.and_then(SettingsSource::process_environment);
    source.and_then(|source| source.overrides(set)).map_err(|error| error.to_string())
}
