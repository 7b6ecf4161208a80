//! What is started, on which data: files of its own, or databases on a real server.

use std::path::{Path, PathBuf};
use std::process::Command;

use tradewind_testkit::Postgres;
use tradewind_testkit::postgres::Options;

use crate::folder::Folder;

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

/// Where the services keep their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Engine {
    /// In files of the data folder
    #[default]
    Sqlite,
    /// In databases on a PostgreSQL server that the run starts and ends
    Postgres,
}

/// A binary, its data folder, and the settings that lead to its databases.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) binary: PathBuf,
    pub(crate) data: PathBuf,
    url: Option<String>,
}

impl Home {
    /// Everything lies in the data folder.
    pub(crate) fn embedded(binary: &Path, data: PathBuf) -> Self {
        Self { binary: binary.to_owned(), data, url: None }
    }

    /// The folder `fleet` of the run, and the server with a database for each service, if that is the engine.
    pub(crate) async fn make(
        engine: Engine,
        binary: &Path,
        folder: &Folder,
    ) -> Result<(Self, Option<Postgres>), String> {
        let mut home = Self::embedded(binary, folder.part("fleet"));
        if engine == Engine::Sqlite {
            return Ok((home, None));
        }
        let server = served().await;
        home.url = Some(format!("postgres://{}", server.host_port()));
        home.provision(&server, &folder.part("admin-url"))?;
        Ok((home, Some(server)))
    }

    /// What the command line of a fleet says besides its folder.
    pub(crate) fn settings(&self) -> Vec<String> {
        let url = self.url.iter();
        url.flat_map(|url| ["--set".to_owned(), format!("database.url={url}")]).collect()
    }

    /// Makes roles and databases, whose passwords stay in the data folder.
    fn provision(&self, server: &Postgres, admin: &Path) -> Result<(), String> {
        let failed = |what: &Path, error: std::io::Error| format!("{}: {error}", what.display());
        let url = format!("postgres://{}:{}@{}", server.superuser(), server.password(), server.host_port());
        std::fs::write(admin, url).map_err(|error| failed(admin, error))?;
        let mut command = Command::new(&self.binary);
        command.args(["db", "provision", "--admin-url-file"]).arg(admin).arg("--data").arg(&self.data);
        let output = command.args(self.settings()).output().map_err(|error| failed(&self.binary, error))?;
        std::fs::remove_file(admin).map_err(|error| failed(admin, error))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("db provision: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// A new server that waits for the disk with each commit; says how it is set.
pub(crate) async fn served() -> Postgres {
    let server = Postgres::start(Options { connections: CONNECTIONS, ..Options::default() }).await;
    let shown: String = SETTINGS.map(|name| format!("show {name};")).concat();
    let values = server.psql("postgres", &shown).await;
    let told = SETTINGS.iter().zip(values.lines()).map(|(name, value)| format!("{name}={value}"));
    println!("PostgreSQL: {}", told.collect::<Vec<_>>().join(", "));
    server
}
