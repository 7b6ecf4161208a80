//! The internal doors of the fleet that runs on a data folder.

use std::path::Path;

use tradewind_chassis::{DataFolder, INTERNAL_SECRET};
use tradewind_client::PhoneBook;
use tradewind_fleet::FleetFile;
use tradewind_kernel::Secret;

/// Where the services are, and what opens their internal doors.
pub(crate) struct Doors {
    pub(crate) services: Vec<String>,
    pub(crate) book: PhoneBook,
    pub(crate) secret: Secret,
}

impl Doors {
    pub(crate) fn of(folder: &Path) -> Result<Self, String> {
        let file = FleetFile::read(folder).map_err(|error| error.to_string())?;
        let book = file.phone_book().map_err(|error| error.to_string())?;
        let secret = DataFolder::read_secret(folder, INTERNAL_SECRET).map_err(|error| error.to_string())?;
        let secret = secret.ok_or_else(|| format!("{} holds no secret of a fleet", folder.display()))?;
        let doors = file.doors.iter();
        let services = doors.filter_map(|(name, _)| Some(name.strip_suffix("/internal")?.to_owned()));
        Ok(Self { services: services.collect(), book, secret })
    }
}
