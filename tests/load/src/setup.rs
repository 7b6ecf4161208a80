//! On what a run is started: engine, broker, and how many processes.

/// Where the services keep their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Engine {
    /// In files of the data folder
    #[default]
    Sqlite,
    /// In databases on a PostgreSQL server that the run starts and ends
    Postgres,
}

/// How events come from one service to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Broker {
    /// By the producer's feed
    #[default]
    Feed,
    /// Over a RabbitMQ server that the run starts and ends
    Rabbitmq,
}

/// What a run is started on, the same for every kind of run.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Setup {
    /// Where the services keep their data
    #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
    pub(crate) engine: Engine,
    /// How events travel
    #[arg(long, value_name = "BROKER", default_value = "feed")]
    pub(crate) broker: Broker,
    /// Run every service as a process of its own, kept by `tradewind up --processes`
    #[arg(long)]
    pub(crate) processes: bool,
    /// Several processes of one service, on PostgreSQL; may be repeated
    #[arg(long, value_name = "SERVICE=NUMBER", requires = "processes")]
    pub(crate) replicas: Vec<String>,
}

impl std::fmt::Display for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let engine = match self.engine {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        };
        let broker = match self.broker {
            Broker::Feed => "the feed",
            Broker::Rabbitmq => "RabbitMQ",
        };
        write!(f, "{engine}, events by {broker}, ")?;
        match (self.processes, self.replicas.as_slice()) {
            (false, _) => f.write_str("one process"),
            (true, []) => f.write_str("a process for each service"),
            (true, replicas) => write!(f, "a process for each service, {}", replicas.join(", ")),
        }
    }
}
