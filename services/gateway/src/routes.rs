//! The routes in use, and putting others in their place while requests are answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tradewind_chassis::Directory;
use tradewind_client::Peer;
use tradewind_gateway_api::DocumentError;
use tradewind_problem::Problem;
use tradewind_routing::{BackendId, Builder, Built, Documents, Known, Table, Target};

use crate::error::NO_BACKEND;
use crate::policies::{Lasting, Policies, in_clear, unheld};
use crate::source::{Read, Source, TURN};

/// The port of the door for users, and that of the listener which is there when no document declares one.
pub(crate) const PORT: u16 = 8080;

/// A table, its policies, and the peers that it leads to. Never changes: other documents are another one.
pub(crate) struct Live {
    pub(crate) table: Table,
    pub(crate) peers: BTreeMap<BackendId, Peer>,
    pub(crate) policies: Policies,
}

impl Live {
    /// The peer behind a backend.
    pub(crate) fn peer(&self, target: &Target) -> Result<&Peer, Problem> {
        match target {
            Target::Service(id) => self.peers.get(id).ok_or_else(|| no_backend("no such peer")),
            Target::Broken { reason } => Err(no_backend(reason)),
        }
    }
}

/// That a rule leads nowhere, and why, for the operator.
pub(crate) fn no_backend(reason: &str) -> Problem {
    Problem::new(&NO_BACKEND)
        .detail("The route is there, and leads to no service.")
        .operator(reason.to_owned())
}

/// What came of the documents.
pub(crate) struct Gathered {
    pub(crate) built: Built,
    pub(crate) errors: Vec<DocumentError>,
    /// What of the documents has no effect here.
    pub(crate) unheld: Vec<DocumentError>,
    /// Services that documents ask TLS for, by namespace and name.
    secured: BTreeSet<(String, String)>,
}

/// Puts the documents of all files together, for the gateway of a fleet in which `known` says which services there are.
///
/// A document with a mistake is left out; the others serve.
///
/// # Errors
///
/// No rule is left: a gateway that answers nothing is of no use, and the one before it, if any, is better. Or the door
/// that is open is to have TLS, which it cannot.
pub(crate) fn gather(files: &[Arc<Read>], known: &dyn Known) -> Result<Gathered, String> {
    let (documents, errors) = collect(files);
    in_clear(&documents, PORT)?;
    let gathered = build(&mut Builder::default(), &documents, errors, (PORT, known)).of_use()?;
    if gathered.built.table.rules().all(|rule| rule.route.kind == "TLSRoute") {
        return Err("no route can be used: all of them are about connections with TLS".to_owned());
    }
    Ok(Gathered { unheld: unheld(&documents, PORT), secured: secured(&documents), ..gathered })
}

/// The services that a document asks TLS for.
fn secured(documents: &Documents) -> BTreeSet<(String, String)> {
    let targets = documents.backend_tls().into_iter().flat_map(|(document, policy)| {
        let namespace = &document.metadata.namespace;
        policy.target_refs.iter().map(move |target| (namespace.clone(), target.name.clone()))
    });
    targets.collect()
}

/// The documents of all files, and what is wrong with the others.
pub(crate) fn collect(files: &[Arc<Read>]) -> (Documents, Vec<DocumentError>) {
    let (mut documents, mut errors) = (Documents::default(), Vec::new());
    for (number, read) in files.iter().enumerate() {
        if number.is_multiple_of(TURN) {
            std::thread::yield_now();
        }
        errors.extend_from_slice(&read.errors);
        errors.extend(read.documents.iter().filter_map(|document| documents.add(document.clone()).err()));
        read.refused.iter().for_each(|policy| documents.add_refused(policy.clone()));
    }
    (documents, errors)
}

/// What the documents come to; the port is that of the listener where none is declared.
pub(crate) fn build(
    builder: &mut Builder,
    documents: &Documents,
    mut errors: Vec<DocumentError>,
    (port, known): (u16, &dyn Known),
) -> Gathered {
    let mut built = builder.build(documents, port, known);
    errors.append(&mut built.errors);
    Gathered { built, errors, unheld: Vec::new(), secured: BTreeSet::new() }
}

impl Gathered {
    /// Itself, if there is something to serve.
    ///
    /// # Errors
    ///
    /// No rule is left.
    pub(crate) fn of_use(self) -> Result<Self, String> {
        if self.built.table.rules().next().is_some() {
            return Ok(self);
        }
        let lines = self.errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        Err(format!("no route can be used:\n  {}", lines.join("\n  ")))
    }

    /// The backends that requests may go to. Not those that a document asks TLS for: without it nobody goes there.
    pub(crate) fn reached(&self) -> Vec<BackendId> {
        let is_secured = |backend: &BackendId| {
            self.secured.contains(&(backend.namespace.clone(), backend.service.clone()))
        };
        self.built.table.backends().iter().filter(|backend| !is_secured(backend)).cloned().collect()
    }

    /// Tells the operator what is not served, and why.
    pub(crate) fn tell(&self) {
        for error in &self.errors {
            tracing::error!(%error, "a route document is not used");
        }
        for error in &self.unheld {
            tracing::error!(%error, "a part of a document has no effect");
        }
        for status in &self.built.policies {
            let conditions = status.ancestors.iter().flat_map(|ancestor| &ancestor.conditions);
            for condition in conditions.filter(|condition| !condition.holds) {
                let (kind, reason, message) = (condition.kind, condition.reason, &condition.message);
                tracing::warn!(policy = %status.policy, condition = kind, reason, message, "a policy is not in effect");
            }
        }
        for (number, status) in self.built.routes.iter().enumerate() {
            if number.is_multiple_of(TURN) {
                std::thread::yield_now();
            }
            let conditions = status.parents.iter().flat_map(|parent| &parent.conditions);
            for condition in conditions.filter(|condition| !condition.holds) {
                let (kind, reason, message) = (condition.kind, condition.reason, &condition.message);
                tracing::warn!(route = %status.route, condition = kind, reason, message, "a route is not served in full");
            }
        }
    }
}

/// Reads the files again, and gives what takes the place of the routes in use when anything has changed.
///
/// # Errors
///
/// What keeps the routes in use where they are.
pub(crate) fn again(
    source: &Source,
    (before, lasting): (&Live, &Arc<Lasting>),
    directory: &Directory,
) -> Result<Option<(Live, Gathered)>, String> {
    let (files, has_changed) = source.read()?;
    if !has_changed {
        return Ok(None);
    }
    let known =
        |backend: &BackendId| before.peers.contains_key(backend) || directory.knows(&peer_name(backend));
    let mut gathered = gather(&files, &known)?;
    let peer = |backend: BackendId| {
        let peer = before.peers.get(&backend).cloned().or_else(|| directory.find(&peer_name(&backend)))?;
        Some((backend, peer))
    };
    let peers = gathered.reached().into_iter().filter_map(peer).collect();
    let table = std::mem::take(&mut gathered.built.table);
    let policies = Policies::new(lasting, (&table, PORT), Some(&before.policies));
    Ok(Some((Live { table, peers, policies }, gathered)))
}

/// The names of the peers behind some documents.
pub(crate) fn backends(files: &[Arc<Read>]) -> Vec<String> {
    let built = gather(files, &|_: &BackendId| true);
    let table = built.map(|gathered| gathered.built.table).unwrap_or_default();
    let mut names: Vec<String> = table.backends().iter().map(peer_name).collect();
    names.sort();
    names.dedup();
    names
}

/// The name of a backend in the phone book: `service:port`, as within one namespace of a cluster, and
/// `service.namespace:port` from outside of it.
pub(crate) fn peer_name(backend: &BackendId) -> String {
    match backend.namespace.as_str() {
        "default" => format!("{}:{}", backend.service, backend.port),
        namespace => format!("{}.{namespace}:{}", backend.service, backend.port),
    }
}
