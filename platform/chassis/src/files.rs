//! Files that a service keeps beside its database.

use std::path::{Path, PathBuf};

use crate::data_folder::create_folder;
use crate::plan::Init;

impl<C> Init<C> {
    /// A folder for files that the service keeps beside its database, for this user only: `elsewhere` where the settings
    /// name one, else `<service>-<name>` in the data folder. `None` where nothing is kept in files, as in a simulation.
    ///
    /// # Errors
    /// That the folder cannot be made.
    pub fn folder(&self, name: &str, elsewhere: Option<&Path>) -> Result<Option<PathBuf>, String> {
        let Some(data) = &self.folder else { return Ok(None) };
        let usual = || data.join(format!("{}-{name}", self.service));
        let folder = elsewhere.map_or_else(usual, Path::to_owned);
        let made = create_folder(&folder);
        made.map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))?;
        Ok(Some(folder))
    }
}
