//! The process that is measured.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use tradewind_chassis::{DataFolder, INTERNAL_SECRET};
use tradewind_client::PhoneBook;
use tradewind_fleet::{FleetFile, ready};
use tradewind_kernel::{Clock, Entropy, Secret};

use crate::home::Home;

/// How long a start may take before the run is given up.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How often a starting process is asked; the resolution of start times.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// The same when it takes longer than any start that is measured so finely: each question is a line in its log.
const ASK_LATER_EVERY: Duration = Duration::from_millis(50);

/// How a process is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Kill,
    Term,
    Int,
}

impl FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "KILL" => Ok(Self::Kill),
            "TERM" => Ok(Self::Term),
            "INT" => Ok(Self::Int),
            _ => Err("expected KILL, TERM or INT".to_owned()),
        }
    }
}

/// The binary that was built together with this program.
pub(crate) fn beside_this_program() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let binary = program.with_file_name("tradewind");
    if binary.exists() {
        return Ok(binary);
    }
    Err(format!("{} is not there; build it with: cargo build --release", binary.display()))
}

/// The names of the points at which this binary can end itself; none when it was built without them.
pub(crate) fn fault_points(binary: &Path) -> Result<Vec<String>, String> {
    let output = Command::new(binary).arg("fault-points").stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{}: {error}", binary.display()))?;
    if !output.status.success() {
        return Ok(Vec::new());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Whether a process ended by the signal that nothing can catch.
pub(crate) fn was_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;

    status.signal() == Some(9)
}

/// A running fleet, killed when dropped.
pub(crate) struct Fleet {
    child: Child,
    pub(crate) book: PhoneBook,
    pub(crate) secret: Secret,
    /// From the start of the process to the readiness of every service.
    pub(crate) ready_after: Duration,
}

impl Fleet {
    /// Starts the binary on free ports and waits until every service is ready.
    pub(crate) async fn start(home: &Home) -> Result<Self, String> {
        Self::start_with(home, None, Stdio::null()).await
    }

    /// The same, with the point at which the process shall end itself, and where its log goes.
    pub(crate) async fn start_with(home: &Home, fault: Option<&str>, log: Stdio) -> Result<Self, String> {
        let (binary, data) = (&home.binary, &home.data);
        let stale = FleetFile::read(data).ok().map(|file| file.process);
        let started = Instant::now();
        let child = Command::new(binary)
            .envs(fault.map(|fault| ("TRADEWIND_FAULT", fault)))
            .args(["up", "--port", "0", "--data"])
            .arg(data)
            .args(home.settings())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        // A fleet from here on: whatever goes wrong, dropping it ends the process.
        let (book, secret) = (PhoneBook::default(), Secret::default());
        let mut fleet = Self { child, book, secret, ready_after: Duration::ZERO };
        loop {
            if let Some(status) = fleet.child.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("the fleet ended while starting: {status}"));
            }
            if let Some(book) = ready_book(data, stale).await {
                let secret =
                    DataFolder::read_secret(data, INTERNAL_SECRET).map_err(|error| error.to_string())?;
                fleet.ready_after = started.elapsed();
                fleet.secret = secret.ok_or("the fleet has no secret")?;
                fleet.book = book;
                return Ok(fleet);
            }
            if started.elapsed() > START_LIMIT {
                return Err(format!("the fleet was not ready within {START_LIMIT:?}"));
            }
            let is_long = started.elapsed() > Duration::from_secs(1);
            tokio::time::sleep(if is_long { ASK_LATER_EVERY } else { ASK_EVERY }).await;
        }
    }

    /// The process id.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends the signal and waits for the end; gives whether the exit status was success.
    pub(crate) async fn end(mut self, signal: Signal) -> Result<bool, String> {
        match signal {
            Signal::Kill => self.child.kill().map_err(|error| error.to_string())?,
            Signal::Term => send("TERM", self.process())?,
            Signal::Int => send("INT", self.process())?,
        }
        let ended = self.ended(START_LIMIT).await?;
        ended.map(|status| status.success()).ok_or("the process did not end".to_owned())
    }

    /// Waits up to `limit` for the process to end; nothing when it still runs.
    pub(crate) async fn ended(&mut self, limit: Duration) -> Result<Option<ExitStatus>, String> {
        let started = Instant::now();
        loop {
            let status = self.child.try_wait().map_err(|error| error.to_string())?;
            if status.is_some() || started.elapsed() >= limit {
                return Ok(status);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

fn send(signal: &str, process: u32) -> Result<(), String> {
    let status = Command::new("kill").arg(format!("-{signal}")).arg(process.to_string()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("kill -{signal} failed: {status}")),
        Err(error) => Err(format!("kill: {error}")),
    }
}

async fn ready_book(data: &Path, stale: Option<u32>) -> Option<PhoneBook> {
    let file = FleetFile::read(data).ok().filter(|file| Some(file.process) != stale)?;
    let limit = Duration::from_secs(1);
    let answers = ready(&file, &Clock::system(), &Entropy::system(), limit).await.ok()?;
    if answers.iter().all(|(_, answer)| answer.is_ok()) { file.phone_book().ok() } else { None }
}
