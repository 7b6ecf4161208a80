//! What an `HTTPRoute` document says.
//!
//! Bounds and patterns are those of the Gateway API's custom resource definition, version v1.

use super::matching;
use super::reader::{Fields, Item, Object, Report};
use super::route::{Backend, Route};
use super::tree::{Node, Place};

const API_VERSION: &str = "gateway.networking.k8s.io/v1";
const KIND: &str = "HTTPRoute";

const MAX_PARENT_REFS: usize = 32;
const MAX_RULES: usize = 16;
/// Matches of all rules of a document together.
const MAX_ROUTES: usize = 128;
const MAX_BACKEND_REFS: usize = 16;
const MAX_WEIGHT: u32 = 1_000_000;
const MAX_LABEL_BYTES: usize = 63;
const MAX_NAME_BYTES: usize = 253;

const DOCUMENT: Fields = Fields { read: &["apiVersion", "kind", "metadata", "spec"], later: &["status"] };
const METADATA: Fields = Fields { read: &["name", "namespace", "labels", "annotations"], later: &[] };
const SPEC: Fields = Fields { read: &["parentRefs", "rules"], later: &["hostnames"] };
const PARENT_REF: Fields =
    Fields { read: &["group", "kind", "name", "namespace", "sectionName", "port"], later: &[] };
const RULE: Fields = Fields {
    read: &["matches", "backendRefs"],
    later: &["name", "filters", "timeouts", "retry", "sessionPersistence"],
};
const BACKEND_REF: Fields =
    Fields { read: &["group", "kind", "name", "port", "weight"], later: &["namespace", "filters"] };

/// A document as far as it could be read; errors are in the report.
pub(super) struct Document {
    /// `metadata.namespace` and `metadata.name`.
    pub(super) identity: (Option<String>, String),
    /// Where the name stands.
    pub(super) place: Place,
    pub(super) routes: Vec<Found>,
}

/// A route and where its match stands.
pub(super) struct Found {
    pub(super) route: Route,
    pub(super) place: Place,
}

/// Reads one document. `None` when it is of another kind or has no name.
pub(super) fn document(root: &Node, report: &mut Report) -> Option<Document> {
    let document = Item::root(root).object(report)?;
    let is_version = is_word(&document, "apiVersion", API_VERSION, report);
    let is_kind = is_word(&document, "kind", KIND, report);
    if !is_version || !is_kind {
        return None;
    }
    document.allow(&DOCUMENT, report);
    let identity = document.required("metadata", report).and_then(|item| metadata(item, report));
    // Without a name the rules are read all the same, for their errors.
    let name = identity.as_ref().map_or("", |((_, name), _)| name);
    let spec = document.required("spec", report).and_then(|item| item.object(report));
    let routes = spec.map(|spec| self::spec(&spec, name, report)).unwrap_or_default();
    let (identity, place) = identity?;
    Some(Document { identity, place, routes })
}

/// True if the field is there and has that value.
fn is_word(document: &Object<'_>, name: &str, expected: &str, report: &mut Report) -> bool {
    let Some(item) = document.required(name, report) else {
        return false;
    };
    match item.text(report) {
        Some(word) if word == expected => true,
        Some(word) => {
            item.refuse(report, format!("is `{word}`, but only `{expected}` documents are read here"));
            false
        }
        None => false,
    }
}

/// The namespace, the name and where the name stands.
fn metadata(item: Item<'_>, report: &mut Report) -> Option<((Option<String>, String), Place)> {
    let metadata = item.object(report)?;
    metadata.allow(&METADATA, report);
    for name in ["labels", "annotations"] {
        let texts = metadata.field(name).and_then(|item| item.object(report));
        for item in texts.iter().flat_map(Object::fields) {
            item.text(report);
        }
    }
    let namespace = metadata.field("namespace").and_then(|item| label(&item, report));
    let name = metadata.required("name", report)?;
    let text = name.text(report)?;
    if text.len() > MAX_NAME_BYTES || !text.split('.').all(is_label) {
        name.refuse(report, "must be a DNS name of lower-case letters, digits, `-` and `.`");
        return None;
    }
    Some(((namespace, text.to_owned()), name.place()))
}

/// The routes of all rules.
fn spec(spec: &Object<'_>, name: &str, report: &mut Report) -> Vec<Found> {
    spec.allow(&SPEC, report);
    let parents = spec.field("parentRefs").and_then(|item| item.list(report, 0, MAX_PARENT_REFS));
    for parent in parents.into_iter().flatten() {
        parent_ref(parent, report);
    }
    let mut routes = Vec::new();
    let Some(rules) = spec.required("rules", report) else {
        return routes;
    };
    for (number, item) in rules.list(report, 1, MAX_RULES).into_iter().flatten().enumerate() {
        routes.extend(rule(item, name, number, report).unwrap_or_default());
    }
    if routes.len() > MAX_ROUTES {
        rules.refuse(report, format!("must not have more than {MAX_ROUTES} matches in all"));
    }
    routes
}

/// Checks a parent. Which gateway a document is for is the cluster's business; here there is one.
fn parent_ref(item: Item<'_>, report: &mut Report) {
    let Some(parent) = item.object(report) else {
        return;
    };
    parent.allow(&PARENT_REF, report);
    parent.required("name", report);
    for name in ["group", "kind", "name", "namespace", "sectionName"] {
        if let Some(item) = parent.field(name) {
            item.text(report);
        }
    }
    if let Some(item) = parent.field("port") {
        item.integer(report, 1, u32::from(u16::MAX));
    }
}

/// The routes of one rule: one for each match.
fn rule(item: Item<'_>, name: &str, rule: usize, report: &mut Report) -> Option<Vec<Found>> {
    let object = item.object(report)?;
    object.allow(&RULE, report);
    let matches = matching::matches(&object, report);
    let backend = backends(&object.required("backendRefs", report)?, report)?;
    let found = |(matching, place)| {
        let (name, template) = (name.to_owned(), matching::template(&matching));
        Found { route: Route { name, rule, matching, backend: backend.clone(), template }, place }
    };
    Some(matches.into_iter().map(found).collect())
}

/// The one backend of a rule.
fn backends(item: &Item<'_>, report: &mut Report) -> Option<Backend> {
    let backends = item.list(report, 1, MAX_BACKEND_REFS)?;
    if backends.len() > 1 {
        item.refuse(
            report,
            "must have exactly one item: this version of the gateway does not split by weight",
        );
    }
    let read: Vec<_> = backends.into_iter().map(|item| backend(item, report)).collect();
    read.into_iter().next().flatten()
}

fn backend(item: Item<'_>, report: &mut Report) -> Option<Backend> {
    let backend = item.object(report)?;
    backend.allow(&BACKEND_REF, report);
    only_services(&backend, report);
    only_weight_one(&backend, report);
    let service = backend.required("name", report).and_then(|item| label(&item, report));
    let port = backend.required("port", report).and_then(|item| item.integer(report, 1, u32::from(u16::MAX)));
    Some(Backend { service: service?, port: u16::try_from(port?).ok()? })
}

fn only_services(backend: &Object<'_>, report: &mut Report) {
    for (name, expected) in [("group", ""), ("kind", "Service")] {
        if let Some(item) = backend.field(name)
            && item.text(report).is_some_and(|word| word != expected)
        {
            item.refuse(report, format!("must be \"{expected}\" or left out: only services are supported"));
        }
    }
}

/// Of one backend, any other weight says nothing, or that no request may go there.
fn only_weight_one(backend: &Object<'_>, report: &mut Report) {
    if let Some(item) = backend.field("weight")
        && item.integer(report, 0, MAX_WEIGHT).is_some_and(|weight| weight != 1)
    {
        item.refuse(report, "must be 1 or left out: this version of the gateway does not split by weight");
    }
}

/// A DNS label (RFC 1123 §2.1): the names of services and namespaces.
fn label(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.text(report)?;
    if text.len() > MAX_LABEL_BYTES || !is_label(text) {
        item.refuse(
            report,
            format!("must be 1 to {MAX_LABEL_BYTES} lower-case letters, digits and inner `-`"),
        );
        return None;
    }
    Some(text.to_owned())
}

fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}
