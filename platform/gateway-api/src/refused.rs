//! Policies with a mistake: what can be told of them all the same.

use crate::metadata::Metadata;
use crate::reference::TargetRef;
use crate::yaml::{Node, Value};

const GROUP: &str = "policy.tradewind.dev/";
const KINDS: [&str; 3] = ["RoutePolicy", "BackendPolicy", "ListenerPolicy"];

/// A policy that could not be read, and what it is about as far as that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedPolicy {
    /// `RoutePolicy`, `BackendPolicy` or `ListenerPolicy`.
    pub kind: &'static str,
    /// Its name and namespace, and when it was made.
    pub metadata: Metadata,
    /// Those of its targets that could be read.
    pub target_refs: Vec<TargetRef>,
}

impl RefusedPolicy {
    /// What a document says of itself, if it is a policy; nothing is taken for granted.
    pub(crate) fn of(root: &Node) -> Option<Self> {
        let is_ours = text(root, "apiVersion")?.starts_with(GROUP);
        let kind = text(root, "kind")?;
        let kind = KINDS.into_iter().find(|known| is_ours && *known == kind)?;
        let own = field(root, "metadata");
        let own = |name: &str| own.and_then(|own| text(own, name)).map(str::to_owned);
        let metadata = Metadata {
            name: own("name").unwrap_or_default(),
            namespace: own("namespace").unwrap_or_else(|| "default".to_owned()),
            creation_timestamp: own("creationTimestamp").unwrap_or_default(),
            ..Metadata::default()
        };
        let targets =
            match field(root, "spec").and_then(|spec| field(spec, "targetRefs")).map(|found| &found.value) {
                Some(Value::List(targets)) => &targets[..],
                _ => &[],
            };
        Some(Self { kind, metadata, target_refs: targets.iter().filter_map(target).collect() })
    }
}

/// One whose section cannot be read is about the whole.
fn target(node: &Node) -> Option<TargetRef> {
    let own = |name: &str| text(node, name).map(str::to_owned);
    Some(TargetRef {
        group: own("group").unwrap_or_default(),
        kind: own("kind")?,
        name: own("name")?,
        section_name: own("sectionName"),
    })
}

fn field<'node>(node: &'node Node, name: &str) -> Option<&'node Node> {
    match &node.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == name).map(|entry| &entry.node),
        _ => None,
    }
}

fn text<'node>(node: &'node Node, name: &str) -> Option<&'node str> {
    match &field(node, name)?.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
