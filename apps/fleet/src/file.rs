//! `fleet.json` in the data folder: where the running fleet's doors are, for the command line.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_chassis::{DoorKind, OpenDoor};
use tradewind_client::{Address, FarClient, PhoneBook};
use tradewind_identity::{Identity, IdentityFiles};
use tradewind_kernel::Clock;

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
    /// Where the certificate of the operator is, when doors want one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<FleetIdentity>,
}

/// The files by which the command line shows that it is the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetIdentity {
    /// The trust domain of the fleet.
    pub trust_domain: String,
    /// PEM: the certificate.
    pub certificate: PathBuf,
    /// PEM: its key; may be the same file.
    pub key: PathBuf,
    /// PEM: the authorities that are trusted.
    pub authority: PathBuf,
}

impl FleetIdentity {
    /// These files of the operator of `trust_domain`; found from wherever the command line is called.
    #[must_use]
    pub fn new(trust_domain: &str, files: &IdentityFiles) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            trust_domain: trust_domain.to_owned(),
            certificate: absolute(&files.certificate),
            key: absolute(&files.key),
            authority: absolute(&files.authority),
        }
    }

    fn load(&self) -> Result<Identity, FleetFileError> {
        let Self { trust_domain, certificate, key, authority } = self;
        let (certificate, key, authority) = (certificate.clone(), key.clone(), authority.clone());
        let domain = trust_domain.parse().map_err(|error| FleetFileError(format!("{error}")))?;
        let files = IdentityFiles { certificate, key, authority };
        Identity::load(files, domain, Clock::system()).map_err(|error| FleetFileError(error.to_string()))
    }
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
        Self { process: std::process::id(), doors, supervisor: None, replicas: Vec::new(), identity: None }
    }

    /// The same for a fleet of many processes: the address of the supervisor's door, and the doors of further replicas.
    #[must_use]
    pub fn supervised(self, supervisor: &str, replicas: Vec<(String, String)>) -> Self {
        Self { supervisor: Some(supervisor.to_owned()), replicas, ..self }
    }

    /// The same for a fleet whose doors want a certificate: that of the operator.
    #[must_use]
    pub fn identified(self, identity: FleetIdentity) -> Self {
        Self { identity: Some(identity), ..self }
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

    /// The doors as far peers. Where doors want a certificate, callers show that of the operator, and each door has to
    /// show that it is its service's; but for a data plane, which is the public's and speaks plainly behind its edge.
    ///
    /// # Errors
    /// When an address is none, or the certificate cannot be used.
    pub fn phone_book(&self) -> Result<PhoneBook, FleetFileError> {
        let identity = self.identity()?;
        let book = PhoneBook::default();
        let doors = self.doors.iter().map(|door| (service_of(door), door));
        let replicas = self.replicas.iter().map(|door| (first_of(service_of(door)), door));
        for (service, (name, address)) in doors.chain(replicas) {
            let identity = identity.as_ref().filter(|_| !is_data_plane(name));
            book.enter(name.clone(), Address::Far(client(service, address, identity)?));
        }
        Ok(book)
    }

    /// A client of the supervisor's door, where `service` is the name that the supervisor has; `None` for a fleet of one
    /// process.
    ///
    /// # Errors
    /// When the address is none, or the certificate cannot be used.
    pub fn supervisor(&self, service: &str) -> Result<Option<FarClient>, FleetFileError> {
        let Some(address) = &self.supervisor else { return Ok(None) };
        client(service, address, self.identity()?.as_ref()).map(Some)
    }

    fn identity(&self) -> Result<Option<Identity>, FleetFileError> {
        self.identity.as_ref().map(FleetIdentity::load).transpose()
    }
}

fn client(service: &str, address: &str, identity: Option<&Identity>) -> Result<FarClient, FleetFileError> {
    let client = FarClient::new(address).map_err(|error| FleetFileError(error.to_string()))?;
    Ok(match identity {
        Some(identity) => client.with_identity(identity, service),
        None => client,
    })
}

fn is_data_plane(door: &str) -> bool {
    door.rsplit_once('/').is_some_and(|(_, kind)| kind == DoorKind::DataPlane.name())
}

fn service_of(door: &(String, String)) -> &str {
    door.0.split_once('/').map_or(door.0.as_str(), |(service, _)| service)
}

/// The service of a replica that is called `orders-2`: all replicas of a service share its identity.
fn first_of(replica: &str) -> &str {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    replica.rsplit_once('-').filter(|(_, end)| number(end)).map_or(replica, |(service, _)| service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_have_the_identity_of_their_service() {
        for (replica, service) in
            [("orders-2", "orders"), ("a-b-10", "a-b"), ("a-b", "a-b"), ("orders", "orders")]
        {
            assert_eq!(first_of(replica), service);
        }
    }

    #[test]
    fn a_data_plane_is_the_only_door_that_asks_for_no_certificate() {
        for (door, is_plain) in [
            ("gateway/data-plane", true),
            ("gateway/internal", false),
            ("orders/public", false),
            ("data-plane/internal", false),
        ] {
            assert_eq!(is_data_plane(door), is_plain, "{door}");
        }
    }

    #[test]
    fn an_operator_without_a_certificate_is_told_which_file_is_missing() {
        let own = PathBuf::from("absent/operator.pem");
        let files =
            IdentityFiles { certificate: own.clone(), key: own, authority: "absent/authority.pem".into() };
        let file = FleetFile::of(Vec::new()).identified(FleetIdentity::new("tradewind.local", &files));
        let text = file.to_json().unwrap();
        let read: FleetFile = serde_json::from_str(&text).unwrap();
        assert_eq!(read, file);
        assert!(read.identity.as_ref().unwrap().key.is_absolute());
        assert!(read.phone_book().unwrap_err().to_string().contains("absent/operator.pem: cannot be read"));
    }
}
