//! What real servers for tests have in common: an ordinary user, a folder, a kept port, and an end with the test.

mod account;
mod keeper;
mod running;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpSocket;

use self::keeper::Keeper;
use crate::wait::until_within;
use crate::{LIMIT, until};

pub(crate) use self::account::{Account, Medium, random_name};

/// Where programs of the system are; children see no other variable of the test.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How long a server may take until it serves: several start beside each other on a busy machine.
const START_LIMIT: Duration = LIMIT.saturating_mul(3);

/// What the keeper of a server has to know of its kind.
pub(crate) struct Engine<'a> {
    /// Functions of the shell that `keeper.sh` calls.
    pub(crate) script: &'a str,
    /// The folder of its programs.
    pub(crate) programs: &'a Path,
    /// What the server sees of the environment, besides `PATH` and `LC_ALL`.
    pub(crate) variables: &'a [(String, String)],
}

/// One server in a folder of its own; both go with this value, or with this process, however that ends.
#[derive(Debug)]
pub(crate) struct Server {
    keeper: Keeper,
    folder: PathBuf,
    account: Account,
    /// The number of the process; `None` while it does not run.
    process: Option<u32>,
}

impl Server {
    /// Makes what the server runs on, in `folder`, which [`new_folder`] gave with `account`.
    pub(crate) async fn make(engine: &Engine<'_>, (folder, account): (PathBuf, Account)) -> Self {
        let mut keeper = Keeper::start(engine, &folder, account);
        let made = keeper.ask("init").await;
        let this = Self { keeper, folder, account, process: None };
        assert!(made == 0, "there is nothing that the server could run on:\n{}", this.log());
        this
    }

    /// Starts the process and waits until it serves, as `is_ready` finds out.
    pub(crate) async fn start(&mut self, mut is_ready: impl AsyncFnMut(u32) -> bool) {
        assert_eq!(self.process, None, "the server runs");
        let server = self.keeper.ask("start").await;
        self.process = Some(server);
        until_within(START_LIMIT, "the server takes connections", async || {
            assert!(!running::has_ended(server), "the server does not start:\n{}", self.log());
            is_ready(server).await.then_some(())
        })
        .await;
    }

    /// Ends it at once with all that belongs to it (SIGKILL).
    pub(crate) async fn kill(&mut self) {
        let server = self.process.take().expect("the server runs");
        self.keeper.ask("pause").await;
        let children = running::descendants(server);
        let words: String = children.iter().map(|child| format!(" {child}")).collect();
        self.keeper.ask(&format!("end KILL{words}")).await;
        until("the children of the server have ended", async || {
            children.iter().all(|child| running::has_ended(*child)).then_some(())
        })
        .await;
    }

    /// Sends a signal that asks for a proper end, and waits for that.
    pub(crate) async fn stop(&mut self, signal: &str) {
        self.process.take().expect("the server runs");
        let status = self.keeper.ask(&format!("end {signal}")).await;
        assert!(status == 0, "the server stopped with status {status}:\n{}", self.log());
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.expect("the server runs")
    }

    pub(crate) fn account(&self) -> Account {
        self.account
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the server has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_else(|error| error.to_string())
    }
}

/// A new folder that only an ordinary user opens, and that user: root becomes `user`, the engine's own name.
pub(crate) fn new_folder(user: &str, medium: Medium) -> (PathBuf, Account) {
    account::new_folder(user, medium)
}

/// A port that stays ours while nobody listens: a bound socket that never listens keeps others away, but not a
/// server that allows the address to be used again.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u16,
    _kept: TcpSocket,
}

impl Port {
    pub(crate) fn free() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { number: socket.local_addr().unwrap().port(), _kept: socket }
    }
}
