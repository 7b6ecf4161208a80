//! A workspace to judge, and judgements to compare.

use std::path::Path;

use tradewind_architecture::{Violation, Workspace};

/// The repository that holds this crate. Asked for at run time: two clones may share a target folder, and a
/// path from build time would let one judge the other.
pub(crate) fn here() -> Workspace {
    let crate_folder =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| panic!("run this with cargo test"));
    let root = Path::new(&crate_folder).join("../..");
    Workspace::load(&root).unwrap_or_else(|error| panic!("the repository is unreadable: {error}"))
}

/// A small workspace; a member without a manifest of its own gets a proper one.
pub(crate) fn planted(files: &[(&str, &str)]) -> Workspace {
    let mut all: std::collections::BTreeMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for (path, _) in files {
        let parts: Vec<&str> = path.splitn(3, '/').collect();
        if let [ring, name, _] = parts[..] {
            let text = manifest(&package(ring, name), "");
            all.entry(format!("{ring}/{name}/Cargo.toml")).or_insert(text);
        }
    }
    let workspace = Workspace::new(all);
    assert_eq!(workspace.unreadable, []);
    workspace
}

/// A manifest that keeps every rule, followed by `rest`.
pub(crate) fn manifest(package: &str, rest: &str) -> String {
    let inherited = "version.workspace = true\nedition.workspace = true\n";
    format!("[package]\nname = \"{package}\"\n{inherited}\n[lints]\nworkspace = true\n\n{rest}")
}

fn package(ring: &str, name: &str) -> String {
    match ring {
        "contracts" => format!("tradewind-{name}-contract"),
        "examples" => format!("tradewind-example-{name}"),
        _ => format!("tradewind-{name}"),
    }
}

/// Fails with the whole list, one violation a line.
#[track_caller]
pub(crate) fn expect_none(found: &[Violation]) {
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), list.join("\n"));
}

/// Compares where the violations are, each as `path:line`.
#[track_caller]
pub(crate) fn expect_at(found: &[Violation], places: &[&str]) {
    let list: Vec<String> =
        found.iter().map(|violation| format!("{}:{}", violation.path, violation.line)).collect();
    assert_eq!(list, places, "{found:#?}");
}
