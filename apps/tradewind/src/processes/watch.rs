//! Building services again when their sources change, and swapping their processes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::process::Command;
use tradewind_chassis::Scope;
use tradewind_kernel::Clock;

use crate::processes::keeper::Kept;
use crate::processes::output::Output;
use crate::processes::programs::Programs;

/// The pause between two looks at the sources.
const LOOK: Duration = Duration::from_millis(500);

/// How the lines of the watch are marked.
const LABEL: &str = "watch";

/// When each source of a program was changed last.
type Sources = BTreeMap<PathBuf, SystemTime>;

/// Watches the sources of the services that run.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) programs: Programs,
    pub(crate) kept: Vec<Kept>,
    pub(crate) output: Arc<Output>,
    pub(crate) clock: Clock,
    pub(crate) tasks: Scope,
}

impl Watch {
    /// Looks again and again until nobody wants it any more.
    pub(crate) async fn run(self) {
        let mut seen = self.sources();
        loop {
            self.clock.sleep(LOOK).await;
            let now = self.sources();
            if now == seen {
                continue;
            }
            // Files are written one after the other: a build begins when a look finds nothing new.
            let changed = changed(&seen, &now);
            let before = std::mem::replace(&mut seen, now);
            self.clock.sleep(LOOK).await;
            if self.sources() != seen {
                // Those that changed first are compared again.
                seen = before;
                continue;
            }
            self.say(&format!("building {}", changed.join(", ")));
            if self.build(&changed).await {
                self.swap(&changed).await;
                // A new program may have other sources.
                seen = self.sources();
            }
        }
    }

    /// The sources of each service.
    fn sources(&self) -> BTreeMap<String, Sources> {
        let services: BTreeSet<&String> = self
            .kept
            .iter()
            .filter(|kept| !kept.member.is_foreign)
            .map(|kept| &kept.member.service)
            .collect();
        let sources = |service: &String| (service.clone(), sources_of(&self.programs.of(service)));
        services.into_iter().map(sources).collect()
    }

    /// Whether cargo could build them; what it says is shown.
    async fn build(&self, services: &[String]) -> bool {
        let names: Vec<&str> = services.iter().map(String::as_str).collect();
        let Some(command) = self.programs.build(&names) else { return false };
        let mut command = Command::from(command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut build = match command.spawn() {
            Ok(build) => build,
            Err(error) => {
                self.say(&format!("cargo cannot be started: {error}"));
                return false;
            }
        };
        if let Some(errors) = build.stderr.take() {
            let output = self.output.clone();
            self.tasks.spawn("output", async move { output.follow(LABEL, errors).await });
        }
        match build.wait().await {
            Ok(status) if status.success() => true,
            _ => {
                self.say("not built: the processes that run go on");
                false
            }
        }
    }

    /// Swaps the processes of these services, one after the other.
    async fn swap(&self, services: &[String]) {
        for kept in self.kept.iter().filter(|kept| services.contains(&kept.member.service)) {
            let label = kept.member.label();
            match kept.restart().await {
                Ok(()) => self.say(&format!("{label} runs as it was built")),
                Err(why) => self.say(&format!("{label}: {why}")),
            }
        }
    }

    fn say(&self, text: &str) {
        self.output.line(LABEL, text);
    }
}

/// The services whose sources are not the same any more.
fn changed(before: &BTreeMap<String, Sources>, now: &BTreeMap<String, Sources>) -> Vec<String> {
    now.iter()
        .filter(|(service, sources)| before.get(*service) != Some(sources))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The sources of a program, as cargo writes them beside it; a file that is not there has no time.
fn sources_of(program: &Path) -> Sources {
    let listed = std::fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let changed = |path: PathBuf| {
        let changed = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
        (path, changed.unwrap_or(SystemTime::UNIX_EPOCH))
    };
    listed_sources(&listed).map(changed).collect()
}

/// What stands behind the colon of a make rule: paths with spaces between, and a backslash before those within.
fn listed_sources(rule: &str) -> impl Iterator<Item = PathBuf> {
    let (_, paths) = rule.split_once(": ").unwrap_or_default();
    // No path holds this character.
    let apart = paths.trim_end().replace("\\ ", "\0");
    let paths: Vec<PathBuf> =
        apart.split_whitespace().map(|path| PathBuf::from(path.replace('\0', " "))).collect();
    paths.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_from_the_rule_that_cargo_writes() {
        let rule = "/t/tradewind-lamps: /s/lamps/src/main.rs /s/a\\ b/lib.rs\n";
        let sources: Vec<PathBuf> = listed_sources(rule).collect();
        assert_eq!(sources, [PathBuf::from("/s/lamps/src/main.rs"), PathBuf::from("/s/a b/lib.rs")]);
        assert_eq!(listed_sources("").count(), 0);
    }

    #[test]
    fn a_service_changed_when_one_of_its_sources_did() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let of = |lamps: u64, own: u64| {
            let shared = || (PathBuf::from("kernel.rs"), at(own));
            BTreeMap::from([
                ("lamps".to_owned(), Sources::from([shared(), (PathBuf::from("lamps.rs"), at(lamps))])),
                ("stairs".to_owned(), Sources::from([shared()])),
            ])
        };
        assert_eq!(changed(&of(1, 1), &of(1, 1)), [""; 0]);
        assert_eq!(changed(&of(1, 1), &of(2, 1)), ["lamps"]);
        assert_eq!(changed(&of(1, 1), &of(1, 2)), ["lamps", "stairs"]);
    }
}
