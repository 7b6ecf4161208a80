//! What is in a cart.

use std::collections::BTreeMap;

use tradewind_kernel::Slug;

/// What is in a cart: products and how many of each, within bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Contents(BTreeMap<Slug, u32>);

/// There would be too many different products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Contents {
    pub(crate) fn new(lines: impl IntoIterator<Item = (Slug, u32)>) -> Self {
        Self(lines.into_iter().collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Slug, u32)> {
        self.0.iter().map(|(product, quantity)| (product, *quantity))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With so many of a product; 0 takes it out.
    pub(crate) fn with(mut self, product: Slug, quantity: u32, most_lines: usize) -> Result<Self, Full> {
        if quantity == 0 {
            self.0.remove(&product);
        } else {
            self.0.insert(product, quantity);
        }
        if self.0.len() > most_lines { Err(Full) } else { Ok(self) }
    }

    /// With what another cart has: quantities of one product add up, to `most_pieces` at most.
    pub(crate) fn merged(
        mut self,
        other: &Self,
        (most_lines, most_pieces): (usize, u32),
    ) -> Result<Self, Full> {
        for (product, quantity) in &other.0 {
            let sum = self.0.entry(product.clone()).or_default();
            *sum = sum.saturating_add(*quantity).min(most_pieces);
        }
        if self.0.len() > most_lines { Err(Full) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(lines: &[(&str, u32)]) -> Contents {
        Contents::new(lines.iter().map(|(product, quantity)| (product.parse().unwrap(), *quantity)))
    }

    #[test]
    fn a_line_is_set_changed_and_taken_out() {
        let set = |of: Contents, product: &str, quantity| of.with(product.parse().unwrap(), quantity, 2);
        let one = set(Contents::default(), "a", 2).unwrap();
        assert_eq!(one, contents(&[("a", 2)]));
        assert_eq!(set(one.clone(), "a", 5), Ok(contents(&[("a", 5)])));
        assert!(set(one.clone(), "a", 0).unwrap().is_empty());
        let two = set(one, "b", 1).unwrap();
        assert_eq!(set(two.clone(), "c", 1), Err(Full));
        assert_eq!(set(two, "c", 0), Ok(contents(&[("a", 2), ("b", 1)])));
    }

    #[test]
    fn what_is_merged_adds_up_within_the_bounds() {
        let bounds = (3, 10);
        let own = contents(&[("a", 2), ("b", 9)]);
        let merged = own.clone().merged(&contents(&[("b", 4), ("c", 1)]), bounds);
        assert_eq!(merged, Ok(contents(&[("a", 2), ("b", 10), ("c", 1)])));
        assert_eq!(own.clone().merged(&Contents::default(), bounds), Ok(own.clone()));
        assert_eq!(own.merged(&contents(&[("c", 1), ("d", 1)]), bounds), Err(Full));
    }
}
