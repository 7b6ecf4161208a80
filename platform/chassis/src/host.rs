//! What services run on: time, randomness, storage, network, settings.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_amqp::transport::Transport;
use tradewind_client::{NearDoor, Wire};
use tradewind_db::Volume;
use tradewind_kernel::{Clock, Entropy};

use crate::broker::{BrokerSettings, EventDriver};
use crate::data_folder::DataFolder;
use crate::database::DatabaseSettings;
use crate::description::DoorKind;
use crate::discovery::DiscoverySettings;
use crate::identity::IdentitySettings;
use crate::otlp::TelemetrySettings;
use crate::policies::ClientSettings;
use crate::settings::{SettingsError, SettingsSource, duration};
use crate::tasks::Pace;
use crate::telemetry::LogSettings;
use crate::view_settings::ViewSettings;

/// What a process gives to the services that run in it.
#[derive(Debug)]
pub struct Host {
    /// The time.
    pub clock: Clock,
    /// The randomness; each service gets a fork of it.
    pub entropy: Entropy,
    /// The settings.
    pub settings: SettingsSource,
    /// Where databases lie.
    pub storage: Storage,
    /// Whether and where doors open.
    pub network: Network,
}

/// Where databases lie.
#[derive(Debug)]
pub enum Storage {
    /// In a folder that this process has locked; each database has a writer thread.
    Folder(DataFolder),
    /// In memory, on the calling thread, gone with the process: for tests.
    Memory,
    /// The same, on a volume that outlives the process: for simulation.
    Volume {
        /// The volume.
        volume: Volume,
        /// What tells this process from other replicas.
        holder: String,
    },
}

/// Whether and where doors open.
#[derive(Debug)]
pub enum Network {
    /// On loopback, each port moved by this much.
    Shifted(i32),
    /// On loopback, on ports that are free.
    Free,
    /// On sockets that whoever started this process has bound: one for every door.
    Handed(Vec<HandedSocket>),
    /// Nowhere: only near peers reach them.
    None,
    /// At what stands in for a network, which also knows where all others are: for simulation.
    Wired(Arc<dyn Wiring>),
}

/// What stands in for the network of one process.
pub trait Wiring: Send + Sync + std::fmt::Debug {
    /// A door of this process is open: whoever asks for one of `names` is to reach it.
    fn open(&self, names: &[String], door: NearDoor);

    /// The door that others know by `name`; `None` when there is none in the whole fleet.
    fn find(&self, name: &str) -> Option<Arc<dyn Wire>>;

    /// What every task of this process waits for before each of its steps, if for anything.
    fn pace(&self) -> Option<Arc<dyn Pace>> {
        None
    }

    /// What stands in for the message broker; `None` when there is none, and then no setting may ask for one.
    fn broker(&self) -> Option<Arc<dyn Transport>> {
        None
    }
}

/// A listening socket for a door. Whoever handed it over keeps it open, so that callers wait in its queue while no
/// process serves it.
#[derive(Debug)]
pub struct HandedSocket {
    /// The service.
    pub service: String,
    /// The kind of door.
    pub kind: DoorKind,
    /// The socket, which listens already.
    pub socket: std::net::TcpListener,
}

/// The settings of the platform itself.
#[derive(Debug, Clone, Default)]
pub struct PlatformSettings {
    /// Section `log`.
    pub log: LogSettings,
    /// Section `http`.
    pub http: HttpSettings,
    /// Section `shutdown`.
    pub shutdown: ShutdownSettings,
    /// Section `database`.
    pub database: DatabaseSettings,
    /// Section `events`.
    pub events: EventSettings,
    /// Section `views`.
    pub views: ViewSettings,
    /// Section `broker`.
    pub broker: BrokerSettings,
    /// Section `access`.
    pub access: AccessSettings,
    /// Section `identity`.
    pub identity: IdentitySettings,
    /// Section `client`.
    pub client: ClientSettings,
    /// Section `discovery`.
    pub discovery: DiscoverySettings,
    /// Section `peers`: service, then kind of door, then where others find the door instead of in this process: see
    /// [`Whereabouts`](tradewind_client::Whereabouts).
    pub peers: BTreeMap<String, BTreeMap<String, String>>,
    /// Section `telemetry`.
    pub telemetry: TelemetrySettings,
    /// Section `processes`: processes of the fleet that are no services of ours, by name; only who starts the fleet's
    /// processes reads it.
    pub processes: BTreeMap<String, ForeignProcess>,
    /// Section `doors`: service, then kind of door, then address; replaces the usual address.
    pub doors: BTreeMap<String, BTreeMap<String, SocketAddr>>,
}

/// A process of the fleet that is no service of ours, in any language: `processes.<name>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForeignProcess {
    /// The program and its arguments; empty when it is started by somebody else.
    pub command: Vec<String>,
    /// The address of its public door, such as `127.0.0.1:8090`; absent when it has none.
    pub public: Option<SocketAddr>,
    /// The services whose events it reads.
    pub follows: Vec<String>,
}

/// Section `http`: bounds on requests and connections.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// The greatest request body, in bytes.
    pub max_body_bytes: usize,
    /// How long a request may take; a caller may ask for less with `Tradewind-Timeout-Ms`.
    #[serde(with = "duration")]
    pub deadline: Duration,
    /// How long a client may take to send a head, and a connection may stay unused.
    #[serde(with = "duration")]
    pub head_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            max_body_bytes: 1024 * 1024,
            deadline: Duration::from_secs(10),
            head_timeout: Duration::from_secs(30),
        }
    }
}

/// Section `shutdown`: how long the phases of a drain may take.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShutdownSettings {
    /// How long to go on serving after readiness was withdrawn, so that balancers notice. None on a laptop.
    #[serde(with = "duration")]
    pub balancer_wait: Duration,
    /// When everything that still runs is dropped, counted from the signal.
    #[serde(with = "duration")]
    pub deadline: Duration,
}

impl Default for ShutdownSettings {
    fn default() -> Self {
        Self { balancer_wait: Duration::ZERO, deadline: Duration::from_secs(20) }
    }
}

/// The shortest time for which events are kept, and the shortest patience with a silent subscriber: reports come once a
/// minute.
const LEAST_KEPT: Duration = Duration::from_secs(60);
const LEAST_PATIENCE: Duration = Duration::from_secs(600);

/// Section `events`: how long the log keeps what was announced, and how it travels.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventSettings {
    /// How long an event is kept at least, whoever has handled it; a minute or more.
    #[serde(with = "duration")]
    pub retention: Duration,
    /// How long a subscriber that has not handled old events may be silent before they are removed all the same; ten
    /// minutes or more.
    #[serde(with = "duration")]
    pub forget_subscriber_after: Duration,
    /// How events travel; without it by the broker if `broker.url` names one, else by the feed.
    pub driver: Option<EventDriver>,
}

impl Default for EventSettings {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Self { retention: 7 * day, forget_subscriber_after: 30 * day, driver: None }
    }
}

impl EventSettings {
    /// Makes sure that no event is gone before anybody can have handled it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.retention < LEAST_KEPT {
            return Err("events.retention: at least 1m".to_owned());
        }
        if self.forget_subscriber_after < LEAST_PATIENCE {
            return Err("events.forget_subscriber_after: at least 10m".to_owned());
        }
        Ok(())
    }
}

/// Section `access`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessSettings {
    /// Whether `dev-user-<id>`, `dev-staff-<id>` and `dev-admin-<id>` are accepted as tokens, which nobody verifies. For tests, and for
    /// trying things out where nobody else is.
    pub development_tokens: bool,
    /// Who must have issued a token: its `iss`.
    pub issuer: String,
    /// For whom a token must be: its `aud`.
    pub audience: String,
    /// The service that shows the keys for verifying tokens, at `/.well-known/jwks.json` of its public door.
    pub issued_by: String,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            development_tokens: false,
            issuer: "http://localhost:8080".to_owned(),
            audience: "tradewind".to_owned(),
            issued_by: "accounts".to_owned(),
        }
    }
}

/// The sections that belong to the platform.
const SECTIONS: [&str; 15] = [
    "log",
    "http",
    "shutdown",
    "database",
    "events",
    "views",
    "broker",
    "access",
    "identity",
    "client",
    "discovery",
    "peers",
    "telemetry",
    "processes",
    "doors",
];

impl PlatformSettings {
    /// Reads the platform's sections and refuses sections that neither the platform nor a service knows.
    ///
    /// # Errors
    /// The first setting that is wrong, with where it came from.
    pub fn read(source: &SettingsSource, services: &[&str]) -> Result<Self, SettingsError> {
        let known: Vec<&str> = SECTIONS.iter().chain(services).copied().collect();
        source.refuse_unknown_sections(&known)?;
        Ok(Self {
            log: source.section("log")?,
            http: source.section("http")?,
            shutdown: source.section("shutdown")?,
            database: source.section("database")?,
            events: source.section("events")?,
            views: source.section("views")?,
            broker: source.section("broker")?,
            access: source.section("access")?,
            identity: source.section("identity")?,
            client: source.section("client")?,
            discovery: source.section("discovery")?,
            peers: source.section("peers")?,
            telemetry: source.section("telemetry")?,
            processes: source.section("processes")?,
            doors: source.section("doors")?,
        })
    }
}
