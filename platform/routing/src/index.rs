//! Finds candidates by path.

use std::hash::{Hash, Hasher};

use indexmap::Equivalent;
use regex::Regex;

use crate::asked::Asked;
use crate::conditions::Conditions;
use crate::named::Named;
use tradewind_http_validation::path::CanonicalPath;

/// One match of one rule: what it asks besides the path, and which rule it is of.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) conditions: Conditions,
    /// Which match of the table.
    pub(crate) entry: usize,
}

/// Candidates of one path, the one that goes first in front.
type Candidates = Vec<Candidate>;

/// The candidates of one host.
///
/// Exact paths first, then regular expressions, then prefixes, the longest in front. (Where expressions stand is left
/// to each implementation; who writes one means it to be more particular than a prefix.)
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    exact: Named<Box<str>, Candidates>,
    expressions: Vec<(Regex, Candidates)>,
    prefixes: Tree,
}

/// Prefixes by segment. A look-up stops at the first segment that no prefix has, so a long path made to be costly is
/// not.
#[derive(Debug, Clone)]
struct Tree {
    /// The segments, that of `/` in front.
    segments: Vec<Segment>,
    /// Which segment is below another one, by its name.
    below: Named<Below<Box<str>>, usize>,
}

#[derive(Debug, Clone, Default)]
struct Segment {
    above: usize,
    candidates: Candidates,
}

/// The number of a segment, and the name of one below.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Below<Name>(usize, Name);

/// By hand, so that both ways to keep the name have the same hash.
impl<Name: AsRef<str>> Hash for Below<Name> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.as_ref().hash(state);
    }
}

impl Equivalent<Below<Box<str>>> for Below<&str> {
    fn equivalent(&self, key: &Below<Box<str>>) -> bool {
        self.0 == key.0 && self.1 == &*key.1
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self { segments: vec![Segment::default()], below: Named::default() }
    }
}

impl Index {
    pub(crate) fn add_exact(&mut self, path: &CanonicalPath, candidate: Candidate) {
        self.exact.entry(path.as_str().into()).or_default().push(candidate);
    }

    pub(crate) fn add_prefix(&mut self, path: &CanonicalPath, candidate: Candidate) {
        self.prefixes.candidates(path).push(candidate);
    }

    pub(crate) fn add_expression(&mut self, regex: Regex, candidate: Candidate) {
        match self.expressions.iter_mut().find(|(known, _)| known.as_str() == regex.as_str()) {
            Some((_, candidates)) => candidates.push(candidate),
            None => self.expressions.push((regex, vec![candidate])),
        }
    }

    /// Candidates were added in the order of age and place; what asks for more goes in front.
    pub(crate) fn finish(&mut self) {
        let tree = self.prefixes.segments.iter_mut().map(|segment| &mut segment.candidates);
        let expressions = self.expressions.iter_mut().map(|(_, candidates)| candidates);
        for candidates in self.exact.values_mut().chain(tree).chain(expressions) {
            candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.conditions.weight()));
        }
    }

    /// Which match of the table a request belongs to.
    pub(crate) fn find(&self, asked: &Asked<'_>) -> Option<usize> {
        let path = asked.path.as_str();
        let exact = self.exact.get(path).and_then(|candidates| first(candidates, asked));
        exact.or_else(|| self.by_expression(path, asked)).or_else(|| self.prefixes.find(asked))
    }

    fn by_expression(&self, path: &str, asked: &Asked<'_>) -> Option<usize> {
        let fitting = self.expressions.iter().filter(|(regex, _)| regex.is_match(path));
        fitting.filter_map(|(_, candidates)| first(candidates, asked)).next()
    }
}

fn first(candidates: &[Candidate], asked: &Asked<'_>) -> Option<usize> {
    candidates.iter().find(|candidate| candidate.conditions.hold(asked)).map(|candidate| candidate.entry)
}

impl Tree {
    fn candidates(&mut self, prefix: &CanonicalPath) -> &mut Candidates {
        let mut at = 0;
        for name in segments(prefix).filter(|name| !name.is_empty()) {
            let next = self.segments.len();
            let below = *self.below.entry(Below(at, name.into())).or_insert(next);
            if below == next {
                self.segments.push(Segment { above: at, ..Segment::default() });
            }
            at = below;
        }
        // Whatever was gone to is there.
        &mut self.segments[at].candidates
    }

    fn find(&self, asked: &Asked<'_>) -> Option<usize> {
        let mut at = 0;
        for name in segments(asked.path) {
            match self.below.get(&Below(at, name)) {
                Some(below) => at = *below,
                None => break,
            }
        }
        loop {
            let segment = self.segments.get(at)?;
            match first(&segment.candidates, asked) {
                None if at == 0 => return None,
                None => at = segment.above,
                found => return found,
            }
        }
    }
}

/// The segments of a path: `a` and an empty one for `/a/`, an empty one for `/`.
fn segments(path: &CanonicalPath) -> impl Iterator<Item = &str> {
    path.as_str().split('/').skip(1)
}
