//! Ending the process under load, again and again.

mod outage;
mod plan;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tradewind_kernel::Entropy;

use crate::arguments;
use crate::client_log::ClientLog;
use crate::disk::{Disk, Loss, Lost, PowerLoss};
use crate::figures::{Figures, median};
use crate::folder::Folder;
use crate::home::Home;
use crate::judge;
use crate::place::Clients;
use crate::process::{self, Fleet, Signal};
use crate::servers::Servers;
use crate::setup::Setup;
use crate::verify::verify;
use outage::Outages;
use plan::Blow;

/// Clients that place orders at the same time.
const WORKERS: u32 = 16;

/// How long each of them rests after an order when the fleet is waited for under load: 160 orders a second at most.
const REST: Duration = Duration::from_millis(100);

/// How long a life may take to have enough acknowledged.
const LIFE_LIMIT: Duration = Duration::from_secs(60);

/// How long an armed point may take to be reached; then the life is ended from outside.
const POINT_LIMIT: Duration = Duration::from_secs(10);

/// The most that a start may take, in seconds.
const RESTART: f64 = 1.0;

/// The same on a server: there a life waits ten seconds for the turns that the one before did not give back, because
/// that one might still be there, and handles what was left before it is ready.
const SERVED_RESTART: f64 = 15.0;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) kills: u32,
    pub(crate) signal: Signal,
    pub(crate) acknowledged: u32,
    pub(crate) seed: u64,
    pub(crate) power_loss: Option<PowerLoss>,
    pub(crate) verify: bool,
    /// How many of a hundred kills hit the server.
    pub(crate) server_share: u32,
}

impl Options {
    pub(crate) fn new(arguments: &arguments::KillLoop, seed: u64) -> Self {
        let arguments::KillLoop { kills, signal, acknowledged, power_loss, server_share, .. } = *arguments;
        Self { kills, signal, acknowledged, seed, power_loss, verify: !arguments.no_verify, server_share }
    }
}

/// A run under way.
struct KillLoop {
    home: Home,
    servers: Servers,
    options: Options,
    clients: Clients,
    plan: Vec<Blow>,
    /// The fleet that survived the last blow.
    running: Option<Fleet>,
    torn: Entropy,
    disk: Option<Disk>,
    /// Makes an armed point count; a file, because that is asked cheaply and survives any way to start.
    armed: PathBuf,
    /// What all lives say.
    log: PathBuf,
    record: Record,
}

/// What happened to the lives of a run.
#[derive(Debug, Default)]
struct Record {
    starts: Vec<f64>,
    clean: u32,
    /// Kills by where they hit.
    hits: BTreeMap<String, u32>,
    /// Armed points that were not reached.
    missed: u32,
    /// The fewest orders acknowledged in one life.
    least: Option<usize>,
    lost: Lost,
    outages: Outages,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let points = if options.signal == Signal::Kill { process::fault_points(binary)? } else { Vec::new() };
    describe(&points, options);
    let (mut home, servers) = Home::make(setup, binary, folder).await?;
    let disk = options.power_loss.map(|_| Disk::mount(&folder.part("disk"))).transpose()?;
    if let Some(disk) = &disk {
        home.data = disk.path().join("fleet");
    }
    let entropy = Entropy::seeded(options.seed);
    let rest = if servers.postgres.is_some() { REST } else { Duration::ZERO };
    let share = if servers.postgres.is_some() { options.server_share } else { 0 };
    let mut run = KillLoop {
        home,
        servers,
        options,
        clients: Clients::new(ClientLog::create(folder.part("clients.ndjson"))?).resting(rest),
        plan: plan::plan(&entropy.fork("choices"), options.kills, share, &points),
        running: None,
        torn: entropy.fork("torn"),
        disk,
        armed: folder.part("armed"),
        log: folder.part("fleet.log"),
        record: Record::default(),
    };
    let mut figures = Figures::default();
    let outcome = run.lives().await;
    run.report(&mut figures);
    if let Err(message) = outcome {
        // A life that went wrong is a finding, not a failure of this tool; what is left is judged all the same.
        figures.failure("every_life", &message);
    }
    let judged = run.last_life(&mut figures).await;
    if judged.is_err() || figures.failed() {
        run.servers.keep_logs(folder);
    }
    judged.map(|()| figures)
}

fn describe(points: &[String], options: Options) {
    let Options { kills, signal, seed, acknowledged, .. } = options;
    println!(
        "kill-loop: {kills} times {signal:?}, {WORKERS} workers, {acknowledged} acknowledged each, --seed {seed}"
    );
    if points.is_empty() && signal == Signal::Kill {
        println!(
            "only from outside: this binary has no fault points (build it with --features fault-points)"
        );
    }
    if let Some(loss) = options.power_loss {
        println!("each kill cuts the power: what was not synced is lost ({loss:?})");
    }
}

impl KillLoop {
    async fn lives(&mut self) -> Result<(), String> {
        for (number, blow) in self.plan.clone().iter().enumerate() {
            let done = self.life(number, blow).await;
            done.map_err(|error| format!("life {number} ({blow:?}): {error}"))?;
            self.cut()?;
        }
        Ok(())
    }

    /// What happens between two blows.
    async fn life(&mut self, number: usize, blow: &Blow) -> Result<(), String> {
        let fleet = match self.running.take() {
            Some(fleet) => fleet,
            None => self.start_armed(number).await?,
        };
        if number == 0 {
            let filled = self.clients.fill(&fleet.book, &fleet.secret).await;
            filled.map_err(|problem| problem.to_string())?;
        }
        self.live(fleet, blow).await
    }

    /// Starts with the point at which this fleet is to end, perhaps after blows that it survives.
    async fn start_armed(&mut self, number: usize) -> Result<Fleet, String> {
        std::fs::remove_file(&self.armed).unwrap_or_default();
        let fault = match self.plan.iter().skip(number).find(|blow| !blow.is_of_server()) {
            Some(Blow::Point { name, countdown }) => {
                Some(format!("{name}:{countdown}:{}", self.armed.display()))
            }
            _ => None,
        };
        self.start(fault.as_deref()).await
    }

    async fn start(&mut self, fault: Option<&str>) -> Result<Fleet, String> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.map_err(|error| format!("{}: {error}", self.log.display()))?;
        let fleet = Fleet::start_with(&self.home, fault, log.into()).await?;
        self.record.starts.push(fleet.ready_after.as_secs_f64());
        Ok(fleet)
    }

    /// Places orders until enough were acknowledged and the process was ended in their midst.
    async fn live(&mut self, fleet: Fleet, blow: &Blow) -> Result<(), String> {
        let book = fleet.book.clone();
        let clients = self.clients.clone();
        let (before, stop) = (clients.acknowledged(), AtomicBool::new(false));
        let end = async {
            let ended = self.strike(fleet, blow, before).await;
            stop.store(true, Ordering::Relaxed);
            ended
        };
        let (placed, ended) = tokio::join!(clients.place_until(&book, WORKERS, &stop), end);
        placed.and(ended)
    }

    async fn strike(&mut self, mut fleet: Fleet, blow: &Blow, before: usize) -> Result<(), String> {
        let wanted = before + self.options.acknowledged as usize;
        let started = Instant::now();
        while self.clients.acknowledged() < wanted {
            if let Some(status) = fleet.ended(Duration::ZERO).await? {
                return Err(format!("the fleet ended by itself: {status}"));
            }
            if started.elapsed() > LIFE_LIMIT {
                return Err(format!("{wanted} orders were not acknowledged within {LIFE_LIMIT:?}"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let least = self.clients.acknowledged() - before;
        self.record.least = Some(self.record.least.map_or(least, |least_so_far| least_so_far.min(least)));
        match blow {
            Blow::Outside(jitter) => {
                tokio::time::sleep(*jitter).await;
                self.record.clean += u32::from(fleet.end(self.options.signal).await?);
                *self.record.hits.entry("outside".to_owned()).or_default() += 1;
            }
            Blow::Point { name, .. } => self.spring(fleet, name).await?,
            Blow::Server { jitter, down } => {
                let server = self.servers.postgres.as_mut().ok_or("there is no server to kill")?;
                let outages = &mut self.record.outages;
                outages.strike(server, &fleet, &self.clients, *jitter, *down).await?;
                *self.record.hits.entry("postgres".to_owned()).or_default() += 1;
                if let Some(status) = fleet.ended(Duration::ZERO).await? {
                    return Err(format!("the fleet ended with its server: {status}"));
                }
                self.running = Some(fleet);
            }
        }
        Ok(())
    }

    /// Arms the point and waits for it to be reached.
    async fn spring(&mut self, mut fleet: Fleet, point: &str) -> Result<(), String> {
        std::fs::write(&self.armed, "").map_err(|error| format!("{}: {error}", self.armed.display()))?;
        let hit = match fleet.ended(POINT_LIMIT).await? {
            Some(status) if process::was_killed(status) => point,
            Some(status) => return Err(format!("the fleet ended by itself: {status}")),
            None => {
                println!("{point} was not reached within {POINT_LIMIT:?}; ended from outside");
                self.record.missed += 1;
                fleet.end(Signal::Kill).await?;
                "outside"
            }
        };
        *self.record.hits.entry(hit.to_owned()).or_default() += 1;
        Ok(())
    }

    fn cut(&mut self) -> Result<(), String> {
        let (Some(disk), Some(kind)) = (&mut self.disk, self.options.power_loss) else { return Ok(()) };
        let loss = match kind {
            PowerLoss::All => Loss::All,
            PowerLoss::Torn => Loss::Torn(&self.torn),
        };
        self.record.lost += disk.cut(loss)?;
        Ok(())
    }

    fn report(&self, figures: &mut Figures) {
        let Record { starts, clean, hits, missed, least, lost, outages } = &self.record;
        let kills = f64::from(self.options.kills);
        for (place, count) in hits {
            figures.note(&format!("kills at {place}"), f64::from(*count));
        }
        figures.at_least("kills", f64::from(hits.values().sum::<u32>()), kills);
        figures.at_most("points_not_reached", f64::from(*missed), 0.0);
        let least = least.unwrap_or(0) as f64;
        figures.at_least("acknowledged_between_kills_least", least, f64::from(self.options.acknowledged));
        let restart = if self.servers.postgres.is_some() { SERVED_RESTART } else { RESTART };
        figures.pace_at_most("restart_seconds_median", median(starts.clone()), restart);
        if self.options.signal != Signal::Kill {
            figures.at_least("clean_exits", f64::from(*clean), kills);
        }
        if self.options.power_loss.is_some() {
            // Cuts that took nothing would prove nothing.
            figures.at_least("unsynced_pages_lost", f64::from(lost.pages), 1.0);
            figures.note("unsynced_pages_spared", f64::from(lost.spared));
            figures.note("unsynced_names_lost", f64::from(lost.names));
        }
        if self.servers.postgres.is_some() {
            let planned = self.plan.iter().filter(|blow| blow.is_of_server()).count();
            outages.report(planned as f64, &self.clients.faults(), figures);
        }
    }

    /// Starts once more and looks for everything that the clients know of.
    async fn last_life(&mut self, figures: &mut Figures) -> Result<(), String> {
        let started = match self.running.take() {
            Some(fleet) => Ok(fleet),
            None => self.start(None).await,
        };
        let survived = self.plan.iter().filter(|blow| blow.is_of_server()).count() as f64;
        let lives = f64::from(self.options.kills) - survived + 1.0;
        figures.at_least("lives_ready", self.record.starts.len() as f64, lives);
        let fleet = match started {
            Ok(fleet) => fleet,
            Err(message) => {
                figures.failure("last_life", &message);
                return Ok(());
            }
        };
        judge::orders(&fleet.book, &self.clients, figures).await?;
        if self.options.verify {
            verify(&self.home, figures)?;
        }
        fleet.end(Signal::Term).await?;
        Ok(())
    }
}
