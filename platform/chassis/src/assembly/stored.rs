//! The databases of services, opened without their services.

use tradewind_db::{Db, MigrationSet};
use tradewind_kernel::{Clock, Entropy};

use crate::assembly::Assembly;
use crate::assembly::start::open_database;
use crate::data_folder::DataFolder;
use crate::instance::StartError;
use crate::service::Service;
use crate::settings::SettingsSource;

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
    /// Databases that are not there are made, empty and without tables.
    ///
    /// # Errors
    /// A setting that is wrong, or a database that cannot be opened.
    pub fn open(
        &self,
        folder: &DataFolder,
        settings: &SettingsSource,
        clock: &Clock,
        entropy: &Entropy,
    ) -> Result<Vec<Stored>, StartError> {
        let platform = self.check(settings)?;
        let services = self.services.iter().map(|service| {
            let name = &service.description().name;
            let db = open_database(name, Some(folder), clock, &entropy.fork(name), &platform)?;
            Ok(Stored { service: name.clone(), db, migrations: service.migrations().to_vec() })
        });
        services.collect()
    }
}
