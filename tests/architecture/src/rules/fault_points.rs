//! Fault points and mutants are for builds that somebody asked for: no default, no dependency and no script turns them
//! on.

use crate::{Manifest, Violation, Workspace};

/// The features that no build may have unasked.
const FEATURES: [&str; 2] = ["fault-points", "mutants"];

/// Where it is asked for them on purpose: text for people, and what builds for tests only.
const ASKED: [&str; 5] = ["docs/", "tests/", "test", "CONTRIBUTING.md", "SECURITY.md"];

/// Manifests that turn a feature on unasked, and what builds with it although it may be shipped.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let text = workspace.files.get("Cargo.toml");
    let root = text.and_then(|text| Manifest::parse("Cargo.toml", text).ok());
    let members = workspace.members.iter().map(|member| &member.manifest);
    let mut found: Vec<Violation> = members.chain(&root).flat_map(in_manifest).collect();
    for (path, text) in workspace.files.iter().filter(|(path, _)| is_script(path)) {
        found.extend(in_script(path, text));
    }
    found
}

fn in_manifest(manifest: &Manifest) -> Vec<Violation> {
    let report = |feature: &'static str| {
        manifest.turns_on(feature).into_iter().map(move |line| {
            let what = format!("{feature} is on in every build");
            let instead =
                "leave it to who builds: forward it in a feature of the same name that is in no default";
            Violation::new(&manifest.path, line, what, instead)
        })
    };
    FEATURES.into_iter().flat_map(report).collect()
}

/// Whatever may build a program: scripts, pipelines, images.
fn is_script(path: &str) -> bool {
    let is_code = path.ends_with(".rs") || path.ends_with("Cargo.toml") || path.ends_with("Cargo.lock");
    let is_asked = |asked: &&str| path == *asked || (asked.ends_with('/') && path.starts_with(*asked));
    !is_code && !ASKED.iter().any(is_asked)
}

fn in_script(path: &str, text: &str) -> Vec<Violation> {
    let is_on = |line: &str| {
        line.contains("--all-features")
            || (line.contains("--features") && FEATURES.iter().any(|feature| line.contains(feature)))
    };
    let lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains("cargo build") && is_on(line));
    let report = |(line, _)| {
        let what = "a program is built with fault points or mutants".to_owned();
        Violation::new(path, line, what, "build without the feature, and name the long run in docs/ instead")
    };
    lines.map(report).collect()
}
