//! What can be said on the command line of a service.

use std::path::PathBuf;

use clap::Parser;

/// Runs one service of a fleet until Ctrl-C. Where its peers are is in the settings (`peers`, `discovery`).
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The folder that holds the database and secrets; the services of a fleet share one
    #[arg(long, value_name = "FOLDER", default_value = "tradewind-data", env = "TRADEWIND_DATA")]
    pub(crate) data: PathBuf,
    /// A settings file in TOML; without it ./tradewind.toml is read if there is one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting, over file and environment; may be repeated
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The port that the gateway would have; all doors move by as much (usual: 8080). 0 takes free ones
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Which of the replicas of the service this is; more than one needs PostgreSQL
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) replica: u32,
    /// The other services of the fleet, with commas between: settings may be about them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) beside: Vec<String>,
    /// Take the second name that a replica has, while the process before it still runs under the first
    #[arg(long)]
    pub(crate) spare: bool,
    /// Only bring the schema of the database up to date, and end: for the job that runs before `database.migrate=require`
    #[arg(long, conflicts_with_all = ["supervised", "port"])]
    pub(crate) migrate: bool,
    /// Standard input is a Unix socket of whoever started this: the sockets of the doors come through it, and its end
    /// is a request to stop
    #[arg(long, conflicts_with = "port")]
    pub(crate) supervised: bool,
}
