//! What an order asks of each product.

use std::collections::BTreeMap;

use tradewind_kernel::Slug;

/// Quantities by product, sorted: two orders take the same products in the same sequence, so that they
/// cannot wait for each other in a circle.
pub(crate) type Demand = BTreeMap<Slug, i64>;

/// Adds up the lines of each product: two lines of one product must not pass the check one by one.
pub(crate) fn total(lines: impl IntoIterator<Item = (Slug, u32)>) -> Demand {
    let mut demand = Demand::new();
    for (product, quantity) in lines {
        *demand.entry(product).or_default() += i64::from(quantity);
    }
    demand
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_product_add_up() {
        let slug = |text: &str| text.parse::<Slug>().unwrap();
        let demand = total([(slug("b"), 2), (slug("a"), 1), (slug("b"), 3)]);
        assert_eq!(demand.into_iter().collect::<Vec<_>>(), [(slug("a"), 1), (slug("b"), 5)]);
    }
}
