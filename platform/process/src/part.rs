//! The file by which a running service tells where its doors are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_chassis::{DataFolder, OpenDoor};

/// A running part of a fleet: one replica of one service. Written when its doors are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFile {
    /// The service.
    pub service: String,
    /// Which of its replicas, from 1.
    pub replica: u32,
    /// The process.
    pub process: u32,
    /// Its doors: kind and address.
    pub doors: Vec<(String, String)>,
}

impl PartFile {
    /// The name of the file in the data folder.
    #[must_use]
    pub fn name(service: &str, replica: u32) -> String {
        format!("part-{service}-{replica}.json")
    }

    /// Where the file of this part lies.
    #[must_use]
    pub fn path(folder: &Path, service: &str, replica: u32) -> PathBuf {
        folder.join(Self::name(service, replica))
    }

    /// The file of this process, with these doors.
    #[must_use]
    pub fn new(service: &str, replica: u32, doors: &[OpenDoor]) -> Self {
        let door = |door: &OpenDoor| (door.kind.name().to_owned(), door.address.to_string());
        let process = std::process::id();
        Self { service: service.to_owned(), replica, process, doors: doors.iter().map(door).collect() }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, folder: &DataFolder) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let name = Self::name(&self.service, self.replica);
        folder.write_document(&name, &text).map_err(|error| error.to_string())
    }

    /// Reads the file of a part; `None` while there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(folder: &Path, service: &str, replica: u32) -> Result<Option<Self>, String> {
        let path = Self::path(folder, service, replica);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| format!("{}: {error}", path.display()))?,
        };
        serde_json::from_str(&text).map(Some).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Removes the file of a part that has ended.
    pub fn remove(folder: &Path, service: &str, replica: u32) {
        // It may never have been written.
        std::fs::remove_file(Self::path(folder, service, replica)).unwrap_or_default();
    }
}
