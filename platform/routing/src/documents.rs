//! The documents of a gateway, from all of its files.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_gateway_api::backend_tls::BackendTlsPolicy;
use tradewind_gateway_api::gateway::{Gateway, GatewayClass};
use tradewind_gateway_api::grant::ReferenceGrant;
use tradewind_gateway_api::reference::TargetRef;
use tradewind_gateway_api::{Body, Document, DocumentError, Metadata, RefusedPolicy};

const GROUP: &str = "gateway.networking.k8s.io";

/// Documents, of which no two have the same kind, namespace and name.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    all: Vec<Arc<Document>>,
    /// By kind, namespace and name.
    known: BTreeMap<(&'static str, String, String), usize>,
    refused: Vec<Arc<RefusedPolicy>>,
}

/// A policy: its names, itself where it could be read, and what it is about where it could not.
type Policy<'documents> = (&'documents Metadata, Option<&'documents Document>, &'documents [TargetRef]);

impl Documents {
    /// Adds a document.
    ///
    /// # Errors
    ///
    /// There is one of that kind, namespace and name already, which stays.
    pub fn add(&mut self, document: impl Into<Arc<Document>>) -> Result<(), DocumentError> {
        let document = document.into();
        let kind = document.body.kind();
        let key = (kind, document.metadata.namespace.clone(), document.metadata.name.clone());
        if let Some(first) = self.known.get(&key).and_then(|index| self.all.get(*index)) {
            let (line, column) = first.position();
            let reason =
                format!("is that of a {kind} which is already declared at {}:{line}:{column}", first.file());
            return Err(document.error("metadata.name", &reason));
        }
        self.known.insert(key, self.all.len());
        self.all.push(document);
        Ok(())
    }

    /// Adds a policy that could not be read. What it is about is not served, since it could be what protects it; unless
    /// there is a document of its kind and name that could be read, such as the one before a change.
    pub fn add_refused(&mut self, policy: impl Into<Arc<RefusedPolicy>>) {
        self.refused.push(policy.into());
    }

    /// All documents, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.all.iter().map(|document| &**document)
    }

    /// The document of a kind, namespace and name.
    #[must_use]
    pub fn get(&self, kind: &'static str, namespace: &str, name: &str) -> Option<&Document> {
        let key = (kind, namespace.to_owned(), name.to_owned());
        self.known.get(&key).and_then(|index| self.all.get(*index)).map(|document| &**document)
    }

    pub(crate) fn gateways(&self) -> impl Iterator<Item = (&Document, &Gateway)> {
        self.iter().filter_map(|document| match &document.body {
            Body::Gateway(gateway) => Some((document, gateway)),
            _ => None,
        })
    }

    pub(crate) fn classes(&self) -> impl Iterator<Item = (&Document, &GatewayClass)> {
        self.iter().filter_map(|document| match &document.body {
            Body::GatewayClass(class) => Some((document, class)),
            _ => None,
        })
    }

    pub(crate) fn grants(&self) -> impl Iterator<Item = (&Document, &ReferenceGrant)> {
        self.iter().filter_map(|document| match &document.body {
            Body::ReferenceGrant(grant) => Some((document, grant)),
            _ => None,
        })
    }

    /// Whether the namespace of a document agrees that a document of the Gateway API refers to it: the kind and the
    /// namespace of the one, and the kind, namespace and name of the other, which is of the core group.
    #[must_use]
    pub fn permit(&self, from: (&str, &str), to: (&str, &str, &str)) -> bool {
        let ((from_kind, from_namespace), (kind, namespace, name)) = (from, to);
        let mut grants = self.grants().filter(|(document, _)| document.metadata.namespace == namespace);
        grants.any(|(_, grant)| {
            let is_from = grant.from.iter().any(|from| {
                from.group == GROUP && from.kind == from_kind && from.namespace == from_namespace
            });
            let is_named = |wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| wanted == name);
            is_from && grant.to.iter().any(|to| to.group.is_empty() && to.kind == kind && is_named(&to.name))
        })
    }

    /// How connections to services are secured.
    pub fn backend_tls(&self) -> impl Iterator<Item = (&Document, &BackendTlsPolicy)> {
        self.iter().filter_map(|document| match &document.body {
            Body::BackendTlsPolicy(policy) => Some((document, policy)),
            _ => None,
        })
    }

    /// Policies of a kind in the order of precedence.
    pub(crate) fn policies(&self, kind: &'static str) -> Vec<Policy<'_>> {
        let is_policy = |document: &&Document| document.body.kind() == kind;
        let read =
            self.iter().filter(is_policy).map(|document| (&document.metadata, Some(document), &[][..]));
        let is_known = |metadata: &Metadata| self.get(kind, &metadata.namespace, &metadata.name).is_some();
        let is_refused = |policy: &&Arc<RefusedPolicy>| policy.kind == kind && !is_known(&policy.metadata);
        let refused = self.refused.iter().filter(is_refused);
        let refused = refused.map(|policy| (&policy.metadata, None, &policy.target_refs[..]));
        let mut policies: Vec<Policy<'_>> = read.chain(refused).collect();
        policies.sort_by_key(|(metadata, ..)| precedence(metadata));
        policies
    }

    /// Routes in the order of precedence.
    pub(crate) fn routes(&self) -> Vec<&Document> {
        let is_route = |document: &&Document| {
            matches!(document.body, Body::HttpRoute(_) | Body::GrpcRoute(_) | Body::TlsRoute(_))
        };
        let mut routes: Vec<&Document> = self.iter().filter(is_route).collect();
        routes.sort_by_key(|document| precedence(&document.metadata));
        routes
    }
}

/// The oldest first, then by namespace and name.
fn precedence(metadata: &Metadata) -> (bool, &str, &str, &str) {
    let age = metadata.creation_timestamp.as_str();
    (age.is_empty(), age, &metadata.namespace, &metadata.name)
}
