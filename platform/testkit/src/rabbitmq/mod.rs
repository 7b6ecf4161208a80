//! A real RabbitMQ server for a test.

mod programs;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tradewind_kernel::{Clock, Secret};

use self::programs::Programs;
use crate::server::{Account, Engine, Medium, PATH, Port, Server, new_folder, random_name};
use crate::{until, within};

/// The name of the only user, who may do everything.
const USER: &str = "tests";

/// The name of the node. Each server has a register of names of its own, where nobody else can have it.
const NODE: &str = "tradewind@localhost";

/// What the log says when everything has started.
const COMPLETE: &str = "Server startup complete";

/// How long one attempt to reach the server may take.
const LOOK: Duration = Duration::from_secs(1);

/// What a client of AMQP 0-9-1 says first (section 4.2.2).
const GREETING: &[u8; 8] = b"AMQP\0\0\x09\x01";

/// A server on a free port of 127.0.0.1 with an empty broker in a folder of its own, run by an ordinary user.
///
/// It has one virtual host, `/`, and one user with a password. It keeps its data on disk, as it always does: what
/// it has confirmed in a durable queue survives [`kill`](Self::kill). The server ends and the folder goes with this
/// value, or with this process, however that ends.
pub struct RabbitMq {
    server: Server,
    programs: Programs,
    ports: Ports,
    password: Secret,
    variables: Vec<(String, String)>,
}

/// Where it listens: for clients, for its own command line, and with its register of names.
struct Ports {
    clients: Port,
    nodes: Port,
    names: Port,
}

impl fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (port, server) = (self.ports.clients.number, &self.server);
        f.debug_struct("RabbitMq").field("port", &port).field("server", server).finish_non_exhaustive()
    }
}

impl RabbitMq {
    /// Starts a server, with the programs in the folder `TRADEWIND_RABBITMQ_BIN`, else Debian's, else those on the
    /// path. Takes about seven seconds, and four the next time on the same data.
    ///
    /// # Panics
    /// When RabbitMQ is not installed, with what to install; when the server does not start, with its log.
    pub async fn start() -> Self {
        Self::on(Medium::Disk).await
    }

    async fn on(medium: Medium) -> Self {
        let programs = Programs::find();
        let ports = Ports { clients: Port::free(), nodes: Port::free(), names: Port::free() };
        let (folder, account) = new_folder("rabbitmq", medium);
        let password = Secret::new(random_name(32));
        let variables = variables(&folder, &ports, &programs);
        configure(&folder, account, ports.clients.number, &password);
        let script = include_str!("server.sh");
        let engine = Engine { script, programs: programs.folder(), variables: &variables };
        let server = Server::make(&engine, (folder, account)).await;
        let mut this = Self { server, programs, ports, password, variables };
        this.start_again().await;
        this
    }

    /// The server that tests of this process share, started when the first one asks; nobody can stop it, so it keeps
    /// its data in memory (`/dev/shm`), if there are 4 GiB of it. Tests keep apart by the names of their exchanges
    /// and queues, as [`fresh_name`](crate::postgres::fresh_name) makes them.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<RabbitMq> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::on(Medium::Memory)).await
    }

    /// Starts it again on the same data and port, after it was stopped or killed; waits until it takes connections.
    /// Quorum queues then still choose their leaders, for some tenths of a second: what is published to one of them
    /// meanwhile is never confirmed.
    ///
    /// # Panics
    /// When it runs, or does not start.
    pub async fn start_again(&mut self) {
        let (port, log) = (self.ports.clients.number, self.folder().join("log"));
        let said = |log: &Path| std::fs::read_to_string(log).unwrap_or_default().matches(COMPLETE).count();
        let before = said(&log);
        // It answers a little before it is complete.
        self.server.start(async |_| said(&log) > before && answers(port).await).await;
    }

    /// Ends it at once with all that belongs to it (SIGKILL), as a crash does; nothing is written any more.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn kill(&mut self) {
        self.server.kill().await;
    }

    /// Stops it properly (SIGTERM): clients are told, and what is in durable queues is kept.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn stop(&mut self) {
        self.server.stop("TERM").await;
    }

    /// Whether the server takes connections.
    pub async fn is_reachable(&self) -> bool {
        answers(self.ports.clients.number).await
    }

    /// Waits until the quorum queue of this whole name survives a kill. RabbitMQ 3.10 keeps the names of new ones in memory for three
    /// seconds (`names.dets`); one whose name is lost comes back empty, without a leader, for good: nothing that is
    /// published to it is ever confirmed.
    pub async fn has_written_down(&self, queue: &str) {
        let node = self.folder().join("data").join(NODE).join("quorum").join(NODE);
        // With its length before it, as Erlang writes a name: that of another queue may begin with it.
        let name = format!("%2F_{queue}");
        let name = [&[u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        let has_name = |names: &[u8]| names.windows(name.len()).any(|part| part == name);
        until(&format!("the queue {queue} is written down"), async || {
            has_name(&std::fs::read(node.join("names.dets")).ok()?).then_some(())
        })
        .await;
    }

    /// What its command line says to this, such as `["list_queues", "name", "messages"]`. A call takes one or two
    /// seconds: it is for what clients cannot do.
    ///
    /// # Panics
    /// When the command fails, with what it said.
    pub async fn ctl(&self, arguments: &[&str]) -> String {
        let mut command = std::process::Command::new(self.programs.ctl());
        command.arg("--quiet").args(arguments).current_dir(self.folder());
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.server.account().run(&mut command);
        let mut command = Command::from(command);
        let output = within("rabbitmqctl", command.kill_on_drop(true).output()).await.unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let (answer, errors) = (said(&output.stdout), said(&output.stderr));
        assert!(output.status.success(), "rabbitmqctl {}: {answer}\n{errors}", arguments.join(" "));
        answer
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
        format!("127.0.0.1:{}", self.ports.clients.number)
    }

    /// The name of the user.
    #[must_use]
    pub fn user(&self) -> &'static str {
        USER
    }

    /// The password of the user.
    #[must_use]
    pub fn password(&self) -> &str {
        self.password.expose()
    }

    /// `amqp://user:password@127.0.0.1:port/%2f`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://{USER}:{}@{}/%2f", self.password(), self.host_port())
    }

    /// The same without the password, for a client that gets it elsewhere.
    #[must_use]
    pub fn url_without_password(&self) -> String {
        format!("amqp://{USER}@{}/%2f", self.host_port())
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
}

/// Only this machine's programs reach the server; and its schedulers do not spin while they wait, because tests and
/// measurements share few cores with it.
const ERLANG: &str = "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none";

/// What the scripts, the server and its command line read from the environment.
fn variables(folder: &Path, ports: &Ports, programs: &Programs) -> Vec<(String, String)> {
    let path = |path: PathBuf| path.display().to_string();
    let variables = [
        // Holds the cookie, by which the command line proves who it is.
        ("HOME", path(folder.to_path_buf())),
        ("EPMD", path(programs.epmd().to_path_buf())),
        ("ERL_EPMD_PORT", ports.names.number.to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
        ("RABBITMQ_NODENAME", NODE.to_owned()),
        ("RABBITMQ_DIST_PORT", ports.nodes.number.to_string()),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ERLANG.to_owned()),
        // What the machine's own server is told, if there is one, is not for this one.
        ("RABBITMQ_CONF_ENV_FILE", path(folder.join("none"))),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", path(folder.join("none"))),
        ("RABBITMQ_CONFIG_FILE", path(folder.join("rabbitmq.conf"))),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", path(folder.join("plugins"))),
        ("RABBITMQ_MNESIA_BASE", path(folder.join("data"))),
        ("RABBITMQ_LOG_BASE", path(folder.to_path_buf())),
        // To standard output, which is the log of the keeper.
        ("RABBITMQ_LOGS", "-".to_owned()),
        // The script replaces itself by the server, and does not stand between the two.
        ("RUNNING_UNDER_SYSTEMD", "true".to_owned()),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn configure(folder: &Path, account: Account, port: u16, password: &Secret) {
    // A queue's log is kept in memory until its file is full: half a gigabyte, if nothing is said.
    let settings = format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\ndefault_user = {USER}\ndefault_pass = {}\n\
         raft.wal_max_size_bytes = 67108864\ndisk_free_limit.absolute = 50MB\n",
        password.expose()
    );
    account.write(&folder.join("rabbitmq.conf"), settings.as_bytes());
    account.write(&folder.join("plugins"), b"[].\n");
}

/// Whether a broker answers at this port with the first frame of a connection: method 10, 10 of channel 0.
async fn answers(port: u16) -> bool {
    let greeted = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.write_all(GREETING).await.ok()?;
        let mut start = [0; 11];
        stream.read_exact(&mut start).await.ok()?;
        Some(start[0] == 1 && start[7..] == [0, 10, 0, 10])
    };
    Clock::system().timeout(LOOK, greeted).await.ok().flatten().unwrap_or_default()
}
