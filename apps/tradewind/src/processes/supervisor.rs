//! Starting the processes, telling when the fleet is ready, and ending them in their turn.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{DataFolder, Description, DoorKind, INTERNAL_SECRET, PlatformSettings};
use tradewind_fleet::{FleetFile, Quiet, Seeder};
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_process::{PartFile, Stop, require_finished};

use crate::arguments::Up;
use crate::marks::SEEDED;
use crate::processes::keeper::Kept;
use crate::processes::member::{Member, Roll};
use crate::processes::output::Output;
use crate::welcome::{moved as port_of, welcome};

/// The part of the data folder that this process has.
const PART: &str = "supervisor";

/// How long a process may take until it is ready.
const READY: Duration = Duration::from_secs(60);

/// How long the services may take to hear of each other at the start.
const CATCH_UP: Duration = Duration::from_secs(60);

/// The pause between two looks at what has to happen elsewhere.
const LOOK: Duration = Duration::from_millis(50);

/// The exit status of a process that was asked to stop twice: 128 + SIGINT, as shells count.
const STOPPED_AT_ONCE: u8 = 130;

pub(crate) fn run(options: &Up) -> Result<ExitCode, String> {
    let settings = options.settings.read()?;
    let assembly = tradewind_fleet::assembly();
    let platform = assembly.check(&settings).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let all = assembly.descriptions();
    runtime.map_err(|error| error.to_string())?.block_on(supervise(options, settings, platform, all))
}

async fn supervise(
    options: &Up,
    _settings: SettingsSource,
    platform: PlatformSettings,
    all: Vec<Description>,
) -> Result<ExitCode, String> {
    let clock = Clock::system();
    // Before anything starts: a signal during the start must not leave processes behind.
    let mut stop = Stop::listen(false)?;
    let data = &options.data.data;
    let folder = DataFolder::open_part(data, PART, 1).map_err(|error| error.to_string())?;
    require_finished(data)?;
    let entropy = Entropy::system();
    // Made before the processes start, which would each make their own.
    let secret = folder.secret(INTERNAL_SECRET, &entropy).map_err(|error| error.to_string())?;
    folder.instance(&entropy).map_err(|error| error.to_string())?;
    let roll = Roll { options, platform: &platform, all: &all, shared: addresses(options, &platform, &all)? };
    let members = members(&roll, &platform)?;
    eprintln!("tradewind {} starting on {}", env!("CARGO_PKG_VERSION"), data.display());
    let fleet = Fleet::start(members, folder, secret, (clock.clone(), entropy));
    let prepared = tokio::select! {
        biased;
        () = stop.asked() => Ok(false),
        prepared = fleet.prepare(options, &all) => prepared.map(|()| true),
    };
    match prepared {
        Ok(true) => {
            println!("\n{}", welcome(&fleet.doors(), data));
            println!("ready in {:.2} s; Ctrl-C stops", clock.monotonic().as_secs_f64());
            stop.asked().await;
        }
        Ok(false) => {}
        Err(message) => {
            fleet.stop().await;
            return Err(message);
        }
    }
    eprintln!("stopping: what was accepted is finished first; Ctrl-C again stops at once");
    tokio::select! {
        biased;
        () = fleet.stop() => {}
        () = stop.asked() => return Ok(ExitCode::from(STOPPED_AT_ONCE)),
    }
    eprintln!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Where every door is, as settings for all processes.
fn addresses(options: &Up, platform: &PlatformSettings, all: &[Description]) -> Result<Vec<String>, String> {
    let mut settings = Vec::new();
    for service in all {
        for door in &service.doors {
            let kind = door.kind.name();
            let given = platform.peers.get(&service.name).and_then(|doors| doors.get(kind)).cloned();
            let moved = || platform.doors.get(&service.name).and_then(|doors| doors.get(kind)).copied();
            let address = match given {
                Some(address) => address,
                None => match moved() {
                    Some(address) => address.to_string(),
                    None => format!("127.0.0.1:{}", port_of(door.port, options.port)?),
                },
            };
            settings.push(format!("peers.{}.{kind}={address}", service.name));
        }
    }
    for (name, process) in &platform.processes {
        if let Some(address) = process.public {
            settings.push(format!("peers.{name}.{}={address}", DoorKind::Public.name()));
        }
    }
    Ok(settings)
}

fn members(roll: &Roll<'_>, platform: &PlatformSettings) -> Result<Vec<Member>, String> {
    let mut members = Vec::new();
    for (service, count) in roll.chosen()? {
        for replica in 1..=count {
            members.push(roll.member(&service, replica)?);
        }
    }
    for (name, process) in platform.processes.iter().filter(|(_, process)| !process.command.is_empty()) {
        members.push(roll.foreign(name, process, BTreeMap::new())?);
    }
    Ok(members)
}

/// The processes of a fleet.
struct Fleet {
    kept: Vec<Kept>,
    folder: DataFolder,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
}

impl Fleet {
    fn start(
        members: Vec<Member>,
        folder: DataFolder,
        secret: Secret,
        (clock, entropy): (Clock, Entropy),
    ) -> Self {
        let labels: Vec<String> = members.iter().map(Member::label).collect();
        let output: Arc<Output> = Output::new(&labels);
        let data = folder.path().to_owned();
        let keep = |member: Member| Kept::keep(member, data.clone(), output.clone());
        let kept = members.into_iter().map(keep).collect();
        Self { kept, folder, secret, clock, entropy }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until all are ready, tells the command line where they are, and fills the shop on its first start.
    async fn prepare(&self, options: &Up, all: &[Description]) -> Result<(), String> {
        for kept in self.kept.iter().filter(|kept| !kept.member.is_foreign) {
            self.ready(kept).await?;
        }
        let file = FleetFile::of(self.doors());
        let text = file.to_json().map_err(|error| error.to_string())?;
        self.folder.write_document(FleetFile::NAME, &text).map_err(|error| error.to_string())?;
        let is_whole =
            all.iter().all(|service| self.kept.iter().any(|kept| kept.member.service == service.name));
        let quiet = self.quiet(&file)?;
        if is_whole && !self.data().join(SEEDED).exists() {
            self.fill(&quiet, options.no_seed).await?;
        }
        quiet.caught_up(CATCH_UP).await.map_err(|problem| problem.to_string())
    }

    fn quiet(&self, file: &FleetFile) -> Result<Quiet, String> {
        let doors = file.doors.iter();
        let services = doors.filter_map(|(name, _)| Some(name.strip_suffix("/internal")?.to_owned()));
        Ok(Quiet {
            services: services.collect(),
            book: file.phone_book().map_err(|error| error.to_string())?,
            secret: self.secret.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.fork("quiet"),
        })
    }

    async fn fill(&self, quiet: &Quiet, no_seed: bool) -> Result<(), String> {
        // Accounts come last, so that a fill that was interrupted is done again.
        let is_empty = quiet.head("customers").await.map_err(|problem| problem.to_string())? == 0;
        if !no_seed && !is_empty {
            eprintln!("  the shop is there already and is not filled");
        } else if !no_seed {
            eprintln!("  filling the shop");
            let seeder = Seeder::new(
                quiet.book.clone(),
                self.secret.clone(),
                self.clock.clone(),
                self.entropy.fork("seed"),
            );
            seeder.goods().await.map_err(|problem| format!("the shop could not be filled: {problem}"))?;
        }
        let text = format!("{{\"goods\": {}}}\n", !no_seed && is_empty);
        self.folder.write_document(SEEDED, &text).map_err(|error| error.to_string())
    }

    /// Waits until a process says that it takes requests.
    async fn ready(&self, kept: &Kept) -> Result<PartFile, String> {
        let waiting = async {
            loop {
                if let Some(part) = self.part_of(kept)?
                    && self.is_ready(&part).await
                {
                    return Ok(part);
                }
                self.clock.sleep(LOOK).await;
            }
        };
        self.clock.timeout(READY, waiting).await.unwrap_or_else(|_| {
            let last = kept.condition().last_end.map(|end| format!("; {end}")).unwrap_or_default();
            Err(format!("{} is not ready after {} s{last}", kept.member.label(), READY.as_secs()))
        })
    }

    /// Where the doors of a process are, if it has told: what an earlier life told does not count.
    fn part_of(&self, kept: &Kept) -> Result<Option<PartFile>, String> {
        let part = PartFile::read(self.data(), &kept.member.service, kept.member.replica)?;
        let process = kept.condition().process;
        Ok(part.filter(|part| Some(part.process) == process))
    }

    async fn is_ready(&self, part: &PartFile) -> bool {
        let internal = part.doors.iter().find(|(kind, _)| kind == DoorKind::Internal.name());
        let Some((_, address)) = internal else { return true };
        let name = format!("{}/internal", part.service);
        let file = FleetFile::of(vec![(name, address.clone())]);
        let answers = tradewind_fleet::ready(&file, &self.clock, &self.entropy, Duration::from_secs(2)).await;
        answers.is_ok_and(|answers| answers.iter().all(|(_, answer)| answer.is_ok()))
    }

    /// The doors of the first replicas, as `service/kind` and address.
    fn doors(&self) -> Vec<(String, String)> {
        let first = self.kept.iter().filter(|kept| kept.member.replica == 1);
        let parts = first.filter_map(|kept| self.part_of(kept).ok().flatten());
        let doors = parts.flat_map(|part| {
            let service = part.service;
            part.doors.into_iter().map(move |(kind, address)| (format!("{service}/{kind}"), address))
        });
        doors.collect()
    }

    /// Ends all processes: those at the edge first, so that nobody calls what has gone.
    async fn stop(&self) {
        // The command line must not knock at doors that are gone.
        std::fs::remove_file(self.data().join(FleetFile::NAME)).unwrap_or_default();
        let is_edge = |kept: &&Kept| {
            let part = self.part_of(kept).ok().flatten();
            part.is_some_and(|part| part.doors.iter().any(|(kind, _)| kind == DoorKind::DataPlane.name()))
        };
        let (edge, rest): (Vec<&Kept>, Vec<&Kept>) = self.kept.iter().partition(is_edge);
        for group in [edge, rest] {
            let stopping: Vec<_> = group
                .into_iter()
                .cloned()
                .map(|kept| {
                    tokio::spawn(async move {
                        kept.stop().await;
                    })
                })
                .collect();
            for stopped in stopping {
                stopped.await.unwrap_or_default();
            }
        }
        for kept in &self.kept {
            PartFile::remove(self.data(), &kept.member.service, kept.member.replica);
        }
    }
}
