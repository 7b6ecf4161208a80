//! The settings of a fleet, from all places.

use std::path::Path;

use tradewind_chassis::settings::SettingsSource;

use crate::arguments::Settings;

/// The settings file that is read when it is there.
const SETTINGS_FILE: &str = "tradewind.toml";

impl Settings {
    /// File, environment, command line.
    pub(crate) fn read(&self) -> Result<SettingsSource, String> {
        read(self.config.as_deref(), &self.set)
    }
}

/// File, environment, command line.
pub(crate) fn read(config: Option<&Path>, set: &[String]) -> Result<SettingsSource, String> {
    let source = SettingsSource::new();
    let source = match config {
        Some(path) => source.file(path),
        None => source.optional_file(Path::new(SETTINGS_FILE)),
    };
    let source = source.and_then(SettingsSource::process_environment);
    source.and_then(|source| source.overrides(set)).map_err(|error| error.to_string())
}
