//! Finds a route by path.

use super::route::PathMatch;
use crate::domain::path::CanonicalPath;
use std::collections::BTreeMap;

/// Routes by path. A route is a number here: its place in the table.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    exact: BTreeMap<String, usize>,
    prefixes: Segment,
}

/// A tree of path segments. A look-up stops at the first segment that no prefix has, so a long path made to
/// be costly is not.
#[derive(Debug, Clone, Default)]
struct Segment {
    /// The route of the prefix that ends here.
    route: Option<usize>,
    below: BTreeMap<String, Segment>,
}

impl Index {
    /// Adds a route, or returns the one that has the same match already.
    pub(super) fn insert(&mut self, matching: &PathMatch, route: usize) -> Option<usize> {
        match matching {
            PathMatch::Exact(path) => {
                let taken = self.exact.get(path.as_str()).copied();
                self.exact.entry(path.as_str().to_owned()).or_insert(route);
                taken
            }
            PathMatch::Prefix(prefix) => {
                let segment = segments(prefix)
                    .filter(|name| !name.is_empty())
                    .fold(&mut self.prefixes, |segment, name| {
                        segment.below.entry(name.to_owned()).or_default()
                    });
                let taken = segment.route;
                segment.route = taken.or(Some(route));
                taken
            }
        }
    }

    /// Exact before prefix, longest prefix first.
    pub(super) fn find(&self, path: &CanonicalPath) -> Option<usize> {
        if let Some(route) = self.exact.get(path.as_str()) {
            return Some(*route);
        }
        let mut segment = &self.prefixes;
        let mut longest = segment.route;
        for name in segments(path) {
            let Some(next) = segment.below.get(name) else {
                break;
            };
            segment = next;
            longest = segment.route.or(longest);
        }
        longest
    }
}

/// The segments of a path: `a` and an empty one for `/a/`, an empty one for `/`.
fn segments(path: &CanonicalPath) -> impl Iterator<Item = &str> {
    path.as_str().split('/').skip(1)
}
