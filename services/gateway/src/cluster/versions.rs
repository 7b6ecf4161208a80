//! Of which version the definitions of the Gateway API are that the cluster has.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tradewind_kernel::Clock;
use tradewind_kubernetes::{Cluster, ClusterError, Kind};
use tradewind_routing::Condition;

use crate::cluster::kinds::FOLLOWED;
use crate::cluster::write::Board;

const GROUP: &str = "gateway.networking.k8s.io";

/// What says of which version a definition is.
const VERSION: &str = "gateway.networking.k8s.io/bundle-version";

/// The versions whose objects are read here, up to their second dot.
const KNOWN: [&str; 2] = ["v1.5.", "v1.6."];

/// How often the definitions are looked at. They change when somebody installs others.
const LOOK: Duration = Duration::from_secs(60);

/// Of which version definitions are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Versions {
    /// Nobody was asked yet.
    #[default]
    NotAsked,
    /// The API server does not say, or we may not ask.
    Unknown,
    /// By the names of definitions; empty where one does not say.
    Known(BTreeMap<String, String>),
}

impl Versions {
    /// What there is to say of them: nothing where they are not known.
    pub(super) fn condition(&self) -> Option<Condition> {
        let Self::Known(versions) = self else { return None };
        let is_known = |version: &str| KNOWN.iter().any(|known| version.starts_with(known));
        let other = versions.iter().find(|(_, version)| !is_known(version));
        let known = KNOWN.map(|known| format!("{known}x")).join(" and ");
        Some(match other {
            None => Condition {
                kind: "SupportedVersion",
                holds: true,
                reason: "SupportedVersion",
                message: format!(
                    "the definitions in the cluster are of a version that is known here, {known}"
                ),
            },
            Some((name, version)) => {
                let version = if version.is_empty() { "no version" } else { version };
                Condition {
                    kind: "SupportedVersion",
                    holds: false,
                    reason: "UnsupportedVersion",
                    message: format!(
                        "{name} is of {version}, and {known} are known here: install definitions of one of these, or a \
                         gateway that knows the others; objects are read as far as they are understood"
                    ),
                }
            }
        })
    }

    /// Whether it is certain that nothing can be said.
    pub(super) fn are_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

/// Looks at the definitions now and again, for as long as it is polled, and has it told when they are others.
pub(super) async fn look(cluster: &Cluster, board: &Board, clock: &Clock) {
    let mut refused = None;
    loop {
        match ask(cluster).await {
            Ok(versions) => {
                refused = None;
                board.put_versions(versions);
            }
            Err(error @ ClusterError::Refused { code: 401 | 403, .. }) => {
                let error = error.to_string();
                board.put_versions(Versions::Unknown);
                if refused.as_ref() != Some(&error) {
                    tracing::warn!(
                        error,
                        "the version of the definitions is not known: the class says nothing of it"
                    );
                    refused = Some(error);
                }
            }
            // It is away or has trouble: what was known of them stays.
            Err(_) => {}
        }
        clock.sleep(LOOK).await;
    }
}

/// Asks for each definition by its name, and for no more of it than its metadata. Those that are missing say nothing.
async fn ask(cluster: &Cluster) -> Result<Versions, ClusterError> {
    let mut versions = BTreeMap::new();
    for kind in FOLLOWED.iter().filter(|kind| kind.group() == GROUP) {
        let name = format!("{}.{GROUP}", kind.plural());
        if let Some(metadata) = cluster.metadata(&Kind::DEFINITIONS, "", &name).await? {
            let version =
                metadata.get("annotations").and_then(|all| all.get(VERSION)).and_then(Value::as_str);
            versions.insert(name, version.unwrap_or_default().to_owned());
        }
    }
    Ok(if versions.is_empty() { Versions::Unknown } else { Versions::Known(versions) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(versions: &[(&str, &str)]) -> (bool, &'static str, String) {
        let known = versions.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned()));
        let Condition { holds, reason, message, .. } = Versions::Known(known.collect()).condition().unwrap();
        (holds, reason, message)
    }

    #[test]
    fn definitions_are_of_one_of_the_known_versions_or_the_other_one_is_named() {
        let (holds, reason, _) = said(&[("gateways", "v1.5.1"), ("httproutes", "v1.6.0-rc.1")]);
        assert_eq!((holds, reason), (true, "SupportedVersion"));
        for other in ["v1.4.1", "v1.60.0", "v2.0.0", "1.6.0", ""] {
            let (holds, reason, message) = said(&[("gateways", "v1.6.0"), ("httproutes", other)]);
            assert_eq!((holds, reason), (false, "UnsupportedVersion"), "{other}");
            assert!(
                message.starts_with("httproutes is of ") && message.contains("v1.5.x and v1.6.x"),
                "{message}"
            );
        }
        assert_eq!(Versions::NotAsked.condition().or(Versions::Unknown.condition()), None);
    }
}
