//! What a service says of itself, as plain data.

use serde::Serialize;
use tradewind_lineage::Process;
use tradewind_saga::Outline;

/// The kinds of door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoorKind {
    /// For users, behind the gateway.
    Public,
    /// For operators of one service, where its contract has such a door.
    Admin,
    /// For the fleet itself: health, metrics, administration. Never routed.
    Internal,
    /// For everybody outside: the gateway's own door, with a thread of its own.
    DataPlane,
}

impl DoorKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Public, Self::Admin, Self::Internal, Self::DataPlane];

    /// The name used in settings and in the table of doors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Admin => "admin",
            Self::Internal => "internal",
            Self::DataPlane => "data-plane",
        }
    }

    /// Whether a door of this kind answers `GET /openapi.json`. What lies behind the data plane is not ours.
    #[must_use]
    pub fn is_documented(self) -> bool {
        self != Self::DataPlane
    }
}

/// A door of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoorDescription {
    /// Its kind.
    pub kind: DoorKind,
    /// The port it has when nothing else is said.
    pub port: u16,
    /// The routes behind it, as method and path template.
    pub routes: Vec<(String, String)>,
    /// The gRPC methods behind it, as paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rpcs: Vec<String>,
    /// Its pages and forms for people, as method and path template. Programs are promised nothing of them, so that no
    /// document lists them; tests do.
    #[serde(skip)]
    pub pages: Vec<(String, String)>,
}

/// A subscription of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionDescription {
    /// Whose events.
    pub producer: String,
    /// Which types of them.
    pub types: Vec<String>,
}

/// A service, described: the source of the topology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// What it is for, in one sentence.
    pub about: String,
    /// Its doors.
    pub doors: Vec<DoorDescription>,
    /// The types of events it promises.
    pub promises: Vec<String>,
    /// Those of them that other systems may read at its public door.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publishes: Vec<String>,
    /// What it listens to.
    pub listens: Vec<SubscriptionDescription>,
    /// The peers it calls.
    pub calls: Vec<String>,
    /// Work it repeats on its own.
    pub jobs: Vec<String>,
    /// Its sagas: of each the newest version, then the older ones that it carries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sagas: Vec<Outline>,
    /// Its views that can be made again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<String>,
    /// The processes that it owns and nobody leads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<Process>,
    /// The tables of rows that it shows to be checked from outside.
    pub evidence: Vec<String>,
    /// The parts of its schema.
    pub schema: Vec<String>,
    /// Secrets in the data folder that it keeps for itself, by the names of their files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// The codes of the problems it gives besides the platform's.
    pub problems: Vec<String>,
}

/// The names under which a door stands in the phone book.
///
/// `service` and `service:port` (its usual port, as routes name it) for the door that is routed;
/// `service/kind` for every door.
pub(crate) fn book_names(service: &Description, kind: DoorKind, port: u16) -> Vec<String> {
    let mut names = vec![format!("{}/{}", service.name, kind.name())];
    if kind == DoorKind::Public {
        names.push(service.name.clone());
        names.push(format!("{}:{port}", service.name));
    }
    names
}

impl Description {
    /// The names by which others find its doors in a phone book.
    #[must_use]
    pub fn door_names(&self) -> Vec<String> {
        self.doors.iter().flat_map(|door| book_names(self, door.kind, door.port)).collect()
    }
}
