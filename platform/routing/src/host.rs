//! Patterns of hosts: `a.example`, `*.example`, or every host.

use std::sync::Arc;

use crate::named::Named;

/// A host, any subdomain of a host, or any host at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    Exact(String),
    /// `.example` for `*.example`: any number of labels in front, at least one.
    Below(String),
    Any,
}

impl Pattern {
    /// Reads a host of a document; absent or empty is any.
    pub(crate) fn of(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Any,
            Some(text) => match text.strip_prefix('*') {
                Some(suffix) => Self::Below(suffix.to_ascii_lowercase()),
                None => Self::Exact(text.to_ascii_lowercase()),
            },
        }
    }

    /// The hosts that both mean; none when there are none.
    pub(crate) fn both(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, narrow) | (narrow, Self::Any) => Some(narrow.clone()),
            (Self::Exact(host), Self::Exact(other)) => (host == other).then(|| self.clone()),
            (Self::Exact(host), Self::Below(suffix)) | (Self::Below(suffix), Self::Exact(host)) => {
                is_below(host, suffix).then(|| Self::Exact(host.clone()))
            }
            (Self::Below(one), Self::Below(two)) if one.ends_with(two.as_str()) => Some(self.clone()),
            (Self::Below(one), Self::Below(two)) if two.ends_with(one.as_str()) => Some(other.clone()),
            (Self::Below(_), Self::Below(_)) => None,
        }
    }
}

fn is_below(host: &str, suffix: &str) -> bool {
    host.len() > suffix.len() && host.ends_with(suffix)
}

/// Values by pattern. Which one comes first does not depend on the order in which they were put in.
#[derive(Debug, Clone)]
pub(crate) struct HostMap<T> {
    exact: Named<Arc<str>, T>,
    below: Named<Arc<str>, T>,
    any: Option<T>,
}

impl<T> Default for HostMap<T> {
    fn default() -> Self {
        Self { exact: Named::default(), below: Named::default(), any: None }
    }
}

impl<T: Default> HostMap<T> {
    /// The value of a pattern, made when it is not there.
    pub(crate) fn entry(&mut self, pattern: &Pattern) -> &mut T {
        match pattern {
            Pattern::Exact(host) => self.exact.entry(host.as_str().into()).or_default(),
            Pattern::Below(suffix) => self.below.entry(suffix.as_str().into()).or_default(),
            Pattern::Any => self.any.get_or_insert_default(),
        }
    }
}

impl<T> HostMap<T> {
    /// Takes the value of a pattern away.
    pub(crate) fn remove(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Exact(host) => drop(self.exact.swap_remove(host.as_str())),
            Pattern::Below(suffix) => drop(self.below.swap_remove(suffix.as_str())),
            Pattern::Any => self.any = None,
        }
    }

    /// The values whose patterns fit a host in lower case, the most specific first.
    pub(crate) fn fitting<'map, 'host>(
        &'map self,
        host: &'host str,
    ) -> impl Iterator<Item = &'map T> + use<'map, 'host, T> {
        let exact = self.exact.get(host);
        let suffixes =
            host.match_indices('.').filter_map(|(dot, _)| host.get(dot..)).filter(|s| s.len() < host.len());
        let suffixes = Some(suffixes).filter(|_| !self.below.is_empty()).into_iter().flatten();
        let below = suffixes.filter_map(|suffix| self.below.get(suffix));
        exact.into_iter().chain(below).chain(&self.any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::of((text != "any").then_some(text))
    }

    #[test]
    fn hosts_that_two_patterns_share() {
        for (one, other, both) in [
            ("any", "any", Some("any")),
            ("any", "a.example", Some("a.example")),
            ("a.example", "a.example", Some("a.example")),
            ("A.example", "a.Example", Some("a.example")),
            ("a.example", "b.example", None),
            ("*.example", "a.example", Some("a.example")),
            ("*.example", "a.b.example", Some("a.b.example")),
            ("*.example", "example", None),
            ("*.example", "an-example", None),
            ("*.example", "*.b.example", Some("*.b.example")),
            ("*.example", "*.other", None),
            ("*.b.example", "*.ab.example", None),
        ] {
            let expected = both.map(pattern);
            assert_eq!(pattern(one).both(&pattern(other)), expected, "{one} and {other}");
            assert_eq!(pattern(other).both(&pattern(one)), expected, "{other} and {one}");
        }
    }

    #[test]
    fn the_most_specific_comes_first() {
        let mut map: HostMap<String> = HostMap::default();
        for text in ["any", "*.example", "a.b.example", "*.b.example", "b.example"] {
            text.clone_into(map.entry(&pattern(text)));
        }
        let found = |host: &str| map.fitting(host).cloned().collect::<Vec<_>>();
        assert_eq!(found("a.b.example"), ["a.b.example", "*.b.example", "*.example", "any"]);
        assert_eq!(found("c.b.example"), ["*.b.example", "*.example", "any"]);
        assert_eq!(found("b.example"), ["b.example", "*.example", "any"]);
        assert_eq!(found("example"), ["any"]);
        assert_eq!(found(".example"), ["any"]);
        assert_eq!(found(""), ["any"]);
    }
}
