//! The definitions of all kinds that are read here, and reading by them.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::check::{Report, check, fill};
use crate::document::Document;
use crate::error::DocumentError;
use crate::object;
use crate::refused::RefusedPolicy;
use crate::rule::Judge;
use crate::schema::Schema;
use crate::yaml::{self, Node, Place, Value};

/// Group, kind and text of each definition; those of the Gateway API are the published ones, of its version 1.6, and
/// those of our own group are made from `deploy/definitions/`.
const EMBEDDED: [(&str, &str, &str); 15] = [
    (GATEWAY_API, "GatewayClass", include_str!("../definitions/gatewayclass.json")),
    (GATEWAY_API, "Gateway", include_str!("../definitions/gateway.json")),
    (GATEWAY_API, "HTTPRoute", include_str!("../definitions/httproute.json")),
    (GATEWAY_API, "GRPCRoute", include_str!("../definitions/grpcroute.json")),
    (GATEWAY_API, "TLSRoute", include_str!("../definitions/tlsroute.json")),
    (GATEWAY_API, "ReferenceGrant", include_str!("../definitions/referencegrant.json")),
    (GATEWAY_API, "BackendTLSPolicy", include_str!("../definitions/backendtlspolicy.json")),
    (POLICY, "RoutePolicy", include_str!("../definitions/routepolicy.json")),
    (POLICY, "BackendPolicy", include_str!("../definitions/backendpolicy.json")),
    (POLICY, "ListenerPolicy", include_str!("../definitions/listenerpolicy.json")),
    ("", "Namespace", include_str!("../definitions/namespace.json")),
    ("", "Service", include_str!("../definitions/service.json")),
    ("discovery.k8s.io", "EndpointSlice", include_str!("../definitions/endpointslice.json")),
    ("", "Secret", include_str!("../definitions/secret.json")),
    ("", "ConfigMap", include_str!("../definitions/configmap.json")),
];

const GATEWAY_API: &str = "gateway.networking.k8s.io";
const POLICY: &str = "policy.tradewind.dev";

const METADATA: &str = include_str!("../definitions/metadata.json");

/// What documents may say. A definition is read when a document of its kind is met first.
#[derive(Debug)]
pub struct Definitions {
    kinds: Vec<Kind>,
    metadata: Schema,
}

/// A kind, and its definition once it was needed.
#[derive(Debug)]
struct Kind {
    group: &'static str,
    name: &'static str,
    text: &'static str,
    definition: OnceLock<Result<Definition, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    #[serde(rename = "group")]
    _group: String,
    #[serde(rename = "kind")]
    _kind: String,
    namespaced: bool,
    schemas: Vec<Versions>,
}

impl Kind {
    fn definition(&self) -> Result<&Definition, &str> {
        let parse = || serde_json::from_str(self.text).map_err(|error| format!("its definition: {error}"));
        self.definition.get_or_init(parse).as_ref().map_err(String::as_str)
    }
}

/// Whether documents may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    None,
    /// Somebody has checked them.
    Checked,
}

/// Versions that have the same schema.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Versions {
    versions: Vec<String>,
    schema: Schema,
}

/// What came of a file.
#[derive(Debug, Default)]
pub struct Reading {
    /// The documents that fit their definitions, in their order.
    pub documents: Vec<Document>,
    /// What is wrong with the others, in the order of the lines.
    pub errors: Vec<DocumentError>,
    /// Those of the others that are policies, and what they are about. What such a policy protects must not be open
    /// because of a mistake in it.
    pub refused: Vec<RefusedPolicy>,
}

impl Definitions {
    /// The definitions that come with this crate. Expressions in them are compiled when they are first needed.
    ///
    /// # Errors
    ///
    /// Why that of the metadata cannot be read; it is part of the program, and a test reads all of them.
    pub fn standard() -> Result<Self, String> {
        let kind = |(group, name, text)| Kind { group, name, text, definition: OnceLock::new() };
        let kinds = EMBEDDED.into_iter().map(kind).collect();
        let metadata = serde_json::from_str(METADATA).map_err(|error| format!("the metadata: {error}"))?;
        Ok(Self { kinds, metadata })
    }

    /// Reads the text of a file, which may hold several documents or none. The name of the file serves errors only.
    ///
    /// A document with a mistake is left out and its mistakes are named, all of them; the others are read. Where the
    /// text is not well-formed, the documents in front of the flaw are read. Two documents of one kind and name are a
    /// matter for who puts files together.
    #[must_use]
    pub fn read(&self, file: &str, text: &str) -> Reading {
        self.reading(file, text, Trust::None)
    }

    /// Reads documents that are part of a program and were read once in its tests: defaults are filled in, and nothing
    /// is checked again but that each value is of its type. Takes a fraction of the time.
    #[must_use]
    pub fn read_checked(&self, file: &str, text: &str) -> Reading {
        self.reading(file, text, Trust::Checked)
    }

    /// Reads an object as an API server gives it, by the same definitions as a document of a file: one document, or what
    /// is wrong with it. `called` is what errors name it by, which have no line. Its status, and fields that are null,
    /// count for nothing.
    #[must_use]
    pub fn read_object(&self, called: &str, object: &Json) -> Reading {
        let mut reading = Reading::default();
        match object::tree(object) {
            Ok(root) => self.add(&mut reading, (called, root), Trust::None, &Judge::new()),
            Err(flaw) => reading.errors.push(error(called, flaw.place, flaw.reason)),
        }
        reading
    }

    fn reading(&self, file: &str, text: &str, trust: Trust) -> Reading {
        let mut reading = Reading::default();
        let (roots, flaw) = yaml::read(text);
        let judge = Judge::new();
        roots.into_iter().for_each(|root| self.add(&mut reading, (file, root), trust, &judge));
        if let Some(flaw) = flaw {
            reading.errors.push(error(file, flaw.place, flaw.reason));
        }
        reading
    }

    /// Adds a document, or what is wrong with it.
    fn add(&self, reading: &mut Reading, (file, root): (&str, Node), trust: Trust, judge: &Judge) {
        let mut report = Report::new(judge);
        let policy = RefusedPolicy::of(&root);
        match self.document(file, root, trust, &mut report) {
            Some(document) if report.found.is_empty() => reading.documents.push(document),
            _ => {
                reading.errors.extend(errors(file, report));
                reading.refused.extend(policy);
            }
        }
    }

    fn document(
        &self,
        file: &str,
        mut root: Node,
        trust: Trust,
        report: &mut Report<'_>,
    ) -> Option<Document> {
        let (kind, definition, schema) = self.definition(&root, report)?;
        let place = root.place;
        let own = own_fields(&mut root, report)?;
        fill(&mut root, schema);
        if trust == Trust::None {
            check(&root, schema, "", report);
            match own.iter().find(|entry| entry.key == "metadata") {
                Some(entry) => check(&entry.node, &self.metadata, "metadata", report),
                None => report.add(place, "", "lacks the field `metadata`"),
            }
        }
        if !report.found.is_empty() {
            return None;
        }
        if let Value::Mapping(entries) = &mut root.value {
            entries.extend(own);
        }
        match Document::new(file, kind, definition.namespaced, root) {
            Ok(document) => Some(document),
            Err(reason) => {
                report.found.push((place, reason));
                None
            }
        }
    }

    /// The definition of a document's kind, and the schema of its version.
    fn definition(
        &self,
        root: &Node,
        report: &mut Report<'_>,
    ) -> Option<(&'static str, &Definition, &Schema)> {
        let Value::Mapping(_) = &root.value else {
            check(root, &Schema::mapping(), "", report);
            return None;
        };
        let version = word(root, "apiVersion", report);
        let kind = word(root, "kind", report);
        let ((version, version_place), (kind, kind_place)) = (version?, kind?);
        let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
        let Some(known) = self.kinds.iter().find(|known| known.group == group && known.name == kind) else {
            report.add(kind_place, "kind", &self.unknown(group, kind));
            return None;
        };
        let definition = match known.definition() {
            Ok(definition) => definition,
            Err(error) => {
                report.add(kind_place, "kind", error);
                return None;
            }
        };
        let name = known.name;
        let known = |versions: &&Versions| versions.versions.iter().any(|known| known == version);
        let Some(versions) = definition.schemas.iter().find(known) else {
            let names: Vec<&str> =
                definition.schemas.iter().flat_map(|v| &v.versions).map(String::as_str).collect();
            let reason = format!("names version {version} of {kind}; known here: {}", names.join(", "));
            report.add(version_place, "apiVersion", &reason);
            return None;
        };
        Some((name, definition, &versions.schema))
    }

    fn unknown(&self, group: &str, kind: &str) -> String {
        match self.kinds.iter().find(|known| known.name == kind) {
            Some(known) => {
                format!("is {kind} of the group \"{group}\"; known here is that of \"{}\"", known.group)
            }
            None => {
                let names: Vec<&str> = self.kinds.iter().map(|known| known.name).collect();
                format!("is {kind}, which is not read here; known here: {}", names.join(", "))
            }
        }
    }
}

/// Takes out the fields that every document has. A status is written by programs and means nothing here.
fn own_fields(root: &mut Node, report: &mut Report<'_>) -> Option<Vec<yaml::Entry>> {
    let Value::Mapping(entries) = &mut root.value else {
        report.add(root.place, "", "must be a mapping");
        return None;
    };
    let is_own =
        |entry: &yaml::Entry| matches!(entry.key.as_str(), "apiVersion" | "kind" | "metadata" | "status");
    let (own, rest) = std::mem::take(entries).into_iter().partition(is_own);
    *entries = rest;
    Some(own)
}

/// A text field of the document itself.
fn word<'node>(root: &'node Node, name: &str, report: &mut Report<'_>) -> Option<(&'node str, Place)> {
    let Value::Mapping(entries) = &root.value else { return None };
    let Some(entry) = entries.iter().find(|entry| entry.key == name) else {
        report.add(root.place, "", &format!("lacks the field `{name}`"));
        return None;
    };
    match &entry.node.value {
        Value::Text(text) => Some((text, entry.node.place)),
        _ => {
            check(&entry.node, &Schema::text(), name, report);
            None
        }
    }
}

fn errors(file: &str, report: Report<'_>) -> impl Iterator<Item = DocumentError> {
    let mut found = report.found;
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(move |(place, reason)| error(file, place, reason))
}

fn error(file: &str, place: Place, reason: String) -> DocumentError {
    DocumentError { file: file.to_owned(), line: place.line, column: place.column, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_can_be_read_and_says_what_the_list_says() {
        for kind in Definitions::standard().unwrap().kinds {
            let definition = kind.definition().unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            assert_eq!((definition._group.as_str(), definition._kind.as_str()), (kind.group, kind.name));
            assert!(definition.schemas.iter().any(|schema| schema.versions.contains(&"v1".to_owned())));
        }
    }

    /// `narrows` knows a part of the keywords only; one that it does not know would be left out silently.
    #[test]
    fn alternatives_use_no_keyword_that_is_not_asked_there() {
        fn walk(schema: &Schema, is_alternative: bool) {
            if is_alternative {
                let bounds = [schema.min_length, schema.max_length, schema.min_items, schema.max_items];
                let numbers = [schema.minimum, schema.maximum];
                assert!(
                    bounds.iter().all(Option::is_none) && numbers.iter().all(Option::is_none),
                    "{schema:?}"
                );
                assert!(
                    schema.pattern.is_none() && schema.items.is_none() && schema.rules.is_empty(),
                    "{schema:?}"
                );
                assert!(schema.one_of.is_empty() && schema.additional_properties.is_none(), "{schema:?}");
            }
            let alternatives = schema.one_of.iter().chain(&schema.any_of).chain(schema.not.as_deref());
            alternatives.for_each(|below| walk(below, true));
            let below = schema.properties.values().chain(schema.items.as_deref());
            below
                .chain(schema.additional_properties.as_deref())
                .for_each(|below| walk(below, is_alternative));
        }
        for kind in Definitions::standard().unwrap().kinds {
            kind.definition().unwrap().schemas.iter().for_each(|versions| walk(&versions.schema, false));
        }
    }

    #[test]
    fn what_was_checked_is_read_the_same_and_faster() {
        let definitions = Definitions::standard().unwrap();
        let text = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\n\
                    spec: {rules: [{backendRefs: [{name: a, port: 1}]}]}\n";
        let (careful, quick) = (definitions.read("a", text), definitions.read_checked("a", text));
        assert_eq!(careful.documents[0].body, quick.documents[0].body);
        assert_eq!(careful.documents[0].metadata, quick.documents[0].metadata);
        // What is not of its type is noticed all the same.
        let wrong = definitions.read_checked("a", &text.replace("port: 1", "port: a"));
        assert_eq!((wrong.documents.len(), wrong.errors.len()), (0, 1));
    }
}
