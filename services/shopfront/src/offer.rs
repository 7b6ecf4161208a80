//! The join: products with what is known of their stock.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tradewind_catalogue_contract::{DecimalPrice, LegacyProduct, ProductId};
use tradewind_stock_contract::Stock;

/// What the original shop showed for stock that it did not know.
const COMPAT_SKU: &str = "default";
const COMPAT_AMOUNT: i64 = 999;

/// A product as the shop shows it. In JSON the fields of the original contract, in its sequence, and `stock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "Shown")]
pub(crate) struct Offer {
    pub(crate) id: ProductId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) price: DecimalPrice,
    pub(crate) availability: Availability,
}

/// What is known of the stock of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Availability {
    /// Stock said so.
    Known { sku: String, amount: i64 },
    /// Stock did not answer, or does not keep the product. Never a number: nobody may sell by it.
    Unknown,
    /// The same, as the original shop showed it.
    Pretended,
}

/// Joins products with their stock, by id. Stock without a product is dropped; `stocks` is nothing when it could
/// not be asked.
pub(crate) fn join(products: Vec<LegacyProduct>, stocks: Option<Vec<Stock>>, compat: bool) -> Vec<Offer> {
    let stocks = stocks.into_iter().flatten().map(|stock| (stock.product_id.clone(), stock));
    let mut stocks: BTreeMap<ProductId, Stock> = stocks.collect();
    let mut offers: Vec<Offer> = products
        .into_iter()
        .map(|LegacyProduct { id, name, description, price }| {
            let availability = match stocks.remove(&id) {
                Some(Stock { sku, amount_available: amount, .. }) => Availability::Known { sku, amount },
                None if compat => Availability::Pretended,
                None => Availability::Unknown,
            };
            Offer { id, name, description, price, availability }
        })
        .collect();
    offers.sort_by(|one, other| one.id.cmp(&other.id));
    offers
}

impl Availability {
    /// The stock keeping unit, where there is one to show.
    pub(crate) fn sku(&self) -> Option<&str> {
        match self {
            Self::Known { sku, .. } => Some(sku),
            Self::Unknown => None,
            Self::Pretended => Some(COMPAT_SKU),
        }
    }

    /// How many can be had, where there is a number to show.
    pub(crate) fn amount(&self) -> Option<i64> {
        match self {
            Self::Known { amount, .. } => Some(*amount),
            Self::Unknown => None,
            Self::Pretended => Some(COMPAT_AMOUNT),
        }
    }

    /// For programs; the original shop had no such word.
    fn source(&self) -> Option<Source> {
        match self {
            Self::Known { .. } => Some(Source::Known),
            Self::Unknown => Some(Source::Unavailable),
            Self::Pretended => None,
        }
    }
}

/// The document of an offer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Offer")]
pub(crate) struct Shown {
    id: ProductId,
    sku: Option<String>,
    name: String,
    description: String,
    price: DecimalPrice,
    amount_available: Option<i64>,
    /// Whether stock said so. Left out where the original shop's form is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<Source>,
}

/// Where the number comes from.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Source {
    /// Stock said so.
    Known,
    /// Stock did not say: `sku` and `amountAvailable` are null.
    Unavailable,
}

impl From<Offer> for Shown {
    fn from(offer: Offer) -> Self {
        let Offer { id, name, description, price, availability } = offer;
        let (sku, amount_available) = (availability.sku().map(str::to_owned), availability.amount());
        Self { id, sku, name, description, price, amount_available, stock: availability.source() }
    }
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::{Currency, Money};

    use super::*;

    fn product(id: &str) -> LegacyProduct {
        let price = DecimalPrice(Money::from_minor(120, Currency::GBP));
        LegacyProduct { id: id.parse().unwrap(), name: "Widget".into(), description: "Premium".into(), price }
    }

    fn stock(id: &str, amount_available: i64) -> Stock {
        Stock { product_id: id.parse().unwrap(), sku: format!("sku-{id}"), amount_available }
    }

    fn json(offers: &[Offer]) -> String {
        serde_json::to_string(offers).unwrap()
    }

    #[test]
    fn a_product_meets_its_stock_and_stock_without_a_product_is_dropped() {
        let offers = join(vec![product("1")], Some(vec![stock("2", 7), stock("1", 5)]), false);
        let expected = concat!(
            r#"[{"id":"1","sku":"sku-1","name":"Widget","description":"Premium","price":1.20,"#,
            r#""amountAvailable":5,"stock":"known"}]"#
        );
        assert_eq!(json(&offers), expected);
        // None left is a number that is known.
        assert!(
            json(&join(vec![product("1")], Some(vec![stock("1", 0)]), false))
                .contains(r#":0,"stock":"known""#)
        );
    }

    #[test]
    fn stock_that_is_not_known_is_no_number() {
        let unknown = concat!(
            r#"[{"id":"1","sku":null,"name":"Widget","description":"Premium","price":1.20,"#,
            r#""amountAvailable":null,"stock":"unavailable"}]"#
        );
        for stocks in [None, Some(vec![]), Some(vec![stock("2", 7)])] {
            assert_eq!(json(&join(vec![product("1")], stocks, false)), unknown);
        }
    }

    #[test]
    fn the_original_fallback_needs_the_setting_and_has_no_further_field() {
        let pretended = concat!(
            r#"[{"id":"1","sku":"default","name":"Widget","description":"Premium","price":1.20,"#,
            r#""amountAvailable":999}]"#
        );
        assert_eq!(json(&join(vec![product("1")], None, true)), pretended);
        let known = join(vec![product("1")], Some(vec![stock("1", 5)]), true);
        assert_eq!(known[0].availability, Availability::Known { sku: "sku-1".into(), amount: 5 });
    }

    #[test]
    fn offers_come_by_id_whatever_order_the_others_answer_in() {
        let ids = ["2", "b", "1", "a"];
        let offers = join(ids.map(product).to_vec(), Some(ids.map(|id| stock(id, 1)).to_vec()), false);
        let sorted: Vec<&str> = offers.iter().map(|offer| offer.id.as_str()).collect();
        assert_eq!(sorted, ["1", "2", "a", "b"]);
    }
}
