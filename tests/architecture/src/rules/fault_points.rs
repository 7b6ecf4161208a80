//! Fault points are for builds that somebody asked for: no default and no dependency turns them on.

use crate::{Manifest, Violation, Workspace};

const FEATURE: &str = "fault-points";

/// Manifests that turn the feature on unasked.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let text = workspace.files.get("Cargo.toml");
    let root = text.and_then(|text| Manifest::parse("Cargo.toml", text).ok());
    let members = workspace.members.iter().map(|member| &member.manifest);
    members.chain(&root).flat_map(in_manifest).collect()
}

fn in_manifest(manifest: &Manifest) -> Vec<Violation> {
    let report = |line| {
        let what = format!("{FEATURE} is on in every build");
        let instead =
            "leave it to who builds: forward it in a feature of the same name that is in no default";
        Violation::new(&manifest.path, line, what, instead)
    };
    manifest.turns_on(FEATURE).into_iter().map(report).collect()
}
