//! Which service a path belongs to: Gateway API `HTTPRoute` documents as a look-up table.
//!
//! The documents are those of the Kubernetes Gateway API (`gateway.networking.k8s.io/v1`), on a laptop and in
//! a cluster alike; there is no second routing language. This version reads a part of them: matches by path,
//! `Exact` and `PathPrefix`, and one service per rule. Whatever else a document says is refused with its
//! position, never ignored: a filter that is silently left out may be the one that protects a service.
//!
//! - `tree` reads YAML into values that know their position,
//! - `reader` takes fields out of them and collects what is wrong,
//! - `decode` knows the fields of an `HTTPRoute`, `matching` those of its matches,
//! - `index` finds a route by path; `route` is what it finds.

mod decode;
mod index;
mod matching;
mod reader;
mod route;
mod tree;

#[cfg(test)]
mod tests;

pub use route::{Backend, PathMatch, Route, RouteError};

use crate::domain::path::CanonicalPath;
use decode::{Document, Found};
use index::Index;
use reader::Report;
use std::collections::BTreeMap;
use tree::Place;

/// All routes of a gateway. Immutable: a change of the documents is a new table.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    routes: Vec<Route>,
    index: Index,
}

impl RouteTable {
    /// Reads route documents, given as pairs of file name and text.
    ///
    /// A file may hold several YAML documents or none. The names serve error messages only. Texts come from
    /// the operator and are trusted not to be hostile; each may have up to 1 MiB.
    ///
    /// # Errors
    ///
    /// All errors of all files, in the order of the files and lines. Of a file that is not well-formed YAML
    /// only the first flaw is known; the documents in front of it are checked all the same. It is also an
    /// error when two rules have the same match, or two documents the same namespace and name.
    pub fn parse(documents: &[(String, String)]) -> Result<Self, Vec<RouteError>> {
        let mut collector = Collector::default();
        for (file, text) in documents {
            collector.file(file, text);
        }
        if collector.errors.is_empty() { Ok(collector.table) } else { Err(collector.errors) }
    }

    /// The route of a path: an exact match before a prefix, the longest prefix first.
    ///
    /// Takes time linear in the length of the path, however many routes there are.
    pub fn find(&self, path: &CanonicalPath) -> Option<&Route> {
        self.index.find(path).and_then(|route| self.routes.get(route))
    }

    /// All routes in the order of the documents.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }
}

/// A table under construction.
#[derive(Debug, Default)]
struct Collector {
    table: RouteTable,
    /// Where each route of the table was declared, as text.
    origins: Vec<String>,
    /// Where each pair of namespace and name was declared, as text.
    declared: BTreeMap<(Option<String>, String), String>,
    errors: Vec<RouteError>,
}

impl Collector {
    fn file(&mut self, file: &str, text: &str) {
        let mut report = Report::default();
        let (roots, flaw) = tree::read(text);
        for root in &roots {
            if let Some(document) = decode::document(root, &mut report) {
                self.document(file, document, &mut report);
            }
        }
        if let Some(flaw) = flaw {
            report.add(flaw.place, flaw.reason);
        }
        self.errors.extend(report.into_errors(file));
    }

    fn document(&mut self, file: &str, document: Document, report: &mut Report) {
        let origin = at(file, document.place);
        if let Some(first) = self.declared.get(&document.identity) {
            let name = &document.identity.1;
            report.add(document.place, format!("HTTPRoute `{name}` is already declared at {first}"));
        } else {
            self.declared.insert(document.identity, origin);
        }
        for found in document.routes {
            self.route(file, found, report);
        }
    }

    fn route(&mut self, file: &str, found: Found, report: &mut Report) {
        let Found { route, place } = found;
        let Some(taken) = self.table.index.insert(&route.matching, self.table.routes.len()) else {
            self.table.routes.push(route);
            self.origins.push(at(file, place));
            return;
        };
        if let (Some(first), Some(origin)) = (self.table.routes.get(taken), self.origins.get(taken)) {
            let reason = format!(
                "rule {} of HTTPRoute `{}` has the same match ({}) as rule {} of HTTPRoute `{}` at {origin}",
                route.rule, route.name, route.template, first.rule, first.name
            );
            report.add(place, reason);
        }
    }
}

fn at(file: &str, place: Place) -> String {
    format!("{file}:{}:{}", place.line, place.column)
}
