//! What is started, on which data: files of its own, or databases on a real server.

use std::path::{Path, PathBuf};
use std::process::Command;

use tradewind_testkit::Postgres;

use crate::folder::Folder;
use crate::servers::Servers;
use crate::setup::Setup;

/// A binary, its data folder, and what else its command line says.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) binary: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) setup: Setup,
    /// Where databases and broker are.
    settings: Vec<String>,
    /// Variables of the fleet, which all of its processes inherit.
    pub(crate) environment: Vec<(String, String)>,
}

impl Home {
    /// Everything lies in the data folder, and runs in one process.
    pub(crate) fn embedded(binary: &Path, data: PathBuf) -> Self {
        let (setup, settings, environment) = Default::default();
        Self { binary: binary.to_owned(), data, setup, settings, environment }
    }

    /// The folder `fleet` of the run, and the servers of the setup, with a database for each service.
    pub(crate) async fn make(
        setup: &Setup,
        binary: &Path,
        folder: &Folder,
    ) -> Result<(Self, Servers), String> {
        let mut home = Self::embedded(binary, folder.part("fleet"));
        home.setup = setup.clone();
        let servers = Servers::start(setup).await;
        if let Some(server) = &servers.postgres {
            home.settings.push(format!("database.url=postgres://{}", server.host_port()));
            home.provision(server, &folder.part("admin-url"))?;
        }
        if let Some(server) = &servers.rabbitmq {
            home.settings.push(format!("broker.url={}", server.url_without_password()));
            home.environment.push(("TRADEWIND_BROKER__PASSWORD".to_owned(), server.password().to_owned()));
        }
        Ok((home, servers))
    }

    /// Adds a setting, as `section.key=value`.
    pub(crate) fn set(&mut self, setting: &str) {
        self.settings.push(setting.to_owned());
    }

    /// What the command line of `up` says besides its folder.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = self.settings();
        if self.setup.processes {
            arguments.push("--processes".to_owned());
        }
        for replicas in &self.setup.replicas {
            arguments.extend(["--replicas".to_owned(), replicas.clone()]);
        }
        arguments
    }

    fn settings(&self) -> Vec<String> {
        self.settings.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]).collect()
    }

    /// A command of the program on this data folder, with what it said, if it ended well.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(&self.data);
        let output = command.output().map_err(|error| format!("{}: {error}", self.binary.display()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("tradewind {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)))
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
