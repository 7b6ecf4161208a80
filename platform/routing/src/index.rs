//! Finds candidates by path.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::Equivalent;
use regex::Regex;

use crate::asked::Asked;
use crate::conditions::Conditions;
use crate::named::Named;
use crate::pace::Pace;
use crate::rule::Rule;
use tradewind_http_validation::path::CanonicalPath;

/// One match of one rule.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its number in the table.
    pub(crate) number: usize,
    pub(crate) rule: Arc<Rule>,
    pub(crate) template: Arc<str>,
    pub(crate) path: Path,
    /// What it asks besides the path.
    pub(crate) conditions: Conditions,
}

/// Which paths a match is about.
#[derive(Debug, Clone)]
pub(crate) enum Path {
    Exact(CanonicalPath),
    Prefix(CanonicalPath),
    Expression(Regex),
}

/// Candidates of one path, the one that goes first in front.
type Candidates = Vec<Arc<Entry>>;

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
    /// Of entries in the order of age and place.
    pub(crate) fn of<'entries>(entries: impl Iterator<Item = &'entries Arc<Entry>>, pace: &mut Pace) -> Self {
        let mut index = Self::default();
        for entry in entries {
            pace.step();
            index.candidates(&entry.path).push(entry.clone());
        }
        // What asks for more goes in front.
        let tree = index.prefixes.segments.iter_mut().map(|segment| &mut segment.candidates);
        let expressions = index.expressions.iter_mut().map(|(_, candidates)| candidates);
        for candidates in index.exact.values_mut().chain(tree).chain(expressions) {
            candidates.sort_by_key(|entry| std::cmp::Reverse(entry.conditions.weight()));
        }
        index
    }

    fn candidates(&mut self, path: &Path) -> &mut Candidates {
        match path {
            Path::Exact(path) => self.exact.entry(path.as_str().into()).or_default(),
            Path::Prefix(path) => self.prefixes.candidates(path),
            Path::Expression(regex) => {
                let is_same = |(known, _): &(Regex, Candidates)| known.as_str() == regex.as_str();
                let known = self.expressions.iter().position(is_same);
                let place = known.unwrap_or(self.expressions.len());
                if known.is_none() {
                    self.expressions.push((regex.clone(), Candidates::new()));
                }
                // Whatever was not there was put there.
                &mut self.expressions[place].1
            }
        }
    }

    /// Which match of the table a request belongs to.
    pub(crate) fn find(&self, asked: &Asked<'_>) -> Option<&Arc<Entry>> {
        let path = asked.path.as_str();
        let exact = self.exact.get(path).and_then(|candidates| first(candidates, asked));
        exact.or_else(|| self.by_expression(path, asked)).or_else(|| self.prefixes.find(asked))
    }

    fn by_expression(&self, path: &str, asked: &Asked<'_>) -> Option<&Arc<Entry>> {
        let fitting = self.expressions.iter().filter(|(regex, _)| regex.is_match(path));
        fitting.filter_map(|(_, candidates)| first(candidates, asked)).next()
    }
}

fn first<'index>(candidates: &'index [Arc<Entry>], asked: &Asked<'_>) -> Option<&'index Arc<Entry>> {
    candidates.iter().find(|entry| entry.conditions.hold(asked))
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

    fn find(&self, asked: &Asked<'_>) -> Option<&Arc<Entry>> {
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
