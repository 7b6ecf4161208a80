//! The services' own programs: beside this one, and built first when cargo runs this one from within its sources.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a program needs to be built: cargo sets both for what it runs.
const CARGO: &str = "CARGO";
const MANIFEST: &str = "CARGO_MANIFEST_DIR";

/// Where programs are, and how they come to be.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// The folder of this program.
    folder: PathBuf,
    /// How they are built; `None` away from the sources.
    build: Option<Build>,
}

#[derive(Debug, Clone)]
struct Build {
    cargo: PathBuf,
    /// The folder from which cargo finds the sources.
    sources: PathBuf,
}

impl Programs {
    /// Those that belong to this program.
    pub(crate) fn here() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("where this program lies: {error}"))?;
        let folder = program.parent().unwrap_or(Path::new(".")).to_owned();
        let under_cargo = std::env::var_os(CARGO).zip(std::env::var_os(MANIFEST));
        let build =
            under_cargo.map(|(cargo, sources)| Build { cargo: cargo.into(), sources: sources.into() });
        Ok(Self { folder, build })
    }

    /// The same, built by the cargo on the path from sources at or above the current folder, if they are not yet.
    pub(crate) fn with_sources(mut self) -> Result<Self, String> {
        if self.build.is_none() {
            let here = std::env::current_dir().map_err(|error| error.to_string())?;
            let is_ours = |folder: &&Path| folder.join("apps/tradewind/Cargo.toml").is_file();
            let sources = here.ancestors().find(is_ours).ok_or_else(|| {
                format!("{} is not within the sources of Tradewind; go there to build them", here.display())
            })?;
            self.build = Some(Build { cargo: PathBuf::from("cargo"), sources: sources.to_owned() });
        }
        Ok(self)
    }

    /// The program of a service.
    pub(crate) fn of(&self, service: &str) -> PathBuf {
        self.folder.join(package(service))
    }

    /// Makes sure that the programs of these services are there, and as new as their sources where cargo runs this.
    pub(crate) fn provide(&self, services: &[&str]) -> Result<(), String> {
        if let Some(mut build) = self.build(services) {
            let built = build.stdin(Stdio::null()).status();
            let built = built.map_err(|error| format!("cargo cannot be started: {error}"))?;
            if !built.success() {
                return Err(
                    "the programs of the services cannot be built; what cargo says is above".to_owned()
                );
            }
        }
        let Some(missing) = services.iter().find(|service| !self.of(service).is_file()) else {
            return Ok(());
        };
        let release = if self.is_release() { "--release " } else { "" };
        Err(format!(
            "{} is not there. Start this by `cargo run {release}-- up --processes`, which builds it, or build all by \
             `cargo build {release}--workspace --bins`",
            self.of(missing).display()
        ))
    }

    /// The command that builds the programs of these services as this one was built.
    pub(crate) fn build(&self, services: &[&str]) -> Option<Command> {
        let Build { cargo, sources } = self.build.as_ref()?;
        let mut command = Command::new(cargo);
        command.current_dir(sources).args(["build", "--quiet", "--bins"]);
        if self.is_release() {
            command.arg("--release");
        }
        if let Some(target) = self.folder.parent() {
            command.arg("--target-dir").arg(target);
        }
        for service in services {
            command.arg("--package").arg(package(service));
            if cfg!(feature = "fault-points") {
                command.arg("--features").arg(format!("{}/fault-points", package(service)));
            }
        }
        Some(command)
    }

    fn is_release(&self) -> bool {
        self.folder.file_name().is_some_and(|name| name == "release")
    }
}

/// The package of a service, and its program.
fn package(service: &str) -> String {
    format!("tradewind-{service}")
}
