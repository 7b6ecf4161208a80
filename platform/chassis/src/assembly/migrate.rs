//! Bringing the schemas of services up to date without starting them.

use tradewind_db::MigrateMode;
use tradewind_kernel::{Clock, Entropy};

use crate::assembly::Assembly;
use crate::assembly::places::Places;
use crate::data_folder::DataFolder;
use crate::database::Place;
use crate::settings::SettingsSource;
use crate::start_error::StartError;

impl Assembly {
    /// Applies missing migrations of all services, whatever `database.migrate` says, and gives those that failed.
    /// Two that run at a time wait for each other.
    ///
    /// # Errors
    /// When the settings are wrong: nothing was done then.
    pub async fn migrate(
        self,
        settings: SettingsSource,
        folder: DataFolder,
        progress: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<Vec<StartError>, StartError> {
        let platform = self.check(&settings)?;
        let (clock, entropy) = (Clock::system(), Entropy::system());
        let (mut places, mut failed) = (Places::default(), Vec::new());
        for service in &self.services {
            let place = Place {
                service: &service.description().name,
                folder: Some(&folder),
                volume: None,
                holder: "",
                release: "",
                settings: &platform.database,
                clock: &clock,
                entropy: &entropy,
            };
            let migrated = match places.open(&place, progress).await {
                Err(error) => Err(error),
                Ok(db) => {
                    let done = db.migrate(service.migrations(), MigrateMode::Auto).await;
                    db.close().await;
                    done.map_err(|error| StartError::new(place.service, place.mend(&error)))
                }
            };
            match migrated {
                Ok(()) => progress(place.service, "up to date"),
                Err(error) => failed.push(error),
            }
        }
        Ok(failed)
    }
}
