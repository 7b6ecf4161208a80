//! A mutant that is declared is planted somewhere and listed, or the campaign says more than it did.

use crate::{Violation, Workspace};

/// Mutants that no code asks for, and such as are not in the list of their crate.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &workspace.members {
        let inside = format!("{}/src/", member.folder);
        let texts = || workspace.files.iter().filter(|(path, _)| path.starts_with(&inside));
        for (path, text) in texts().filter(|(path, _)| path.ends_with("/mutants.rs")) {
            for (line, name) in declared(text) {
                let asks = format!("mutants::{name}.is_planted()");
                let is_planted = texts().any(|(_, text)| text.contains(&asks));
                let lists = |text: &String| listed(text).any(|entry| entry == name);
                let is_listed = texts().any(|(path, text)| path.ends_with("/mutants.rs") && lists(text));
                let mut report = |what: String, instead: &str| {
                    found.push(Violation::new(path, line, what, instead));
                };
                if !is_planted {
                    report(format!("nothing asks {asks}"), "plant it where the mistake would be made");
                }
                if !is_listed {
                    report(format!("{name} is in no list"), "add it to the crate's MUTANTS");
                }
            }
        }
    }
    found
}

/// The constants that a file declares, with their lines.
fn declared(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let name = line.strip_prefix("pub(crate) const ")?.split_once(": Mutant ")?.0;
        Some((number, name))
    })
}

/// The entries of the list that a file holds, without their modules.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    let list = text.split_once("MUTANTS: &[Mutant] =").map_or("", |(_, list)| list);
    let list = list.split_once("];").map_or(list, |(list, _)| list);
    list.split([',', '[', ' ', '\n', '&']).map(|entry| entry.rsplit("::").next().unwrap_or(entry))
}
