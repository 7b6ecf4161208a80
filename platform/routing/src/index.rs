//! Finds candidates by path.

use std::collections::BTreeMap;

use regex::Regex;

use crate::asked::Asked;
use crate::conditions::Conditions;
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
    exact: BTreeMap<Box<str>, Candidates>,
    expressions: Vec<(Regex, Candidates)>,
    prefixes: Tree,
}

/// Prefixes by segment. A look-up stops at the first segment that no prefix has, so a long path made to be costly is
/// not.
#[derive(Debug, Clone)]
struct Tree(Vec<Segment>);

#[derive(Debug, Clone, Default)]
struct Segment {
    above: usize,
    below: BTreeMap<Box<str>, usize>,
    candidates: Candidates,
}

impl Default for Tree {
    fn default() -> Self {
        Self(vec![Segment::default()])
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
        let tree = self.prefixes.0.iter_mut().map(|segment| &mut segment.candidates);
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
            let next = self.0.len();
            let Some(segment) = self.0.get_mut(at) else { break };
            let below = *segment.below.entry(name.into()).or_insert(next);
            if below == next {
                self.0.push(Segment { above: at, ..Segment::default() });
            }
            at = below;
        }
        // The root is always there, and so is whatever was gone to.
        if at >= self.0.len() {
            at = 0;
        }
        &mut self.0[at].candidates
    }

    fn find(&self, asked: &Asked<'_>) -> Option<usize> {
        let mut at = 0;
        for name in segments(asked.path) {
            match self.0.get(at).and_then(|segment| segment.below.get(name)) {
                Some(below) => at = *below,
                None => break,
            }
        }
        loop {
            let segment = self.0.get(at)?;
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
