//! The process that is measured.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use tradewind_chassis::{DataFolder, INTERNAL_SECRET};
use tradewind_client::{Caller, PhoneBook};
use tradewind_fleet::{FleetFile, ProcessDesk, Quiet, UnderWay, Watcher, ready};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};

use crate::home::Home;
use crate::meters;
use crate::parts::Part;

/// How long a start may take before the run is given up.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How often a starting process is asked; the resolution of start times.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// The same when it takes longer than any start that is measured so finely: each question is a line in its log.
const ASK_LATER_EVERY: Duration = Duration::from_millis(50);

/// How long a process may take to say whether it is ready.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

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

/// Of every fleet that is measured; what a run sets beside comes after, and counts.
const SETTINGS: [&str; 2] = [
    "access.development_tokens=true",
    // A carrier on its way for minutes is no quiet fleet.
    "shipping.pretend_carrier.handed_over=0s",
];

/// A running fleet, killed when dropped.
pub(crate) struct Fleet {
    /// The only process, or the supervisor of the others.
    child: Child,
    home: Home,
    pub(crate) book: PhoneBook,
    pub(crate) secret: Secret,
    /// From the start of the process to the readiness of every service.
    pub(crate) ready_after: Duration,
}

impl Fleet {
    /// Starts the binary on free ports and waits until every service is ready. What it logs lies beside its data.
    pub(crate) async fn start(home: &Home) -> Result<Self, String> {
        let path = home.data.with_extension("log");
        let log = File::options().create(true).append(true).open(&path);
        let log = log.map_err(|error| format!("{}: {error}", path.display()))?;
        Self::start_with(home, None, log.into()).await
    }

    /// The same, with the point at which the process shall end itself, and where its log goes.
    pub(crate) async fn start_with(home: &Home, fault: Option<&str>, log: Stdio) -> Result<Self, String> {
        let (binary, data) = (&home.binary, &home.data);
        let stale = FleetFile::read(data).ok().map(|file| file.process);
        let started = Instant::now();
        let child = Command::new(binary)
            // They would have it build what is to be measured.
            .env_remove("CARGO")
            .env_remove("CARGO_MANIFEST_DIR")
            .envs(home.environment.iter().cloned())
            .envs(fault.map(|fault| ("TRADEWIND_FAULT", fault)))
            .args(["up", "--port", "0", "--data"])
            .arg(data)
            .args(SETTINGS.into_iter().flat_map(|setting| ["--set", setting]))
            .args(home.arguments())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        // A fleet from here on: whatever goes wrong, dropping it ends the process.
        let (book, secret) = (PhoneBook::default(), Secret::default());
        let mut fleet = Self { child, home: home.clone(), book, secret, ready_after: Duration::ZERO };
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

    /// The only process, or the supervisor of the others.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Whether there is a supervisor.
    fn is_of_many(&self) -> bool {
        self.home.setup.processes
    }

    /// The processes of the services, each with its name: nothing when they share one.
    pub(crate) fn parts(&self) -> Result<Vec<Part>, String> {
        if self.is_of_many() { Part::all(&self.home.data) } else { Ok(Vec::new()) }
    }

    /// All processes, the supervisor among them.
    pub(crate) fn processes(&self) -> Result<Vec<u32>, String> {
        let parts = self.parts()?;
        Ok(std::iter::once(self.process()).chain(parts.iter().map(Part::process)).collect())
    }

    /// Processor time of all processes so far, in seconds.
    pub(crate) fn processor_seconds(&self) -> Result<f64, String> {
        meters::family_seconds(self.process())
    }

    /// Processor time so far, in seconds, by the names of threads, or of processes where each service is one.
    pub(crate) fn usage(&self) -> Result<BTreeMap<String, f64>, String> {
        if !self.is_of_many() {
            return meters::threads(self.process());
        }
        let mut usage =
            BTreeMap::from([("supervisor".to_owned(), meters::processor_seconds(self.process())?)]);
        for part in self.parts()? {
            usage.insert(part.label(), meters::processor_seconds(part.process())?);
        }
        Ok(usage)
    }

    /// A counter, summed over all that keep data, their replicas included.
    pub(crate) async fn counter(&self, name: &str) -> Result<f64, String> {
        let mut sum = 0.0;
        for door in self.internal_doors()? {
            let total = meters::total(&meters::exposition(&self.book, &door).await?, name);
            sum += total.ok_or_else(|| format!("{door} has no counter {name}"))?;
        }
        Ok(sum)
    }

    /// The names in the book of the internal doors of all that keep data.
    pub(crate) fn internal_doors(&self) -> Result<Vec<String>, String> {
        let keep_data = |service: &str| meters::SERVICES.contains(&service);
        if !self.is_of_many() {
            return Ok(meters::SERVICES.iter().map(|service| format!("{service}/internal")).collect());
        }
        let parts = self.parts()?;
        Ok(parts.iter().filter(|part| keep_data(part.service())).map(Part::internal_name).collect())
    }

    /// Whether this process of the fleet takes requests.
    pub(crate) async fn is_ready(&self, part: &Part) -> bool {
        let (clock, entropy) = (Clock::system(), Entropy::system());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, ANSWER_LIMIT);
        let peer = self.book.peer(&part.internal_name());
        Caller::new(peer, context, deadline, clock, entropy).probe("/readyz").await.is_ok()
    }

    /// How many events could not be handled and were put aside.
    pub(crate) async fn letters(&self) -> Result<f64, String> {
        let mut most = 0.0;
        for door in self.internal_doors()? {
            let text = meters::exposition(&self.book, &door).await?;
            // Replicas of a service tell of the same letters.
            most += meters::total(&text, "subscription_parked_letters").unwrap_or_default();
        }
        Ok(most)
    }

    /// Replaces every process by a new one; returns when the last of them takes requests.
    pub(crate) async fn restart(&self) -> Result<(), String> {
        let home = self.home.clone();
        let restarted = tokio::task::spawn_blocking(move || home.run(&["restart"]));
        restarted.await.map_err(|error| error.to_string())?.map(drop)
    }

    /// Whether all services have handled the events up to these positions, and the broker has got them.
    pub(crate) async fn has_drained(&self, positions: &BTreeMap<String, i64>) -> Result<bool, String> {
        let mut relayed: BTreeMap<String, f64> = BTreeMap::new();
        for door in self.internal_doors()? {
            let text = meters::exposition(&self.book, &door).await?;
            let position = meters::total(&text, "relay_position").unwrap_or_default();
            let service = door.split(['-', '/']).next().unwrap_or_default();
            // Of several replicas one relays, and has come the furthest.
            let furthest = relayed.entry(service.to_owned()).or_default();
            *furthest = furthest.max(position);
        }
        let is_relayed = |(service, position): (&String, &i64)| {
            relayed.get(service).is_some_and(|relayed| *relayed >= *position as f64)
        };
        if !positions.iter().all(is_relayed) {
            return Ok(false);
        }
        self.quiet().has_reached(positions).await.map_err(|problem| problem.to_string())
    }

    /// What is under way in all services.
    pub(crate) async fn under_way(&self) -> Result<UnderWay, String> {
        let services = meters::SERVICES.map(str::to_owned).to_vec();
        let (book, secret) = (self.book.clone(), self.secret.clone());
        let watcher = Watcher::new(services, book, secret, Clock::system(), Entropy::system());
        ProcessDesk::new(watcher).under_way(false, 1).await.map_err(|error| error.to_string())
    }

    /// Asks the services how far they have come.
    pub(crate) fn quiet(&self) -> Quiet {
        Quiet {
            services: meters::SERVICES.map(str::to_owned).to_vec(),
            book: self.book.clone(),
            secret: self.secret.clone(),
            clock: Clock::system(),
            entropy: Entropy::system(),
        }
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

pub(crate) fn send(signal: &str, process: u32) -> Result<(), String> {
    let status = Command::new("kill").arg(format!("-{signal}")).arg(process.to_string()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("kill -{signal} failed: {status}")),
        Err(error) => Err(format!("kill: {error}")),
    }
}

/// Whether a process has ended; one that its parent has not heard of yet has.
pub(crate) fn is_gone(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

/// Waits up to `limit` for the end of a process that is no child of this one.
pub(crate) async fn gone(process: u32, limit: Duration) -> bool {
    let started = Instant::now();
    while !is_gone(process) {
        if started.elapsed() >= limit {
            return false;
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    true
}

async fn ready_book(data: &Path, stale: Option<u32>) -> Option<PhoneBook> {
    let file = FleetFile::read(data).ok().filter(|file| Some(file.process) != stale)?;
    let answers = ready(&file, &Clock::system(), &Entropy::system(), ANSWER_LIMIT).await.ok()?;
    if answers.iter().all(|(_, answer)| answer.is_ok()) { file.phone_book().ok() } else { None }
}
