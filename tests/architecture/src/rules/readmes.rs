//! Every service says in forty lines what it owns, promises, listens to and calls.

use std::collections::BTreeSet;

use crate::{Ring, Violation, Workspace};

const MOST_LINES: usize = 40;
const HEADINGS: [&str; 4] = ["owns", "promises", "listens to", "calls"];

/// Services without a README, with a long one, or with a heading missing.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let inside = workspace.files.keys().filter(|path| Ring::of(path) == Some(Ring::Services));
    let services: BTreeSet<&str> =
        inside.filter_map(|path| Some(path.strip_prefix("services/")?.split_once('/')?.0)).collect();
    services.into_iter().flat_map(|service| in_service(workspace, service)).collect()
}

fn in_service(workspace: &Workspace, service: &str) -> Vec<Violation> {
    let path = format!("services/{service}/README.md");
    let report = |line, what: String, instead: &str| Violation::new(&path, line, what, instead);
    let Some(text) = workspace.files.get(&path) else {
        return vec![report(
            1,
            "the service has no README.md".to_owned(),
            "write one of at most forty lines",
        )];
    };
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        let what = format!("the README has {lines} lines, {MOST_LINES} are allowed");
        found.push(report(MOST_LINES + 1, what, "move the detail to docs/"));
    }
    let headings: Vec<String> = text.lines().filter_map(heading).collect();
    for missing in HEADINGS.iter().filter(|heading| !headings.iter().any(|h| h == *heading)) {
        let what = format!("the heading \"{missing}\" is missing");
        found.push(report(1, what, "add it; where there is nothing, say \"Nothing.\""));
    }
    found
}

fn heading(line: &str) -> Option<String> {
    Some(line.strip_prefix('#')?.trim_matches(['#', ' ', ':']).to_lowercase())
}
