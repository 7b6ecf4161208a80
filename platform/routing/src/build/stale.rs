//! Which routes of a table cannot stay as they are when documents are others.

use std::collections::BTreeSet;

use super::order::Order;
use super::routes::{Kept, Routes};
use crate::documents::Documents;
use crate::policy::AtTargets;
use crate::refer::Known;

/// Kinds of routes.
pub(super) const ROUTES: [&str; 2] = ["HTTPRoute", "GRPCRoute"];

/// Documents and what goes with them.
pub(super) struct Stand<'build> {
    pub(super) documents: &'build Documents,
    pub(super) at_targets: &'build AtTargets,
}

/// The routes that have gone or changed, and those that were read with something which is other now.
pub(super) fn stale(
    routes: &Routes,
    (before, now): (&Stand<'_>, &Stand<'_>),
    known: &dyn Known,
) -> BTreeSet<Order> {
    let gone = ROUTES.into_iter().flat_map(|kind| before.documents.beyond(now.documents, kind));
    let mut stale: BTreeSet<Order> = gone.map(|document| Order::of(document)).collect();
    let mut add = |is_stale: &dyn Fn(&Kept) -> bool| {
        let found = routes.iter().filter(|(_, kept)| is_stale(kept));
        stale.extend(found.map(|(order, _)| Order::clone(order)));
    };
    if !now.documents.agree(before.documents, &["ReferenceGrant"]) {
        add(&|kept| kept.leaned.on_grants);
    }
    let changed = routes.services.changed(known);
    if !changed.is_empty() {
        add(&|kept| !kept.leaned.services.is_disjoint(&changed));
    }
    let other = now.at_targets.other_than(before.at_targets);
    if !other.is_empty() {
        let is_named = |kind: &str, namespace: &str, name: &str| {
            other.iter().any(|(k, n, m, _)| k == kind && n == namespace && m == name)
        };
        add(&|kept| {
            let (metadata, kind) = (&kept.document.metadata, kept.document.body.kind());
            is_named(kind, &metadata.namespace, &metadata.name)
                || kept.listeners.iter().any(|(namespace, name, _)| is_named("Gateway", namespace, name))
        });
    }
    stale
}
