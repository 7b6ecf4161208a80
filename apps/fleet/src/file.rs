//! `fleet.json` in the data folder: where the running fleet's doors are, for the command line.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tradewind_chassis::OpenDoor;
use tradewind_client::{Address, FarClient, PhoneBook};

/// The name of the file in the data folder.
const NAME: &str = "fleet.json";

/// The doors of a running fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetFile {
    /// The process.
    pub process: u32,
    /// Its doors, as `service/kind` and address.
    pub doors: Vec<(String, String)>,
    /// The door of the supervisor, when the services have processes of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<String>,
    /// The doors of further replicas, such as `orders-2/internal`, and their addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<(String, String)>,
}

/// The file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetFileError(pub String);

impl std::fmt::Display for FleetFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FleetFileError {}

impl FleetFile {
    /// The file's name, to be given to the data folder.
    pub const NAME: &'static str = NAME;

    /// The content for these doors of this process.
    #[must_use]
    pub fn new(doors: &[OpenDoor]) -> Self {
        let entry =
            |door: &OpenDoor| (format!("{}/{}", door.service, door.kind.name()), door.address.to_string());
        Self::of(doors.iter().map(entry).collect())
    }

    /// The content for these doors, as `service/kind` and address, of a fleet that this process looks after.
    #[must_use]
    pub fn of(doors: Vec<(String, String)>) -> Self {
        Self { process: std::process::id(), doors, supervisor: None, replicas: Vec::new() }
    }

    /// The same for a fleet of many processes: the address of the supervisor's door, and the doors of further replicas.
    #[must_use]
    pub fn supervised(self, supervisor: &str, replicas: Vec<(String, String)>) -> Self {
        Self { supervisor: Some(supervisor.to_owned()), replicas, ..self }
    }

    /// The text of the file.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, FleetFileError> {
        serde_json::to_string_pretty(self).map_err(|error| FleetFileError(error.to_string()))
    }

    /// Reads the file of the fleet that runs on the data folder `folder`.
    ///
    /// # Errors
    /// With what to do, when there is none or it is damaged.
    pub fn read(folder: &Path) -> Result<Self, FleetFileError> {
        let path = folder.join(NAME);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let path = path.display();
            FleetFileError(format!(
                "{path}: {error}. Is a fleet running on this folder? Name it with --data."
            ))
        })?;
        serde_json::from_str(&text).map_err(|error| FleetFileError(format!("{}: {error}", path.display())))
    }

    /// The doors as far peers.
    ///
    /// # Errors
    /// When an address is none.
    pub fn phone_book(&self) -> Result<PhoneBook, FleetFileError> {
        let book = PhoneBook::default();
        for (name, address) in self.doors.iter().chain(&self.replicas) {
            let client = FarClient::new(address).map_err(|error| FleetFileError(error.to_string()))?;
            book.enter(name.clone(), Address::Far(client));
        }
        Ok(book)
    }
}
