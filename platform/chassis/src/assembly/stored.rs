//! The databases of services, opened without their services.

use tradewind_db::{Db, MigrationSet};
use tradewind_kernel::{Clock, Entropy};

use crate::assembly::Assembly;
use crate::assembly::places::Places;
use crate::data_folder::DataFolder;
use crate::database::Place;
use crate::service::Service;
use crate::settings::SettingsSource;
use crate::start_error::StartError;

/// The database of a service that does not run.
#[derive(Debug)]
pub struct Stored {
    /// The service.
    pub service: String,
    /// Its database; not migrated.
    pub db: Db,
    /// The parts of its schema.
    pub migrations: Vec<MigrationSet>,
}

impl Assembly {
    /// The parts of the schema of every service.
    #[must_use]
    pub fn schemas(&self) -> Vec<(String, Vec<MigrationSet>)> {
        let schema = |service: &Service| (service.description().name.clone(), service.migrations().to_vec());
        self.services.iter().map(schema).collect()
    }

    /// Opens the database of every service where a start with the same settings would find it, for copying them.
    /// Embedded databases that are not there are made, empty and without tables.
    ///
    /// # Errors
    /// A setting that is wrong, or a database that cannot be opened.
    pub async fn open(
        &self,
        folder: &DataFolder,
        settings: &SettingsSource,
        clock: &Clock,
        entropy: &Entropy,
    ) -> Result<Vec<Stored>, StartError> {
        let platform = self.check(settings)?;
        let (mut places, mut opened) = (Places::default(), Vec::new());
        for service in &self.services {
            let name = &service.description().name;
            let entropy = entropy.fork(name);
            let settings = &platform.database;
            let (folder, entropy) = (Some(folder), &entropy);
            let (volume, holder, release) = (None, "", "");
            let place = Place { service: name, folder, volume, holder, release, settings, clock, entropy };
            let db = places.open(&place, &mut |_, _| {}).await?;
            opened.push(Stored { service: name.clone(), db, migrations: service.migrations().to_vec() });
        }
        Ok(opened)
    }
}
