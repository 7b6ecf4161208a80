//! The binary, started in a folder of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value;
use tradewind_testkit::{Answer, Ended, Folder, Process, Request};

/// A place to start from: the current folder of the processes, which holds the data folder.
pub struct Place(Folder);

/// A fleet that is ready.
pub struct Up {
    pub process: Process,
    data: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        Self(Folder::new("binary"))
    }

    /// A file in this place.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Takes a file away.
    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.0.path().join(name)).unwrap();
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Starts the binary with these arguments and variables.
    pub fn start(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Process {
        Process::start(env!("CARGO_BIN_EXE_tradewind"), arguments, self.0.path(), variables)
    }

    /// Runs the binary to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments, &[]).ended().await
    }

    /// Runs commands for a shell that finds the binary by its name, and the data folder of [`Self::up`] by itself.
    pub async fn shell(&self, commands: &str) -> Ended {
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_tradewind"));
        let folder = binary.parent().unwrap().to_str().unwrap();
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
        let arguments = ["-e", "-u", "-o", "pipefail", "-c", commands];
        let variables = [("PATH", path.as_str()), ("TRADEWIND_DATA", "data")];
        Process::start("bash", &arguments, self.0.path(), &variables).ended().await
    }

    /// Starts a fleet on free ports and waits until it is ready.
    pub async fn up(&self, more: &[&str]) -> Up {
        let arguments = [&["up", "--port", "0", "--data", "data", "--set", BELIEVING], more].concat();
        let mut process = self.start(&arguments, &[]);
        process.says("ready in ").await;
        Up { process, data: self.data() }
    }

    /// Starts a fleet on another data folder.
    pub async fn up_on(&self, data: &str) -> Up {
        let mut process = self.start(&["up", "--port", "0", "--data", data, "--set", BELIEVING], &[]);
        process.says("ready in ").await;
        Up { process, data: self.0.path().join(data) }
    }

    /// What a fleet says that does not start.
    pub async fn refused(&self, more: &[&str], variables: &[(&str, &str)]) -> String {
        let arguments = [&["up", "--port", "0", "--data", "data"], more].concat();
        let ended = self.start(&arguments, variables).ended().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(ended.output, "", "{}", ended.errors);
        ended.errors
    }
}

impl Up {
    /// The address of a door, such as `stock/internal`, as the file of the fleet gives it.
    pub fn door(&self, name: &str) -> SocketAddr {
        let file: Value =
            serde_json::from_str(&std::fs::read_to_string(self.data.join("fleet.json")).unwrap()).unwrap();
        let doors = file["doors"].as_array().unwrap();
        let door = doors.iter().find(|door| door[0] == name).unwrap_or_else(|| panic!("no door {name}"));
        door[1].as_str().unwrap().parse().unwrap()
    }

    /// The secret of the internal doors.
    pub fn secret(&self) -> String {
        std::fs::read_to_string(self.data.join("secrets/internal-door")).unwrap().trim().to_owned()
    }

    /// Reads through the gateway.
    pub async fn get(&self, path: &str) -> Answer {
        Request::new("GET", path).bearer(ADA).send(self.door("gateway/data-plane")).await
    }

    /// Ends the fleet as `kill` does.
    pub async fn stop(self) -> Ended {
        self.process.signal("TERM").await;
        self.process.ended().await
    }
}

/// Lets the tests say who they are.
const BELIEVING: &str = "access.development_tokens=true";

/// The token of the first account of the shop, which nobody verifies.
pub const ADA: &str = "dev-user-01980000-0000-7000-8000-00000000000a";

/// All services.
pub const SERVICES: [&str; 16] = [
    "catalogue",
    "stock",
    "accounts",
    "customers",
    "provider",
    "payments",
    "shipping",
    "cart",
    "orders",
    "webhooks",
    "storage",
    "notification",
    "mail",
    "shopfront",
    "backoffice",
    "gateway",
];
