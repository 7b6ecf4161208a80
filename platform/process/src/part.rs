//! Where a running service has its doors: told to the supervisor, and written into the data folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_chassis::{DataFolder, OpenDoor};

/// A running part of a fleet: one replica of one service.
///
/// A process writes it into the data folder when its doors are open, and over that of the process before it; who was
/// killed leaves it behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The service.
    pub service: String,
    /// Which of its replicas, from 1.
    pub replica: u32,
    /// The process.
    pub process: u32,
    /// Its doors: kind and address.
    pub doors: Vec<(String, String)>,
}

impl Part {
    /// This process, with these doors.
    #[must_use]
    pub fn new(service: &str, replica: u32, doors: &[OpenDoor]) -> Self {
        let door = |door: &OpenDoor| (door.kind.name().to_owned(), door.address.to_string());
        let process = std::process::id();
        Self { service: service.to_owned(), replica, process, doors: doors.iter().map(door).collect() }
    }

    /// The name of its file in the data folder.
    #[must_use]
    pub fn file_name(service: &str, replica: u32) -> String {
        format!("part-{service}-{replica}.json")
    }

    /// Writes its file.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, folder: &DataFolder) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let name = Self::file_name(&self.service, self.replica);
        folder.write_document(&name, &text).map_err(|error| error.to_string())
    }

    /// Removes the file of a part that has ended.
    pub fn remove(folder: &Path, service: &str, replica: u32) {
        let path: PathBuf = folder.join(Self::file_name(service, replica));
        // It may never have been written.
        std::fs::remove_file(path).unwrap_or_default();
    }
}
