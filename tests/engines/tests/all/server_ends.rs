//! The server never outlives those who started it.

use std::net::TcpStream;
use std::path::{Path, PathBuf};

use tradewind_testkit::postgres::Options;
use tradewind_testkit::{Folder, Postgres, Process, RabbitMq, until};

/// Tells the helper below that it is one, and not a test.
const HELPER: &str = "TRADEWIND_ENGINES_HELPER";

/// Not a test of its own: starts a server, says where, and stays.
#[tokio::test]
async fn helper_that_holds_a_server() {
    if std::env::var_os(HELPER).is_none() {
        return;
    }
    let server = Postgres::start(Options { durable: false, ..Options::default() }).await;
    say_and_stay(server.id(), &server.host_port(), server.folder()).await;
}

/// The same with a broker.
#[tokio::test]
async fn helper_that_holds_a_broker() {
    if std::env::var_os(HELPER).is_none() {
        return;
    }
    let server = RabbitMq::start().await;
    say_and_stay(server.id(), &server.host_port(), server.folder()).await;
}

async fn say_and_stay(id: u32, address: &str, folder: &Path) {
    println!("server {id} {address} {} .", folder.display());
    std::future::pending::<()>().await;
}

/// A process of its own that holds a server.
struct Helper {
    process: Process,
    _folder: Folder,
    server: u32,
    address: String,
    data: PathBuf,
}

impl Helper {
    /// `kind` is what it holds: a server, or a broker.
    async fn start(kind: &str) -> Self {
        let program = std::env::current_exe().unwrap();
        let name = format!("server_ends::helper_that_holds_a_{kind}");
        // What was started in the background of a script has SIGINT ignored, and so has all that it starts.
        let arguments = ["--default-signal=INT", program.to_str().unwrap(), "--exact", &name, "--nocapture"];
        let folder = Folder::new("helper");
        let path = std::env::var("PATH").unwrap();
        let mut variables = vec![(HELPER, "1"), ("PATH", &path)];
        let named = ["TRADEWIND_POSTGRES_BIN", "TRADEWIND_RABBITMQ_BIN"]
            .map(|name| (name, std::env::var(name).unwrap_or_default()));
        let named = named.iter().filter(|(_, folder)| !folder.is_empty());
        variables.extend(named.map(|(name, folder)| (*name, folder.as_str())));
        let mut process = Process::start("/usr/bin/env", &arguments, folder.path(), &variables);
        process.says(" .\n").await;
        let output = process.output();
        let line = output.lines().find_map(|line| line.split_once("server ")).unwrap().1;
        let words: Vec<&str> = line.split(' ').collect();
        let (server, address, data) = (words[0].parse().unwrap(), words[1].to_owned(), words[2].into());
        Self { process, _folder: folder, server, address, data }
    }

    fn listens(&self) -> bool {
        TcpStream::connect(&self.address).is_ok()
    }

    /// Programs of this name that run in the folder.
    fn processes(&self, name: &str) -> Vec<u32> {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let read = |number: &u32, file: &str| std::fs::read(format!("/proc/{number}/{file}")).ok();
        let is_it =
            |number: &u32| read(number, "comm").is_some_and(|said| said == format!("{name}\n").as_bytes());
        let folder = |number: &u32| std::fs::read_link(format!("/proc/{number}/cwd")).ok();
        numbers.filter(is_it).filter(|number| folder(number).as_ref() == Some(&self.data)).collect()
    }

    /// Waits until the folder is gone, and with it the server.
    async fn leaves_nothing(&self) {
        until("the folder is gone", async || (!self.data.exists()).then_some(())).await;
        let process = PathBuf::from(format!("/proc/{}", self.server));
        assert!(!self.listens() && !process.exists(), "the server lives without its folder");
    }
}

#[tokio::test]
async fn a_server_ends_with_a_test_process_that_is_killed() {
    for signal in ["KILL", "INT"] {
        let helper = Helper::start("server").await;
        assert!(helper.listens() && helper.data.exists());
        helper.process.signal(signal).await;
        helper.leaves_nothing().await;
    }
}

#[tokio::test]
async fn a_broker_ends_with_a_test_process_that_is_killed_and_its_register_of_names_as_well() {
    let helper = Helper::start("broker").await;
    let names = helper.processes("epmd");
    assert!(helper.listens() && names.len() == 1, "{names:?}");
    helper.process.signal("KILL").await;
    helper.leaves_nothing().await;
    let is_gone = || !PathBuf::from(format!("/proc/{}", names[0])).exists();
    until("the register of names is gone", async || is_gone().then_some(())).await;
}

#[tokio::test]
async fn a_server_that_stands_still_ends_as_well() {
    let helper = Helper::start("server").await;
    let stopped = std::process::Command::new("kill").args(["-STOP", &helper.server.to_string()]).status();
    assert!(stopped.unwrap().success());
    helper.process.signal("KILL").await;
    helper.leaves_nothing().await;
}

#[tokio::test]
async fn a_server_that_nobody_holds_any_more_ends() {
    let server = Postgres::start(Options { durable: false, ..Options::default() }).await;
    let (address, folder) = (server.host_port(), server.folder().to_path_buf());
    drop(server);
    until("the folder is gone", async || (!folder.exists()).then_some(())).await;
    assert!(TcpStream::connect(&address).is_err(), "the server lives without its folder");
}
