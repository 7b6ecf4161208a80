//! What is for sale, as the catalogue says it, and whether it can be had.

use std::collections::BTreeMap;

use tradewind_catalogue_contract::{
    Availability, AvailabilityLevel, CatalogueClient, Category, Language as Tongue, ProductDetail, ProductId,
    SearchPage, SearchQuery,
};
use tradewind_kernel::{Currency, Money, Slug};
use tradewind_pages::Language;
use tradewind_problem::Problem;
use tradewind_stock_contract::StockClient;

use crate::shop::shopper::Shopper;

/// Up to how many are "a few", where stock is asked itself.
const FEW: i64 = 5;

/// What a page says of how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Available,
    Few(u32),
    SoldOut,
    Unknown,
}

impl Level {
    pub(crate) fn of(availability: Option<Availability>) -> Self {
        match availability.map(|known| (known.level, known.amount)) {
            Some((AvailabilityLevel::InStock, _)) => Self::Available,
            Some((AvailabilityLevel::Low, Some(amount))) => Self::Few(amount),
            Some((AvailabilityLevel::Low, None)) => Self::Available,
            Some((AvailabilityLevel::SoldOut, _)) => Self::SoldOut,
            Some((AvailabilityLevel::Other, _)) | None => Self::Unknown,
        }
    }

    fn of_amount(amount: i64) -> Self {
        match u32::try_from(amount) {
            Ok(0) | Err(_) => Self::SoldOut,
            Ok(few) if amount <= FEW => Self::Few(few),
            Ok(_) => Self::Available,
        }
    }
}

fn client(shopper: &Shopper) -> CatalogueClient {
    CatalogueClient::new(shopper.shop.catalogue.caller(&shopper.call))
}

fn tongue(shopper: &Shopper) -> Tongue {
    match shopper.language() {
        Language::English => Tongue::EN,
        Language::German => Tongue::DE,
    }
}

/// What fits.
pub(crate) async fn search(shopper: &Shopper, query: SearchQuery) -> Result<SearchPage, Problem> {
    let query = SearchQuery { locale: Some(tongue(shopper)), currency: Some(shopper.currency), ..query };
    client(shopper).search(&query).await
}

/// The tree of categories; nothing when it is not known now.
pub(crate) async fn categories(shopper: &Shopper) -> Vec<Category> {
    client(shopper).categories(tongue(shopper)).await.unwrap_or_default()
}

/// A product; `None` when there is none of this id.
pub(crate) async fn product(shopper: &Shopper, id: &ProductId) -> Result<Option<ProductDetail>, Problem> {
    match client(shopper).product(id, tongue(shopper)).await {
        Ok(detail) => Ok(Some(detail)),
        Err(problem) if problem.status() == 404 => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// How many there are of these products, of those of which the catalogue does not say it. What stock does not say is not
/// there.
pub(crate) async fn levels<'a>(
    shopper: &Shopper,
    said: impl Iterator<Item = (&'a ProductId, Option<Availability>)>,
) -> BTreeMap<ProductId, Level> {
    let said: Vec<_> = said.collect();
    let unsaid = said.iter().any(|(_, availability)| availability.is_none());
    let stocks = if unsaid { stocks(shopper).await } else { BTreeMap::new() };
    let level = |(id, availability): (&ProductId, Option<Availability>)| match availability {
        Some(_) => (id.clone(), Level::of(availability)),
        None => (id.clone(), stocks.get(id).map_or(Level::Unknown, |amount| Level::of_amount(*amount))),
    };
    said.into_iter().map(level).collect()
}

async fn stocks(shopper: &Shopper) -> BTreeMap<Slug, i64> {
    let client = StockClient::new(shopper.shop.stock.caller(&shopper.call));
    let known = client.stocks_if_known().await.ok().and_then(|answer| answer.value).unwrap_or_default();
    known.into_iter().map(|stock| (stock.product_id, stock.amount_available)).collect()
}

/// The price in a currency, and whether it is in that one: where there is none, the main one is told.
pub(crate) fn price_in(currency: Currency, price: Money, prices: &[Money]) -> Money {
    prices.iter().copied().find(|other| other.currency() == currency).unwrap_or(price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_a_number_only_when_few_are_left() {
        assert_eq!(Level::of(None), Level::Unknown);
        let said = |level, amount| Level::of(Some(Availability { level, amount }));
        assert_eq!(said(AvailabilityLevel::InStock, None), Level::Available);
        assert_eq!(said(AvailabilityLevel::Low, Some(3)), Level::Few(3));
        assert_eq!(said(AvailabilityLevel::SoldOut, None), Level::SoldOut);
        assert_eq!(said(AvailabilityLevel::Other, Some(3)), Level::Unknown);
        for (amount, level) in
            [(-1, Level::SoldOut), (0, Level::SoldOut), (5, Level::Few(5)), (6, Level::Available)]
        {
            assert_eq!(Level::of_amount(amount), level);
        }
    }

    #[test]
    fn a_price_is_told_in_the_currency_that_was_chosen_where_there_is_one() {
        let euro: Currency = "EUR".parse().unwrap();
        let (pounds, euros) = (Money::from_minor(120, Currency::GBP), Money::from_minor(140, euro));
        assert_eq!(price_in(euro, pounds, &[euros]), euros);
        assert_eq!(price_in(euro, pounds, &[]), pounds);
        assert_eq!(price_in(Currency::GBP, pounds, &[euros]), pounds);
    }
}
