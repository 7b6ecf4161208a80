//! Lists in pages: a bounded number of items and a mark where the next page begins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// The greatest number of items wanted; 1 to 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200), example = 50)]
    pub limit: Option<u16>,
    /// The `next` mark of the page before; absent for the first page.
    #[serde(default)]
    pub after: Option<String>,
}

impl PageRequest {
    /// Items on a page when nothing is said.
    pub const DEFAULT_LIMIT: u16 = 50;
    /// The greatest page.
    pub const MAX_LIMIT: u16 = 200;

    /// The number of items to answer with, or `None` when the wish lies outside the bounds.
    #[must_use]
    pub fn bounded_limit(&self) -> Option<u16> {
        let limit = self.limit.unwrap_or(Self::DEFAULT_LIMIT);
        (1..=Self::MAX_LIMIT).contains(&limit).then_some(limit)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` items: the one too many says that there is a next page.
    #[must_use]
    pub fn from_probe(mut items: Vec<T>, limit: u16, mark: impl Fn(&T) -> String) -> Self {
        let limit = usize::from(limit);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(mark) } else { None };
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_too_many_is_the_sign_of_a_next_page() {
        let page = Page::from_probe(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!(page, Page { items: vec![1, 2], next: Some("2".into()) });
        let last = Page::from_probe(vec![1, 2], 2, ToString::to_string);
        assert_eq!(last.next, None);
    }

    #[test]
    fn limits_outside_the_bounds_are_not_silently_changed() {
        let ask = |limit| PageRequest { limit, after: None }.bounded_limit();
        assert_eq!(ask(None), Some(50));
        assert_eq!(ask(Some(200)), Some(200));
        assert_eq!(ask(Some(0)), None);
        assert_eq!(ask(Some(201)), None);
    }
}
