//! The server never outlives those who started it.

use std::net::TcpStream;
use std::path::PathBuf;

use tradewind_testkit::postgres::Options;
use tradewind_testkit::{Folder, Postgres, Process, until};

/// Tells the helper below that it is one, and not a test.
const HELPER: &str = "TRADEWIND_ENGINES_HELPER";

/// Not a test of its own: starts a server, says where, and stays.
#[tokio::test]
async fn helper_that_holds_a_server() {
    if std::env::var_os(HELPER).is_none() {
        return;
    }
    let server = Postgres::start(Options { durable: false, ..Options::default() }).await;
    println!("server {} {} {} .", server.id(), server.host_port(), server.folder().display());
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
    async fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let arguments = ["--exact", "server_ends::helper_that_holds_a_server", "--nocapture"];
        let folder = Folder::new("helper");
        let path = std::env::var("PATH").unwrap();
        let mut variables = vec![(HELPER, "1"), ("PATH", &path)];
        let named = std::env::var("TRADEWIND_POSTGRES_BIN");
        variables.extend(named.iter().map(|named| ("TRADEWIND_POSTGRES_BIN", named.as_str())));
        let mut process = Process::start(program.to_str().unwrap(), &arguments, folder.path(), &variables);
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
        let helper = Helper::start().await;
        assert!(helper.listens() && helper.data.exists());
        helper.process.signal(signal).await;
        helper.leaves_nothing().await;
    }
}

#[tokio::test]
async fn a_server_that_stands_still_ends_as_well() {
    let helper = Helper::start().await;
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
