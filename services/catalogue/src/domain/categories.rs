//! The tree of categories.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_catalogue_contract::{Category, CategoryCount, CategoryRef, Label, Language};
use tradewind_kernel::Slug;

use crate::domain::page::in_language;

/// The most levels of the tree.
pub(crate) const MAX_DEPTH: usize = 5;

/// A category as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) slug: Slug,
    pub(crate) parent: Option<Slug>,
    pub(crate) position: i64,
    pub(crate) names: Vec<Label>,
}

/// All categories.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    all: BTreeMap<Slug, Kept>,
    /// Those right below one, in the sequence to be shown; the topmost ones below none.
    below: BTreeMap<Option<Slug>, Vec<Slug>>,
}

impl Tree {
    pub(crate) fn new(kept: Vec<Kept>) -> Self {
        let mut below: BTreeMap<Option<Slug>, Vec<(i64, Slug)>> = BTreeMap::new();
        for each in &kept {
            below.entry(each.parent.clone()).or_default().push((each.position, each.slug.clone()));
        }
        let sorted = |mut slugs: Vec<(i64, Slug)>| {
            slugs.sort();
            slugs.into_iter().map(|(_, slug)| slug).collect()
        };
        let below = below.into_iter().map(|(parent, slugs)| (parent, sorted(slugs))).collect();
        Self { all: kept.into_iter().map(|each| (each.slug.clone(), each)).collect(), below }
    }

    pub(crate) fn has(&self, slug: &Slug) -> bool {
        self.all.contains_key(slug)
    }

    /// A category and those above it, the topmost first.
    pub(crate) fn path(&self, slug: &Slug) -> Vec<&Kept> {
        let mut path = Vec::new();
        let mut next = self.all.get(slug);
        while let Some(kept) = next.filter(|_| path.len() < MAX_DEPTH) {
            path.push(kept);
            next = kept.parent.as_ref().and_then(|parent| self.all.get(parent));
        }
        path.reverse();
        path
    }

    /// How many levels the categories below one have, counted up to `most`.
    fn height(&self, slug: &Slug, most: usize) -> usize {
        let below = self.below.get(&Some(slug.clone())).filter(|_| most > 0);
        let heights = below.into_iter().flatten().map(|child| 1 + self.height(child, most - 1));
        heights.max().unwrap_or_default()
    }

    /// What is wrong with putting a category below another one; nothing when it can be.
    pub(crate) fn refusal(&self, slug: &Slug, parent: &Slug) -> Option<&'static str> {
        let path = self.path(parent);
        if path.is_empty() {
            return Some("there is no such category; make it first");
        }
        if path.iter().any(|above| above.slug == *slug) {
            return Some("a category is not below itself");
        }
        let is_deep = path.len() + 1 + self.height(slug, MAX_DEPTH) > MAX_DEPTH;
        is_deep.then_some("categories are at most five levels deep")
    }

    pub(crate) fn shown(&self, slug: &Slug, language: Language) -> Option<CategoryRef> {
        self.all.get(slug).map(|kept| kept.shown(language))
    }

    /// The categories right below `above`, with how many products each holds.
    pub(crate) fn counted(
        &self,
        above: Option<&Slug>,
        counts: &BTreeMap<Slug, u64>,
        language: Language,
    ) -> Vec<CategoryCount> {
        let below = self.below.get(&above.cloned()).into_iter().flatten();
        let counted = below.filter_map(|slug| {
            let CategoryRef { slug, name } = self.shown(slug, language)?;
            let count = counts.get(&slug).copied()?;
            Some(CategoryCount { slug, name, count })
        });
        counted.collect()
    }

    /// The whole tree, with how many products each category holds.
    pub(crate) fn whole(&self, counts: &BTreeMap<Slug, u64>, language: Language) -> Vec<Category> {
        self.level(None, counts, language, &mut BTreeSet::new())
    }

    fn level(
        &self,
        above: Option<&Slug>,
        counts: &BTreeMap<Slug, u64>,
        language: Language,
        seen: &mut BTreeSet<Slug>,
    ) -> Vec<Category> {
        let mut shown = Vec::new();
        for slug in self.below.get(&above.cloned()).into_iter().flatten() {
            let Some(CategoryRef { slug, name }) = self.shown(slug, language) else { continue };
            if !seen.insert(slug.clone()) {
                continue;
            }
            let count = counts.get(&slug).copied().unwrap_or_default();
            let children = self.level(Some(&slug), counts, language, seen);
            shown.push(Category { slug, name, count, children });
        }
        shown
    }
}

impl Kept {
    pub(crate) fn shown(&self, language: Language) -> CategoryRef {
        CategoryRef { slug: self.slug.clone(), name: in_language(&self.names, language, self.slug.as_str()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let kept = |slug: &str, parent: &str| Kept {
            slug: slug.parse().unwrap(),
            parent: parent.parse().ok(),
            position: 0,
            names: vec![],
        };
        Tree::new(vec![kept("a", ""), kept("b", "a"), kept("c", "b"), kept("d", "c"), kept("z", "")])
    }

    #[test]
    fn a_category_is_neither_below_itself_nor_too_deep() {
        let slug = |text: &str| text.parse::<Slug>().unwrap();
        let tree = tree();
        let path: Vec<&str> = tree.path(&slug("c")).iter().map(|kept| kept.slug.as_str()).collect();
        assert_eq!(path, ["a", "b", "c"]);
        assert_eq!(tree.refusal(&slug("new"), &slug("d")), None);
        assert!(tree.refusal(&slug("a"), &slug("d")).is_some(), "below itself");
        assert!(tree.refusal(&slug("a"), &slug("a")).is_some(), "below itself");
        assert!(tree.refusal(&slug("new"), &slug("nobody")).is_some(), "below nothing");
        assert_eq!(tree.refusal(&slug("a"), &slug("z")), None);
        assert!(tree.refusal(&slug("b"), &slug("d")).is_some());
        assert_eq!(tree.whole(&BTreeMap::new(), Language::EN).len(), 2);
    }
}
