//! The processes of a fleet: until they are ready, filled with goods, and ended.

use std::path::Path;
use std::time::Duration;

use tradewind_chassis::{DataFolder, Description, DoorKind, Scope};
use tradewind_fleet::{FleetFile, Quiet, Seeder};
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_process::Part;

use crate::arguments::Up;
use crate::marks::SEEDED;
use crate::processes::certificates::Certificates;
use crate::processes::child::Nursery;
use crate::processes::keeper::{Kept, READY};
use crate::processes::programs::Programs;
use crate::processes::watch::Watch;
use crate::welcome::passwords;

/// How long the services may take to hear of each other at the start.
const CATCH_UP: Duration = Duration::from_secs(60);

/// The processes of a fleet.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) kept: Vec<Kept>,
    pub(crate) secret: Secret,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) nursery: Nursery,
    /// `None` when all doors are plain.
    pub(crate) certificates: Option<Certificates>,
}

impl Fleet {
    /// Waits until all are ready, tells the command line where they are, and fills the shop on its first start. Gives
    /// the names of those that are not ready, which are started on and on.
    pub(crate) async fn prepare(
        &self,
        options: &Up,
        all: &[Description],
        folder: &DataFolder,
        desk: &str,
    ) -> Result<Vec<String>, String> {
        let late = self.ready().await?;
        let file = FleetFile::of(self.doors(1)).supervised(desk, self.replicas());
        let file = match &self.certificates {
            Some(certificates) => file.identified(certificates.operator()?),
            None => file,
        };
        let text = file.to_json().map_err(|error| error.to_string())?;
        folder.write_document(FleetFile::NAME, &text).map_err(|error| error.to_string())?;
        if !late.is_empty() {
            return Ok(late);
        }
        let runs = |service: &Description| self.kept.iter().any(|kept| kept.member.service == service.name);
        let quiet = self.quiet(&file)?;
        if all.iter().all(runs) && !folder.path().join(SEEDED).exists() {
            self.fill(&quiet, options.no_seed, folder).await?;
        }
        quiet.caught_up(CATCH_UP).await.map_err(|problem| problem.to_string())?;
        Ok(late)
    }

    /// Waits until all processes are ready. One that will never be stops the start; one that only takes long does not.
    async fn ready(&self) -> Result<Vec<String>, String> {
        let until = self.clock.monotonic().saturating_add(READY);
        let mut late = Vec::new();
        for kept in &self.kept {
            let label = kept.member.label();
            let left = until.saturating_sub(self.clock.monotonic());
            let Ok(condition) = self.clock.timeout(left, kept.settled()).await else {
                late.push(label);
                continue;
            };
            if condition.gave_up {
                let why = condition.last_end.unwrap_or_default();
                return Err(format!("{label} does not start: {why}; its own lines above say what is wrong"));
            }
        }
        Ok(late)
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

    async fn fill(&self, quiet: &Quiet, no_seed: bool, folder: &DataFolder) -> Result<(), String> {
        // Accounts come last, so that a fill that was interrupted is done again.
        let is_empty = quiet.head("customers").await.map_err(|problem| problem.to_string())? == 0;
        if !no_seed && !is_empty {
            eprintln!("  the shop is there already and is not filled");
        } else if !no_seed {
            eprintln!("  filling the shop");
            let (secret, clock) = (self.secret.clone(), self.clock.clone());
            let seeder = Seeder::new(quiet.book.clone(), secret, clock, self.entropy.fork("seed"));
            let failed = |problem| format!("the shop could not be filled: {problem}");
            seeder.goods().await.map_err(failed)?;
            seeder.pictures().await.map_err(failed)?;
            println!("\n{}", passwords(&seeder.people().await.map_err(failed)?));
        }
        let text = format!("{{\"goods\": {}}}\n", !no_seed && is_empty);
        folder.write_document(SEEDED, &text).map_err(|error| error.to_string())
    }

    /// Builds services again when their sources change, until the processes end.
    pub(crate) fn watch(&self, programs: Programs) {
        let Nursery { output, clock, tasks } = self.nursery.clone();
        let watch = Watch { programs, kept: self.kept.clone(), output, clock, tasks: tasks.clone() };
        tasks.spawn("watch", until_stopped(tasks.clone(), watch.run()));
    }

    /// The doors of all processes with this number, as `service/kind` and address.
    pub(crate) fn doors(&self, replica: u32) -> Vec<(String, String)> {
        let numbered = self.kept.iter().filter(|kept| kept.member.replica == replica);
        numbered.flat_map(|kept| named_doors(kept, &kept.member.service)).collect()
    }

    /// The doors of the replicas beyond the first, under names of their own.
    fn replicas(&self) -> Vec<(String, String)> {
        let further = self.kept.iter().filter(|kept| kept.member.replica > 1);
        further.flat_map(|kept| named_doors(kept, &kept.member.label())).collect()
    }

    /// Ends all processes: those at the edge first, so that nobody calls what has gone.
    pub(crate) async fn stop(&self, data: &Path) {
        self.nursery.tasks.stop();
        // The command line must not knock at doors that are gone.
        std::fs::remove_file(data.join(FleetFile::NAME)).unwrap_or_default();
        let (edge, rest): (Vec<&Kept>, Vec<&Kept>) = self.kept.iter().partition(|kept| is_edge(kept));
        for group in [edge, rest] {
            let stopped = Scope::new("supervisor/stopping");
            for kept in group {
                let kept = kept.clone();
                stopped.spawn("stop", async move { kept.stop().await });
            }
            stopped.idle().await;
        }
        for kept in &self.kept {
            Part::remove(data, &kept.member.service, kept.member.replica);
        }
    }
}

/// Work that goes on until the processes are to end.
pub(crate) async fn until_stopped(tasks: Scope, work: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = tasks.stopping() => {}
        () = work => {}
    }
}

/// The doors of a process that is ready, under this name.
fn named_doors(kept: &Kept, name: &str) -> Vec<(String, String)> {
    let doors = kept.condition().part.map(|part| part.doors).unwrap_or_default();
    doors.into_iter().map(|(kind, address)| (format!("{name}/{kind}"), address)).collect()
}

fn is_edge(kept: &Kept) -> bool {
    let part = kept.condition().part;
    part.is_some_and(|part| part.doors.iter().any(|(kind, _)| kind == DoorKind::DataPlane.name()))
}
