//! No file names a folder of the machine it was written on.

use crate::{Violation, Workspace};

/// The needles, put together here so that this file does not hold them.
fn needles() -> [String; 3] {
    [format!("/{}/", "work"), format!("/{}/", "root"), format!(".{}", "library")]
}

/// Lines that hold a path of a build machine.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let needles = needles();
    let mut found = Vec::new();
    for (path, text) in &workspace.files {
        for (line, text) in (1..).zip(text.lines()) {
            if let Some(needle) = needles.iter().find(|needle| holds(text, needle)) {
                let what = format!("a path of a build machine ({needle})");
                found.push(Violation::new(
                    path,
                    line,
                    what,
                    "write it relative to the repository, or from $HOME",
                ));
            }
        }
    }
    found
}

/// Whether `text` holds `needle` from the root of a file system, rather than inside a longer path.
fn holds(text: &str, needle: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | ')');
    let starts = |(at, _): (usize, &str)| !needle.starts_with('/') || !text[..at].ends_with(inside);
    text.match_indices(needle).any(starts)
}
