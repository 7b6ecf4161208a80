//! Packages that only some crates may know: what they bring along is large, or is to be replaced in one place.

use crate::{Violation, Workspace};

/// A package, those who may depend on it, and what the others do.
const OWNED: &[(&str, &[&str], &str)] = &[
    ("kube", &["platform/kubernetes"], "ask platform/kubernetes, which has the cluster as values"),
    ("k8s-openapi", &["platform/kubernetes"], "ask platform/kubernetes, which has the cluster as values"),
    (
        "tradewind-kubernetes",
        &["platform/client", "services/gateway"],
        "leave the cluster to discovery and to the gateway",
    ),
];

/// Dependencies, for tests and builds too, on a package that others own.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &workspace.members {
        for dependency in &member.manifest.dependencies {
            let rule = OWNED.iter().find(|(package, owners, _)| {
                *package == dependency.package && !owners.contains(&member.folder.as_str())
            });
            if let Some((package, owners, instead)) = rule {
                let what =
                    format!("{} depends on {package}, which is for {}", member.folder, owners.join(" and "));
                found.push(Violation::new(&member.manifest.path, dependency.line, what, *instead));
            }
        }
    }
    found
}
