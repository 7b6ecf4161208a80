//! One service, built: its doors, its database, and what it will do once all others are built too.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tradewind_client::{BoxFuture, Handler, PhoneBook};
use tradewind_db::Db;
use tradewind_events::bus::Bus;
use tradewind_events::{Feed, Progress};
use tradewind_identity::Identity;
use tradewind_kernel::{Clock, Entropy, Secret};

use crate::description::DoorKind;
use crate::foreign::Outside;
use crate::health::Health;
use crate::host::PlatformSettings;
use crate::metrics::Metrics;
use crate::otlp::Exporter;
use crate::sagas::Meddled;
use crate::serve::{GuardFactory, OnRefusal};
use crate::settings::SettingsSource;
use crate::tasks::{Pace, Scope};
use crate::telemetry::records::LogBook;
use crate::tokens::Tokens;

/// What a service is built with.
pub(crate) struct Environment {
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) settings: SettingsSource,
    pub(crate) platform: PlatformSettings,
    pub(crate) secret: Secret,
    /// Who the process is, where it has a certificate.
    pub(crate) identity: Option<Identity>,
    pub(crate) db: Db,
    /// What tells this process from other replicas.
    pub(crate) instance: String,
    pub(crate) book: PhoneBook,
    /// How addresses outside are reached.
    pub(crate) outside: Outside,
    /// Verifies the tokens that are shown at doors.
    pub(crate) tokens: Arc<Tokens>,
    /// For messages that belong to no transaction, or why there is none.
    pub(crate) bus: Result<Bus, String>,
    /// Where the newest log lines are kept.
    pub(crate) logs: LogBook,
    /// What its tasks wait for before each step.
    pub(crate) pace: Option<Arc<dyn Pace>>,
    /// Whether others may use the same database at the same time though it is SQLite: under simulation.
    pub(crate) has_replicas: bool,
    /// What a test does to sagas.
    pub(crate) meddled: Arc<[Meddled]>,
    /// Whether what keeps a thread busy is done on the calling one: where nothing is kept in files.
    pub(crate) is_inline: bool,
    /// The data folder; `None` where nothing is kept in files.
    pub(crate) folder: Option<PathBuf>,
    /// What the definition says that it keeps secret, by name.
    pub(crate) secrets: BTreeMap<&'static str, Secret>,
    /// Whether this service tells of the process itself: one of those that share it does.
    pub(crate) tells_of_process: bool,
}

/// A door without a socket.
pub(crate) struct BuiltDoor {
    pub(crate) kind: DoorKind,
    pub(crate) port: u16,
    pub(crate) handler: Handler,
    pub(crate) guard: Option<(GuardFactory, OnRefusal)>,
    /// Where it listens, once it does.
    pub(crate) address: Option<SocketAddr>,
}

/// A subscription that waits for the feed of its producer.
pub(crate) struct Follower {
    pub(crate) producer: &'static str,
    pub(crate) progress: Arc<Progress>,
    pub(crate) follow: Box<dyn FnOnce(Box<dyn Feed>) -> BoxFuture<'static, ()> + Send>,
}

/// Work that is repeated.
pub(crate) struct Repeater {
    pub(crate) name: &'static str,
    /// The pause before the first run; each run gives the pause before the next.
    pub(crate) first: Duration,
    pub(crate) run: Box<dyn Fn() -> BoxFuture<'static, Duration> + Send + Sync>,
}

/// A built service.
pub(crate) struct Instance {
    pub(crate) name: &'static str,
    /// Under which name it takes leases.
    pub(crate) holder: String,
    pub(crate) db: Db,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    pub(crate) doors: Vec<BuiltDoor>,
    pub(crate) followers: Vec<Follower>,
    /// How far each subscription has come, by producer.
    pub(crate) followed: Vec<(&'static str, Arc<Progress>)>,
    pub(crate) repeaters: Vec<Repeater>,
    /// What carries the instances of sagas on.
    pub(crate) sagas: Vec<BoxFuture<'static, ()>>,
    /// What carries the rebuilds of views on.
    pub(crate) views: Vec<BoxFuture<'static, ()>>,
    /// Consumers of the bus.
    pub(crate) consumers: Vec<BoxFuture<'static, ()>>,
    /// Sends the spans to a collector, if there is one.
    pub(crate) exporter: Option<Exporter>,
    pub(crate) callees: Callees,
    pub(crate) scopes: Scopes,
}

/// The peers that a service calls.
#[derive(Debug, Default)]
pub(crate) struct Callees {
    /// These must be in the phone book.
    pub(crate) needed: Vec<String>,
    /// These are called where they are.
    pub(crate) optional: Vec<String>,
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("name", &self.name)
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

/// The scopes of an instance, in the order in which they stop.
#[derive(Debug, Clone)]
pub(crate) struct Scopes {
    /// Subscriptions and jobs.
    pub(crate) consumers: Scope,
    /// Listeners and their connections.
    pub(crate) connections: Scope,
    /// Requests that were accepted, and the queues before near doors.
    pub(crate) requests: Scope,
    /// What sends spans: last, so that those of the end are sent too.
    pub(crate) exports: Scope,
}

impl Scopes {
    pub(crate) fn new(service: &str, pace: Option<&Arc<dyn Pace>>) -> Self {
        let scope = |part: &str| Scope::paced(format!("{service}/{part}"), pace.cloned());
        Self {
            consumers: scope("consumers"),
            connections: scope("connections"),
            requests: scope("requests"),
            exports: scope("exports"),
        }
    }

    pub(crate) fn all(&self) -> [&Scope; 4] {
        [&self.consumers, &self.connections, &self.requests, &self.exports]
    }
}

/// Where a door is open.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OpenDoor {
    /// The service.
    pub service: String,
    /// The kind of door.
    pub kind: DoorKind,
    /// Its address.
    pub address: SocketAddr,
}
