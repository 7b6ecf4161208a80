//! What is said of a product: each change has a number, from which its name and its price are made.

use tradewind_catalogue_contract::ListProduct;
use tradewind_kernel::{Currency, Money};

/// What the seeder calls every product.
const FIRST: &str = "Load";

/// The price of one, before anything was changed, in pence.
const PRICE: i64 = 100;

/// How many cents more than pence one costs.
const EURO_MORE: i64 = 20;

/// What is said of a product from some change on; 0 is what was said at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edition(u32);

impl Edition {
    /// That which the act with this number writes.
    pub(super) fn of(act: u32) -> Self {
        Self(act)
    }

    /// That which gave a product this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(FIRST)?;
        if rest.is_empty() { Some(Self(0)) } else { rest.strip_prefix(", edition ")?.parse().ok().map(Self) }
    }

    pub(super) fn number(self) -> u64 {
        self.0.into()
    }

    /// Up to twenty pence more or less, so that orders stay as dear as they were.
    pub(super) fn price(self) -> Money {
        let more = if self.0 == 0 { 0 } else { i64::from(self.0 * 7 % 41) - 20 };
        Money::from_minor(PRICE + more, Currency::GBP)
    }

    /// The same in another currency in which it is sold.
    pub(super) fn price_in(self, currency: Currency) -> Option<Money> {
        match currency.code() {
            "GBP" => Some(self.price()),
            "EUR" => Some(Money::from_minor(self.price().minor() + EURO_MORE, currency)),
            _ => None,
        }
    }

    pub(super) fn told(self) -> ListProduct {
        let name = format!("{FIRST}, edition {}", self.0);
        let price = self.price();
        let euro = "EUR".parse().ok().and_then(|euro| self.price_in(euro));
        let description = "For simulated shoppers".to_owned();
        ListProduct { name, description, price, prices: euro.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_known_by_its_name() {
        assert_eq!(Edition::named("Load"), Some(Edition::of(0)));
        assert_eq!(Edition::named(&Edition::of(17).told().name), Some(Edition::of(17)));
        assert_eq!(Edition::named("Load, edition"), None);
        assert_eq!(Edition::named("Sprocket"), None);
        assert_eq!(Edition::of(0).price().minor(), 100);
        assert!((1..2_000).all(|act| (80..=120).contains(&Edition::of(act).price().minor())));
    }
}
