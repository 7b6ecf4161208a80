//! The servers that a run starts for itself, and ends.

use tradewind_testkit::postgres::Options;
use tradewind_testkit::{Postgres, RabbitMq};

use crate::folder::Folder;
use crate::meters;
use crate::setup::{Broker, Engine, Setup};

/// Connections that a server takes at a time: those of the fleet, and as many clients of a measurement.
const CONNECTIONS: usize = 200;

/// What is worth knowing of a server before its figures are.
const SETTINGS: [&str; 6] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_connections",
];

/// The servers of a run; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) postgres: Option<Postgres>,
    pub(crate) rabbitmq: Option<RabbitMq>,
}

impl Servers {
    /// Starts what the setup asks for.
    pub(crate) async fn start(setup: &Setup) -> Self {
        let postgres = match setup.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres().await),
        };
        let rabbitmq = match setup.broker {
            Broker::Feed => None,
            Broker::Rabbitmq => Some(RabbitMq::start().await),
        };
        Self { postgres, rabbitmq }
    }

    /// Processor time of the broker so far, in seconds; none without one.
    pub(crate) fn broker_seconds(&self) -> Result<f64, String> {
        self.rabbitmq.as_ref().map_or(Ok(0.0), |broker| meters::family_seconds(broker.id()))
    }

    /// Keeps what the servers said, for those who look for a cause.
    pub(crate) fn keep_logs(&self, folder: &Folder) {
        if let Some(server) = &self.postgres {
            std::fs::write(folder.part("postgres.log"), server.log()).unwrap_or_default();
        }
        if let Some(server) = &self.rabbitmq {
            std::fs::write(folder.part("rabbitmq.log"), server.log()).unwrap_or_default();
        }
    }
}

/// A new server that waits for the disk with each commit; says how it is set.
pub(crate) async fn postgres() -> Postgres {
    let server = Postgres::start(Options { connections: CONNECTIONS, ..Options::default() }).await;
    let shown: String = SETTINGS.map(|name| format!("show {name};")).concat();
    let values = server.psql("postgres", &shown).await;
    let told = SETTINGS.iter().zip(values.lines()).map(|(name, value)| format!("{name}={value}"));
    println!("PostgreSQL: {}", told.collect::<Vec<_>>().join(", "));
    server
}
