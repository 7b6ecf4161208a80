//! Who may know whom: a crate depends on its own ring or a lower one, and services meet only in `fleet`.

use crate::manifest::Section;
use crate::violation::tidy;
use crate::{Ring, Source, Violation, Workspace};

/// The only crate that names services.
const FLEET: &str = "apps/fleet";

/// Free for everyone as a dev-dependency, whatever the rings become.
const TESTKIT: &str = "platform/testkit";

const ASK_FLEET: &str = "ask tradewind-fleet for the service";

/// Dependencies and `tradewind_x::` paths that point the wrong way, and services that `fleet` forgot.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found = from_manifests(workspace);
    found.extend(workspace.sources.iter().flat_map(|source| from_source(workspace, source)));
    found.extend(missing_in_fleet(workspace));
    tidy(found)
}

fn from_manifests(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &workspace.members {
        for dependency in &member.manifest.dependencies {
            let Some(target) = workspace.folder_of(&dependency.package) else {
                continue;
            };
            if dependency.section == Section::Dev && target == TESTKIT {
                continue;
            }
            if let Some((why, instead)) = refusal(&member.folder, target) {
                let what = format!("{} depends on {target}: {why}", member.folder);
                found.push(Violation::new(&member.manifest.path, dependency.line, what, instead));
            }
        }
    }
    found
}

fn from_source(workspace: &Workspace, source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for mention in &source.mentions {
        if mention.segments.len() < 2 && mention.import.is_none() {
            continue;
        }
        let Some(name) = mention.segments.first().filter(|name| name.starts_with("tradewind_")) else {
            continue;
        };
        let Some(target) = workspace.folder_of_extern(name).filter(|target| *target != TESTKIT) else {
            continue;
        };
        if let Some((why, instead)) = refusal(&source.member, target) {
            let what = format!("{} names {target}: {why}", source.member);
            found.push(Violation::new(&source.path, mention.line, what, instead));
        }
    }
    found
}

/// Why the crate in `from` may not know the one in `to`, and what to do instead.
fn refusal(from: &str, to: &str) -> Option<(&'static str, &'static str)> {
    let (from_ring, to_ring) = (Ring::of(from)?, Ring::of(to)?);
    Some(match (from_ring, to_ring) {
        _ if from == to => return None,
        (Ring::Examples, Ring::Platform) => return None,
        (Ring::Examples, _) => (
            "an example stands on the platform alone, as a system of its own does",
            "write the few lines into the example",
        ),
        (Ring::Contracts, Ring::Contracts) => (
            "no contract knows a contract",
            "repeat the few fields, or move a shared value to platform/kernel",
        ),
        (Ring::Services, Ring::Services) => {
            ("no service knows a service", "call it or listen to it through its crate in contracts/")
        }
        (Ring::Apps, Ring::Services) if from != FLEET => ("only apps/fleet names services", ASK_FLEET),
        (Ring::Tests, Ring::Services) => ("tests reach services through fleet", ASK_FLEET),
        (Ring::Tests, Ring::Apps) if to != FLEET => {
            ("of the apps, tests know fleet only", "start the binary, or move the code to apps/fleet")
        }
        _ if to_ring > from_ring => {
            ("that is a higher ring", "move the shared part down, or turn the dependency round")
        }
        _ => return None,
    })
}

/// `fleet` names all services, or one would never start.
fn missing_in_fleet(workspace: &Workspace) -> Vec<Violation> {
    let Some(fleet) = workspace.members.iter().find(|member| member.folder == FLEET) else {
        return Vec::new();
    };
    let named: Vec<_> = fleet
        .manifest
        .dependencies
        .iter()
        .filter_map(|dependency| workspace.folder_of(&dependency.package))
        .collect();
    let missing = workspace.ring(Ring::Services).filter(|service| !named.contains(&service.folder.as_str()));
    let report = |service: &crate::Member| {
        let what = format!("{FLEET} does not name {}", service.folder);
        Violation::new(&fleet.manifest.path, 1, what, "add it to the fleet, or no runtime starts it")
    };
    missing.map(report).collect()
}
