//! The settings of a fleet, from all places.

use tradewind_chassis::settings::SettingsSource;
use tradewind_process::read_settings;

use crate::arguments::Settings;

impl Settings {
    /// File, environment, command line.
    pub(crate) fn read(&self) -> Result<SettingsSource, String> {
        read_settings(self.config.as_deref(), &self.set)
    }
}
