//! The documents of a gateway, from all of its files.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::{Equivalent, IndexSet};
use tradewind_gateway_api::backend_tls::BackendTlsPolicy;
use tradewind_gateway_api::gateway::{Gateway, GatewayClass};
use tradewind_gateway_api::grant::ReferenceGrant;
use tradewind_gateway_api::{Body, Document, DocumentError, Metadata, RefusedPolicy};

const GROUP: &str = "gateway.networking.k8s.io";

/// Documents, of which no two have the same kind, namespace and name. A copy costs little.
#[derive(Debug, Clone, Default)]
pub struct Documents(Arc<All>);

#[derive(Debug, Clone, Default)]
struct All {
    /// In the order in which they were added. The hash need not be hard to guess, since operators name documents.
    all: IndexSet<Named, FixedState>,
    by_kind: BTreeMap<&'static str, Vec<Arc<Document>>>,
    refused: Vec<Arc<RefusedPolicy>>,
}

/// A document, found by its kind, namespace and name.
#[derive(Debug, Clone)]
struct Named(Arc<Document>);

/// Kind, namespace and name.
#[derive(PartialEq, Eq, Hash)]
struct Name<'name>(&'name str, &'name str, &'name str);

impl Named {
    fn name(&self) -> Name<'_> {
        let Metadata { namespace, name, .. } = &self.0.metadata;
        Name(self.0.body.kind(), namespace, name)
    }
}

/// By hand, so that it is that of the name.
impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Named {}

impl Equivalent<Named> for Name<'_> {
    fn equivalent(&self, key: &Named) -> bool {
        *self == key.name()
    }
}

/// A policy: itself, or what could be told of one that could not be read.
#[derive(Debug, Clone)]
pub(crate) enum Policy {
    Read(Arc<Document>),
    Refused(Arc<RefusedPolicy>),
}

impl Policy {
    pub(crate) fn metadata(&self) -> &Metadata {
        match self {
            Self::Read(document) => &document.metadata,
            Self::Refused(policy) => &policy.metadata,
        }
    }

    pub(crate) fn document(&self) -> Option<&Document> {
        match self {
            Self::Read(document) => Some(document),
            Self::Refused(_) => None,
        }
    }

    /// Whether it is the very same, read once.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Read(one), Self::Read(other)) => Arc::ptr_eq(one, other),
            (Self::Refused(one), Self::Refused(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Documents {
    /// Adds a document.
    ///
    /// # Errors
    ///
    /// There is one of that kind, namespace and name already, which stays.
    pub fn add(&mut self, document: impl Into<Arc<Document>>) -> Result<(), DocumentError> {
        let document = document.into();
        let named = Named(document.clone());
        if let Some(Named(first)) = self.0.all.get(&named) {
            let (line, column) = first.position();
            let (kind, file) = (first.body.kind(), first.file());
            let reason = format!("is that of a {kind} which is already declared at {file}:{line}:{column}");
            return Err(document.error("metadata.name", &reason));
        }
        let all = Arc::make_mut(&mut self.0);
        all.all.insert(named);
        all.by_kind.entry(document.body.kind()).or_default().push(document);
        Ok(())
    }

    /// Adds a policy that could not be read. What it is about is not served, since it could be what protects it; unless
    /// there is a document of its kind and name that could be read, such as the one before a change.
    pub fn add_refused(&mut self, policy: impl Into<Arc<RefusedPolicy>>) {
        Arc::make_mut(&mut self.0).refused.push(policy.into());
    }

    /// All documents, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.0.all.iter().map(|Named(document)| &**document)
    }

    /// The documents of a kind, in the order in which they were added.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Document> {
        self.shared_of_kind(kind).iter().map(|document| &**document)
    }

    pub(crate) fn shared_of_kind(&self, kind: &str) -> &[Arc<Document>] {
        self.0.by_kind.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// The document of a kind, namespace and name.
    #[must_use]
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Document> {
        self.0.all.get(&Name(kind, namespace, name)).map(|Named(document)| &**document)
    }

    /// Whether these are the very documents of such kinds that others have, those policies included that could not be
    /// read: not only the same text, but read once, and in the same order. What was made of them holds for both.
    #[must_use]
    pub fn agree(&self, others: &Self, kinds: &[&str]) -> bool {
        let is_same = |kind: &&str| same(self.shared_of_kind(kind), others.shared_of_kind(kind));
        let refused = |all: &Self| -> Vec<Arc<RefusedPolicy>> {
            all.0.refused.iter().filter(|policy| kinds.contains(&policy.kind)).cloned().collect()
        };
        kinds.iter().all(is_same) && same(&refused(self), &refused(others))
    }

    /// The documents of a kind that others do not have.
    pub(crate) fn beyond<'documents>(
        &'documents self,
        others: &'documents Self,
        kind: &'static str,
    ) -> impl Iterator<Item = &'documents Arc<Document>> {
        let theirs = others.shared_of_kind(kind);
        let is_new = move |(place, document): &(usize, &Arc<Document>)| {
            // Most stand where they stood.
            let before = theirs.get(*place).filter(|before| Arc::ptr_eq(before, document));
            before.is_none() && !others.holds(document)
        };
        self.shared_of_kind(kind).iter().enumerate().filter(is_new).map(|(_, document)| document)
    }

    /// Whether a document is among them, and no other one of its name.
    pub(crate) fn holds(&self, document: &Arc<Document>) -> bool {
        let known = self.0.all.get(&Named(document.clone()));
        known.is_some_and(|Named(known)| Arc::ptr_eq(known, document))
    }

    pub(crate) fn gateways(&self) -> impl Iterator<Item = (&Document, &Gateway)> {
        self.of_kind("Gateway").filter_map(|document| match &document.body {
            Body::Gateway(gateway) => Some((document, gateway)),
            _ => None,
        })
    }

    pub(crate) fn classes(&self) -> impl Iterator<Item = (&Document, &GatewayClass)> {
        self.of_kind("GatewayClass").filter_map(|document| match &document.body {
            Body::GatewayClass(class) => Some((document, class)),
            _ => None,
        })
    }

    /// Which references from other namespaces are agreed to.
    pub fn grants(&self) -> impl Iterator<Item = (&Document, &ReferenceGrant)> {
        self.of_kind("ReferenceGrant").filter_map(|document| match &document.body {
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

    /// How connections to services are secured, in the order of precedence: the oldest first, then by namespace and name.
    #[must_use]
    pub fn backend_tls(&self) -> Vec<(&Document, &BackendTlsPolicy)> {
        let documents = self.of_kind("BackendTLSPolicy");
        let policies = documents.filter_map(|document| match &document.body {
            Body::BackendTlsPolicy(policy) => Some((document, policy)),
            _ => None,
        });
        let mut policies: Vec<(&Document, &BackendTlsPolicy)> = policies.collect();
        policies.sort_by(|one, other| precedence(&one.0.metadata).cmp(&precedence(&other.0.metadata)));
        policies
    }

    /// Policies of a kind in the order of precedence.
    pub(crate) fn policies(&self, kind: &'static str) -> Vec<Policy> {
        let read = self.shared_of_kind(kind).iter().cloned().map(Policy::Read);
        let is_known = |metadata: &Metadata| self.get(kind, &metadata.namespace, &metadata.name).is_some();
        let is_refused = |policy: &&Arc<RefusedPolicy>| policy.kind == kind && !is_known(&policy.metadata);
        let refused = self.0.refused.iter().filter(is_refused).cloned().map(Policy::Refused);
        let mut policies: Vec<Policy> = read.chain(refused).collect();
        policies.sort_by(|one, other| precedence(one.metadata()).cmp(&precedence(other.metadata())));
        policies
    }
}

fn same<T>(ours: &[Arc<T>], theirs: &[Arc<T>]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(one, other)| Arc::ptr_eq(one, other))
}

/// The oldest first, then by namespace and name.
pub(crate) fn precedence(metadata: &Metadata) -> (bool, &str, &str, &str) {
    let age = metadata.creation_timestamp.as_str();
    (age.is_empty(), age, &metadata.namespace, &metadata.name)
}
