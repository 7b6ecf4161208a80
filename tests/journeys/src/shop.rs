//! The running services of a shop: in this process, or each in a process of its own.

use std::net::SocketAddr;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{DataFolder, Drained, Host, INTERNAL_SECRET, Network, Running, StartError, Storage};
use tradewind_client::PhoneBook;
use tradewind_db::{Db, Execution, Location, Options, PostgresOptions};
use tradewind_fleet::{FleetFile, Quiet, services};
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_testkit::{Folder, LIMIT, Process};

use crate::engine::{Databases, has_broker, is_postgres};

/// With the value `1`, every shop that is not simulated runs as `tradewind up --processes` does.
const VARIABLE: &str = "TRADEWIND_TEST_PROCESSES";

/// The program, below whose folder the tests lie.
const PROGRAM: &str = "tradewind";

/// What a supervisor says when all services are ready, and when one failed for the second time: that one will not
/// start.
const READY: &str = "ready in ";
const FAILING: &str = "; started again in 0.2 s";

/// Whether the shops of these tests run in processes of their own.
///
/// # Panics
/// When the variable says neither yes nor no.
#[must_use]
pub fn has_processes() -> bool {
    match std::env::var(VARIABLE).as_deref() {
        Err(_) | Ok("" | "0") => false,
        Ok("1") => true,
        Ok(other) => panic!("{VARIABLE} is {other:?}: say 1 or 0"),
    }
}

/// Whether this is the run that needs nothing but Rust, which comes before all others: what depends neither on an engine
/// nor on a broker is judged in it, and once.
#[must_use]
pub fn is_plain() -> bool {
    !is_postgres() && !has_broker() && !has_processes()
}

/// The running services.
#[derive(Debug)]
pub(crate) enum Shop {
    Inside(Box<Running>),
    Processes(Box<Processes>),
}

/// Services in processes of their own. Their databases are opened beside them, to look at.
#[derive(Debug)]
pub(crate) struct Processes {
    supervisor: Process,
    file: FleetFile,
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
    databases: Vec<(String, Db)>,
}

impl Shop {
    /// Starts the services on real files, servers and sockets.
    pub(crate) async fn launch(
        folder: &Folder,
        databases: Option<&Databases>,
        settings: &[String],
    ) -> Result<Self, StartError> {
        if has_processes() {
            return Ok(Self::Processes(Box::new(Processes::start(folder, databases, settings).await?)));
        }
        let host = Host {
            clock: Clock::system(),
            entropy: Entropy::system(),
            settings: SettingsSource::new().overrides(settings).unwrap(),
            storage: Storage::Folder(DataFolder::open(folder.path()).unwrap()),
            network: Network::Free,
        };
        let running = tradewind_fleet::assembly().start(host, &mut |_, _| {}).await?;
        Ok(Self::Inside(Box::new(running)))
    }

    pub(crate) fn book(&self) -> &PhoneBook {
        match self {
            Self::Inside(running) => running.book(),
            Self::Processes(processes) => &processes.book,
        }
    }

    pub(crate) fn secret(&self) -> &Secret {
        match self {
            Self::Inside(running) => running.secret(),
            Self::Processes(processes) => &processes.secret,
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        match self {
            Self::Inside(running) => running.clock(),
            Self::Processes(processes) => &processes.clock,
        }
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        match self {
            Self::Inside(running) => running.entropy(),
            Self::Processes(processes) => &processes.entropy,
        }
    }

    pub(crate) fn database(&self, service: &str) -> Option<&Db> {
        match self {
            Self::Inside(running) => running.database(service),
            Self::Processes(processes) => {
                processes.databases.iter().find(|(name, _)| name == service).map(|(_, db)| db)
            }
        }
    }

    pub(crate) fn door(&self, name: &str) -> Option<SocketAddr> {
        match self {
            Self::Inside(running) => {
                let doors = running.doors().into_iter();
                let mut found = doors.filter(|door| format!("{}/{}", door.service, door.kind.name()) == name);
                found.next().map(|door| door.address)
            }
            Self::Processes(processes) => {
                let found = processes.file.doors.iter().find(|(known, _)| known == name);
                found.map(|(_, address)| address.parse().unwrap())
            }
        }
    }

    pub(crate) async fn caught_up(&self) {
        match self {
            Self::Inside(running) => running.caught_up(LIMIT).await.unwrap(),
            Self::Processes(processes) => processes.quiet().caught_up(LIMIT).await.unwrap(),
        }
    }

    pub(crate) fn mark_ready(&self) {
        // Processes say it by themselves.
        if let Self::Inside(running) = self {
            running.mark_ready();
        }
    }

    /// Ends the services, which finish what they accepted.
    pub(crate) async fn shutdown(self) {
        match self {
            Self::Inside(running) => assert_eq!(running.shutdown().await, Drained::Clean),
            Self::Processes(processes) => processes.stop().await,
        }
    }
}

impl Processes {
    async fn start(
        folder: &Folder,
        databases: Option<&Databases>,
        settings: &[String],
    ) -> Result<Self, StartError> {
        let data = folder.path().to_str().unwrap();
        let mut arguments = vec!["up", "--processes", "--no-seed", "--plain", "--port", "0", "--data", data];
        arguments.extend(settings.iter().flat_map(|setting| ["--set", setting.as_str()]));
        let mut supervisor = Process::start(&program(), &arguments, folder.path(), &[]);
        let heard = supervisor.first_of(&[READY, FAILING]).await;
        if heard != Some(READY) {
            if heard.is_some() {
                supervisor.signal("TERM").await;
            }
            return Err(StartError::new("processes", supervisor.ended().await.errors));
        }
        let file = FleetFile::read(folder.path()).unwrap();
        let secret = DataFolder::read_secret(folder.path(), INTERNAL_SECRET).unwrap().unwrap();
        let (clock, entropy) = (Clock::system(), Entropy::system());
        let names = services().into_iter().map(|service| service.description().name.clone());
        let beside = names.map(|name| {
            let db = open(&name, folder, databases, (clock.clone(), entropy.clone()));
            (name, db)
        });
        let (book, databases) = (file.phone_book().unwrap(), beside.collect());
        Ok(Self { supervisor, book, file, secret, clock, entropy, databases })
    }

    fn quiet(&self) -> Quiet {
        Quiet {
            services: self.databases.iter().map(|(name, _)| name.clone()).collect(),
            book: self.book.clone(),
            secret: self.secret.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        }
    }

    async fn stop(self) {
        for (_, db) in &self.databases {
            db.close().await;
        }
        self.supervisor.signal("TERM").await;
        let ended = self.supervisor.ended().await;
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
    }
}

/// A service's database, beside the process that owns it: its file, or another connection to the server.
fn open(
    name: &str,
    folder: &Folder,
    databases: Option<&Databases>,
    (clock, entropy): (Clock, Entropy),
) -> Db {
    let location = match databases {
        None => Location::File(folder.path().join(format!("{name}.db"))),
        Some(databases) => {
            let (server, database) = databases.of(name);
            Location::Postgres(PostgresOptions::parse(&server.url(&database)).unwrap())
        }
    };
    Db::open(Options { location, execution: Execution::Threaded, readers: 1, clock, entropy }).unwrap()
}

/// Where `cargo test --workspace` puts the program, and the services' own beside it.
fn program() -> String {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let program = folder.join(PROGRAM);
    assert!(program.is_file(), "{} is not there: cargo build --workspace --bins", program.display());
    program.to_str().unwrap().to_owned()
}
