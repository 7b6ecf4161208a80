//! A real PostgreSQL server for a test.

mod certificate;
mod client;
mod programs;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fmt, thread};

use tokio::sync::OnceCell;
use tradewind_kernel::Secret;

use self::programs::Programs;
use crate::server::{Engine, Medium, Port, Server, new_folder, random_name};

pub use self::certificate::Certificate;
pub use self::client::Session;

/// The name of the superuser.
const SUPERUSER: &str = "postgres";

/// The least number of connections of the server that tests share.
const SHARED_CONNECTIONS: usize = 600;

/// How a server is to run.
#[derive(Debug)]
pub struct Options {
    /// Whether a commit waits for the disk (`fsync`). Off is faster, and right where a test does not ask what is
    /// left after a crash; the data is then kept in memory (`/dev/shm`), if there are 4 GiB of it.
    pub durable: bool,
    /// How many connections it takes at a time.
    pub connections: usize,
    /// With one, the server also speaks TLS.
    pub certificate: Option<Certificate>,
}

impl Default for Options {
    /// Durable, 100 connections, no TLS.
    fn default() -> Self {
        Self { durable: true, connections: 100, certificate: None }
    }
}

/// A server on a free port of 127.0.0.1 with a new cluster in a folder of its own, run by an ordinary user.
///
/// Everybody, the superuser included, needs a password (SCRAM-SHA-256). The server ends and the folder goes with
/// this value, or with this process, however that ends.
pub struct Postgres {
    server: Server,
    programs: Programs,
    port: Port,
    password: Secret,
    certificate: Option<Certificate>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (port, server) = (self.port.number, &self.server);
        f.debug_struct("Postgres").field("port", &port).field("server", server).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Makes a cluster and starts a server on it, with the programs in the folder `TRADEWIND_POSTGRES_BIN`, else
    /// Debian's newest, else those on the path. Takes one or two seconds.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, with what to install; when the server does not start, with its log.
    pub async fn start(options: Options) -> Self {
        let programs = Programs::find();
        let (port, password) = (Port::free(), Secret::new(random_name(32)));
        let medium = if options.durable { Medium::Disk } else { Medium::Memory };
        let (folder, account) = new_folder(SUPERUSER, medium);
        account.write(&folder.join("password"), password.expose().as_bytes());
        let script = include_str!("server.sh");
        let engine = Engine { script, programs: programs.folder(), variables: &[] };
        let server = Server::make(&engine, (folder, account)).await;
        let mut this = Self { server, programs, port, password, certificate: options.certificate };
        this.configure(options.durable, options.connections);
        this.start_again().await;
        this
    }

    /// The server that tests of this process share, started when the first one asks. It is not durable; nobody
    /// can stop it.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let connections = SHARED_CONNECTIONS.max(threads * 160);
        let options = Options { durable: false, connections, certificate: None };
        SHARED.get_or_init(|| Self::start(options)).await
    }

    fn configure(&self, durable: bool, connections: usize) {
        let account = self.server.account();
        let (folder, port) = (self.folder().display(), self.port.number);
        // Less is logged where no other server and no crash will ever read it.
        let log =
            if durable { "" } else { "wal_level = minimal\nmax_wal_senders = 0\nmax_wal_size = '512MB'\n" };
        let durable = if durable { "on" } else { "off" };
        // Shared memory lies in the folder, so that a killed server leaves nothing elsewhere.
        let mut settings = format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{folder}'\n\
             max_connections = {connections}\nshared_buffers = '64MB'\ndynamic_shared_memory_type = 'mmap'\n\
             fsync = {durable}\nsynchronous_commit = {durable}\nfull_page_writes = {durable}\n{log}"
        );
        if let Some(certificate) = &self.certificate {
            for (from, to) in [(certificate.certificate(), "server.crt"), (certificate.key(), "server.key")] {
                let content =
                    std::fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
                account.write(&self.data().join(to), &content);
            }
            settings.push_str("ssl = on\n");
        }
        let file = self.data().join("postgresql.conf");
        let before = std::fs::read_to_string(&file).unwrap();
        account.write(&file, (before + &settings).as_bytes());
    }

    /// Starts it again on the same folder and port, after it was stopped or killed; waits until it takes
    /// connections.
    ///
    /// # Panics
    /// When it runs, or does not start.
    pub async fn start_again(&mut self) {
        let lock = self.data().join("postmaster.pid");
        self.server.start(async |server| is_ready(server, &lock)).await;
    }

    /// Ends it at once with all that belongs to it (SIGKILL), as a crash does; nothing is written any more.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn kill(&mut self) {
        self.server.kill().await;
    }

    /// Stops it properly: connections are ended, what is open is rolled back (SIGINT, "fast").
    ///
    /// # Panics
    /// When it does not run.
    pub async fn stop(&mut self) {
        self.server.stop("INT").await;
    }

    /// The number of its process.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// Where it listens, such as `127.0.0.1:50123`.
    #[must_use]
    pub fn host_port(&self) -> String {
        format!("127.0.0.1:{}", self.port.number)
    }

    /// The name of the superuser.
    #[must_use]
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// The password of the superuser.
    #[must_use]
    pub fn password(&self) -> &str {
        self.password.expose()
    }

    /// `postgres://user:password@127.0.0.1:port/database`, for the superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@{}/{database}", self.password(), self.host_port())
    }

    /// The certificate that it shows, if it speaks TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// A program of the same installation, such as `pgbench`; not every package brings all of them.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.folder().join(name)
    }

    /// The folder that holds everything of it; removed when it ends for good.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }

    /// What the server has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.log()
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }
}

/// Whether the server says in its lock file that it takes connections, as its own tools look for it.
fn is_ready(server: u32, lock: &Path) -> bool {
    let text = std::fs::read_to_string(lock).unwrap_or_default();
    let mut lines = text.lines();
    let is_its = lines.next().is_some_and(|number| number.parse() == Ok(server));
    is_its && lines.nth(6).is_some_and(|status| status.trim() == "ready")
}

/// A name for a database, role or schema that nothing else on any server has: `prefix_1f00_0`.
#[must_use]
pub fn fresh_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{:x}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
