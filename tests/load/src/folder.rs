//! The folder of a run.

use std::path::PathBuf;

/// The folder of a run, removed at the end when it was made here and the run found nothing.
pub(crate) struct Folder {
    path: PathBuf,
    own: bool,
}

impl Folder {
    pub(crate) fn new(given: Option<PathBuf>) -> Result<Self, String> {
        let own = given.is_none();
        let fresh = || std::env::temp_dir().join(format!("tradewind-load-{}", std::process::id()));
        let path = given.unwrap_or_else(fresh);
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path, own })
    }

    /// Leaves the folder where it is, for those who look for the cause.
    pub(crate) fn keep(&mut self) {
        println!("kept: {}", self.path.display());
        self.own = false;
    }

    /// A file or folder of this name within it.
    pub(crate) fn part(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.own {
            std::fs::remove_dir_all(&self.path).unwrap_or_default();
        }
    }
}
