//! What can be said on the command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tradewind_catalogue_contract::Label;
use tradewind_fleet::LetterName;
use tradewind_kernel::Id;

use crate::audit::Audit;
use crate::replicas::Replicas;
use crate::since::Since;

/// Runs a fleet of services on this machine: nothing to install, nothing to configure.
///
/// Without a command, `up` is meant and takes its options. Start it, then follow the lines it prints.
#[derive(Debug, Parser)]
#[command(name = "tradewind", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    up: Up,
}

impl Arguments {
    /// What is to be done: `up`, when no command is named.
    pub(crate) fn command(self) -> Command {
        self.command.unwrap_or(Command::Up(self.up))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start all services, in this process or each in its own, and serve until Ctrl-C
    Up(Up),
    /// Show every service: doors, events promised and listened to
    Describe(Describe),
    /// Print the AsyncAPI document of a service: which events it tells and hears
    Asyncapi(Asyncapi),
    /// Fill a running fleet with the shop's goods, or with goods for load tests
    Seed(Seed),
    /// Take products of a running fleet in from a file, or write them to one
    Catalogue(Catalogue),
    /// Ask a running fleet whether it is ready; the exit status tells
    Health(Health),
    /// Show the processes of a fleet that was started with --processes
    Ps(Ps),
    /// Swap processes of such a fleet for new ones, one after the other, while it serves
    Restart(Restart),
    /// Check a running fleet's promises against the rows of its databases; the exit status tells
    Verify(Verify),
    /// Copy all databases of a fleet, running or stopped, into a new folder
    Backup(Backup),
    /// Make a new data folder from a backup, and judge it; the exit status tells
    Restore(Restore),
    /// Make the databases of services on a PostgreSQL server, or bring their schemas up to date
    Db(Databases),
    /// Look at events that could not be handled, mend them, replay them or drop them
    Letters(Letters),
    /// Look at what is recorded of who did what, and verify that nothing of it was changed
    Audit(Audit),
    /// Look at the views of a running fleet, and make them again from their events
    Views(Views),
    /// Show what happened to an order and why, what remains, and what an undo would do
    Why(Why),
    /// List the processes of a running fleet that have not ended; with --stuck the exit status tells
    Processes(Processes),
    /// Show the log lines of a running fleet, and follow them with -f
    Logs(Watch),
    /// Show what the services of a running fleet told each other, and follow it with -f
    Events(Watch),
    /// Show how requests and what followed from them went through a running fleet
    Traces(Watch),
    /// Run a registry, by which services in processes of their own find each other, until Ctrl-C
    Registry(RegistryArguments),
    /// Run the fleet in virtual time under faults that seeds decide; the exit status tells
    Sim(Sim),
    /// Name the points at which TRADEWIND_FAULT can end this build, one a line
    #[cfg(feature = "fault-points")]
    FaultPoints,
}

/// Show what happened to an order and why, across services: requests, events, sagas, attempts that failed, letters.
///
/// Each line stands under what caused it. Requests and failed attempts are shown as long as the services keep their
/// spans; events and sagas as long as their logs do.
#[derive(Debug, Args)]
pub(crate) struct Why {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The order, as placing it answered
    #[arg(value_name = "ORDER")]
    pub(crate) order: Id,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the processes of a running fleet that have not ended: sagas under way, and orders that nobody decides.
///
/// A process is stuck when attempts have failed for a while, a signal that must come has not come, or its time is over.
#[derive(Debug, Args)]
pub(crate) struct Processes {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Only those that are stuck; ends with 1 when there are any
    #[arg(long)]
    pub(crate) stuck: bool,
    /// The most of each kind and service
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) limit: u16,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Only what belongs to this order: placing it, and what was asked of it since
    #[arg(long, value_name = "ID")]
    pub(crate) order: Option<Id>,
    /// Only these services, with commas between their names
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) service: Vec<String>,
    /// Go on with what comes, until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only what is younger than 90s, 15m or 2h, or than a time such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "AGE")]
    pub(crate) since: Option<Since>,
    /// Begin with the newest so many; usually 1000 lines or events, 20 traces
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: Option<u32>,
    /// One JSON document a line, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// What follows is the simulator's own command line.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Sim {
    /// See `tradewind sim --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    pub(crate) arguments: Vec<OsString>,
}

/// Run a registry, by which services in processes of their own find each other, until Ctrl-C.
///
/// It holds everything in memory. When it is away, instances and callers go on with what they know; when it begins
/// anew, everybody registers again by itself. The services are told where it is by discovery.registry.
#[derive(Debug, Args)]
pub(crate) struct RegistryArguments {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Where it listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8075")]
    pub(crate) listen: SocketAddr,
    /// Without a heartbeat for so many milliseconds an instance is taken for dead
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2_500)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub(crate) ttl: u64,
    /// Stop when standard input closes: whoever started this is gone
    #[arg(long)]
    pub(crate) supervised: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    /// The folder that holds the databases and secrets; made when there is none
    #[arg(long, value_name = "FOLDER", default_value = "tradewind-data", env = "TRADEWIND_DATA")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The port of the gateway; all other ports move by as much (usual: 8080). 0 takes free ones
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Leave an empty shop empty
    #[arg(long)]
    pub(crate) no_seed: bool,
    /// Run every service as a process of its own, and start it again when it ends
    #[arg(long)]
    pub(crate) processes: bool,
    /// Only these services, with commas between their names; the others are found through the settings
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "processes")]
    pub(crate) only: Vec<String>,
    /// Several processes of one service, on PostgreSQL; may be repeated
    #[arg(long, value_name = "SERVICE=NUMBER", requires = "processes")]
    pub(crate) replicas: Vec<Replicas>,
    /// Let all doors speak plain HTTP, internal ones for the secret alone; otherwise services show each other
    /// certificates of an authority in the data folder
    #[arg(long, requires = "processes")]
    pub(crate) plain: bool,
    /// Build a service again when its sources change, and swap its processes; from within the sources
    #[arg(long, requires = "processes")]
    pub(crate) watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// A settings file in TOML; without it ./tradewind.toml is read if there is one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting, over file and environment; may be repeated
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// Copy all databases of a fleet into a new folder, running or stopped.
///
/// A running fleet goes on: commands are taken, and events wait for the moment in which the state of every database
/// is chosen, so that the copies belong together. Every order that was accepted before the backup began is in it.
/// The folder holds a manifest and a text file for each service; any engine takes it, see `restore`. It holds
/// personal data: keep it as you keep the databases. Secrets are not in it unless you ask for them, and need not be:
/// a restored fleet makes its own.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The folder to write to: not there yet, or empty
    #[arg(long, value_name = "FOLDER", required_unless_present = "check")]
    pub(crate) to: Option<PathBuf>,
    /// Instead of taking a backup, read this one to its end and say whether it is as it was written
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["to", "with_secrets"])]
    pub(crate) check: Option<PathBuf>,
    /// The fleet runs on other machines; where its doors are stands in fleet.json of the data folder
    #[arg(long, conflicts_with = "check")]
    pub(crate) running: bool,
    /// Copy the secrets of the data folder too; whoever reads the backup can then open the internal doors
    #[arg(long)]
    pub(crate) with_secrets: bool,
    /// The manifest as JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Make a new data folder from a backup, and judge it.
///
/// Everything is read back and compared with the backup, then the services are started without network until they
/// have caught up, and the promises of the fleet are checked as `verify` does. Ends with 0 when all that was judged
/// holds, and with 1 when something is broken or cannot be used; a fleet does not start on what was not finished.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder of the backup
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: PathBuf,
    /// The data folder to make: not there yet, or empty
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// How long the restored services may take to handle what they had not handled
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) settle: u64,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct Describe {
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
    /// Who is where and may talk to whom, as JSON: the file that the chart is driven by
    #[arg(long, conflicts_with = "json")]
    pub(crate) chart: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Asyncapi {
    /// The service
    #[arg(value_name = "SERVICE")]
    pub(crate) service: String,
    /// Only what it offers to other systems
    #[arg(long)]
    pub(crate) public: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Seed {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Goods for load tests: 1,000 products with plenty of stock and 1,000 customers with plenty of credit
    #[arg(long, conflicts_with = "products")]
    pub(crate) load: bool,
    /// A large assortment beside the shop's goods: so many products in three levels of categories, with variants,
    /// attributes and stock, always the same ones
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) products: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    #[command(subcommand)]
    pub(crate) command: CatalogueCommand,
    /// The folder of the running fleet
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "tradewind-data",
        env = "TRADEWIND_DATA",
        global = true
    )]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogueCommand {
    /// Take in products from a file of comma-separated values (.csv) or of JSON lines (.ndjson). Again it goes on
    /// where it was left; rows in error are listed with their lines, the others are taken
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A name for this import, by which it goes on; made of the file's contents when nothing is said
        #[arg(long, value_name = "NAME")]
        id: Option<tradewind_kernel::Slug>,
    },
    /// Make a category, or say anew what it is called and where it is; products name it by its id
    Category {
        /// Its id, as in `garden-tools`
        #[arg(value_name = "ID")]
        id: tradewind_kernel::Slug,
        /// Its name in English
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// Its name in another language, as in `de=Garten`; may be repeated
        #[arg(long, value_name = "LANGUAGE=TEXT", value_parser = crate::label::label)]
        name_in: Vec<Label>,
        /// The category that it is right below, which is there already
        #[arg(long, value_name = "ID")]
        parent: Option<tradewind_kernel::Slug>,
        /// Its place among those beside it
        #[arg(long, value_name = "NUMBER", default_value_t = 0, allow_negative_numbers = true)]
        position: i32,
    },
    /// Write all products to a file, .csv or .ndjson. Comma-separated values have no labels: the other form has all
    Export {
        /// The file, which must not be there
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    #[command(flatten)]
    pub(crate) data: Data,
}

#[derive(Debug, Args)]
pub(crate) struct Ps {
    #[command(flatten)]
    pub(crate) data: Data,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// Swap processes of a fleet for new ones, one after the other, while it serves.
///
/// On PostgreSQL a new process starts and is ready before the old one drains. A SQLite file belongs to one process: the
/// old one ends first, and callers wait for the new one. Ends with 1 at the first process that does not come back.
#[derive(Debug, Args)]
pub(crate) struct Restart {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Only these services; without them all, the gateway last
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) data: Data,
    /// How long a busy fleet may take to become quiet; some promises can be judged only then
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) settle: u64,
    /// Judge a fleet under load: what needs a quiet one is left out
    #[arg(long)]
    pub(crate) live: bool,
    /// As JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Databases {
    #[command(subcommand)]
    pub(crate) command: DatabasesCommand,
    /// The data folder, which holds embedded databases and the passwords of served ones
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "tradewind-data",
        env = "TRADEWIND_DATA",
        global = true
    )]
    pub(crate) data: PathBuf,
    /// A settings file in TOML; without it ./tradewind.toml is read if there is one
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// One setting, over file and environment; may be repeated
    #[arg(long, value_name = "SECTION.KEY=VALUE", global = true)]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DatabasesCommand {
    /// Make a database and a role for each service; no service can open the database of another
    ///
    /// Can be run again at any time that no fleet runs on the data folder.
    ///
    /// Passwords that no setting gives are made and kept in the data folder, where `up` finds them.
    Provision(Provision),
    /// Apply missing migrations of all services, under a lock: for a deploy job, before database.migrate=require
    Migrate,
}

#[derive(Debug, Args)]
pub(crate) struct Provision {
    /// A role that may create roles and databases: postgres://ROLE:PASSWORD@HOST:PORT
    #[arg(long, value_name = "URL", env = "TRADEWIND_ADMIN_URL", hide_env_values = true)]
    #[arg(required_unless_present = "admin_url_file", conflicts_with = "admin_url_file")]
    pub(crate) admin_url: Option<String>,
    /// A file that holds the same, so that no password shows in the list of processes
    #[arg(long, value_name = "FILE")]
    pub(crate) admin_url_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Letters {
    #[command(subcommand)]
    pub(crate) command: LettersCommand,
    /// The folder of the running fleet
    // Not the others' `Data`: here it may stand behind the inner command.
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "tradewind-data",
        env = "TRADEWIND_DATA",
        global = true
    )]
    pub(crate) data: PathBuf,
    /// Only the letters of this service
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) service: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LettersCommand {
    /// Show all letters, in order
    List,
    /// Show one letter with its event
    Show(Named),
    /// Replace what the event of a letter says; the original is kept
    Edit {
        #[command(flatten)]
        named: Named,
        /// A file with the new data as JSON; - reads it from the standard input
        #[arg(long, value_name = "FILE")]
        with: PathBuf,
        /// Why, for those who ask later
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Handle the letters of a letter's key again, in order; stops at the first that fails again
    Replay(Named),
    /// Give a letter up: its event is never handled
    Drop {
        #[command(flatten)]
        named: Named,
        /// The first letter of the same key instead
        #[arg(long)]
        head: bool,
        /// Why, for those who ask later
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The letter, as the list names it, such as orders/17
    #[arg(value_name = "LETTER")]
    pub(crate) letter: LetterName,
}

#[derive(Debug, Args)]
pub(crate) struct Views {
    #[command(subcommand)]
    pub(crate) command: ViewsCommand,
    /// The folder of the running fleet
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "tradewind-data",
        env = "TRADEWIND_DATA",
        global = true
    )]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ViewsCommand {
    /// Show all views, or those of one service
    List {
        /// The service, such as orders
        #[arg(value_name = "SERVICE")]
        service: Option<String>,
    },
    /// Show how far a rebuild is, and what the last one found
    Status(OfView),
    /// Make a view again beside the live one, compare both, and swap it in
    Rebuild {
        #[command(flatten)]
        of: OfView,
        /// Swap it in although rows differ: the live ones are known to be wrong
        #[arg(long)]
        accept: bool,
        /// Do not wait for the end
        #[arg(long)]
        no_wait: bool,
    },
    /// Call a rebuild off; the live view stays as it is
    Cancel(OfView),
}

#[derive(Debug, Args)]
pub(crate) struct OfView {
    /// The service, such as orders
    #[arg(value_name = "SERVICE")]
    pub(crate) service: String,
    /// The view, when the service has several
    #[arg(value_name = "VIEW")]
    pub(crate) view: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_letters_take_their_folder_anywhere() {
        <Arguments as CommandFactory>::command().debug_assert();
        for line in ["letters --data here list", "letters list --data here"] {
            let words = std::iter::once("tradewind").chain(line.split(' '));
            let parsed = Arguments::try_parse_from(words).unwrap().command();
            assert!(matches!(parsed, Command::Letters(letters) if letters.data.as_os_str() == "here"));
        }
        assert!(Arguments::try_parse_from(["tradewind", "describe", "--data", "here"]).is_err());
    }
}
