//! What an order must never look like to who sees it.

use tradewind_cart_contract::Quote;
use tradewind_history::{Operation, What};
use tradewind_kernel::Money;
use tradewind_orders_contract::{Order, OrderState};
use tradewind_sim::Failure;

use crate::seed::LoadSize;
use crate::simulation::client::{Client, broken};
use crate::simulation::edition::Edition;
use crate::simulation::known::Bought;
use crate::simulation::objects::{Object, stage};

/// The session in whose name orders reads prices: one place follows the catalogue for all.
const ORDERS: &str = "orders";

/// What was known when somebody asked to see an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    invoked: u64,
    state: Option<OrderState>,
}

impl Client<'_> {
    /// To be asked for before the order of act `of` is.
    pub(super) fn before(&self, of: u32) -> Before {
        self.shop.with(|known| {
            let id = known.orders.get(&of).and_then(|bought| bought.id);
            let state = id.and_then(|id| known.states.get(&id).copied());
            Before { invoked: known.history.moment(), state }
        })
    }

    /// Takes in what an order looks like, and says what it must not look like.
    pub(super) fn see(&self, of: u32, before: Before, order: &Order) -> Vec<Failure> {
        let Before { invoked, state } = before;
        self.answered(Object::Order(of), invoked, What::Read { version: stage(order) });
        let Some(bought) = self.shop.with(|known| known.orders.get(&of).cloned()) else { return Vec::new() };
        let mut failures = Vec::new();
        let mut expect = |promise: &str, holds: bool| {
            if !holds {
                failures.extend(broken(promise, format!("{}: {order:?}, before: {state:?}", bought.key)));
            }
        };
        expect("an order has its own id", bought.id.is_none_or(|id| id == order.id));
        expect("an order is its customer's", order.customer_id == LoadSize::customer(bought.wanted.customer));
        expect("an order holds what was ordered", lines(order) == wanted(&bought));
        expect("the total of an order is that of its lines, less discount, with tax", adds_up(order));
        expect("an order is what was quoted", bought.quote.as_ref().is_none_or(|quote| fits(quote, order)));
        expect("name and price of a line belong together", self.prices(of, &bought, order));
        expect("an order goes on as it may, and its end is the end", follows(state, order.state));
        self.shop.with(|known| {
            let newest = known.states.entry(order.id).or_insert(order.state);
            *newest = later(*newest, order.state);
            known.count("orders seen", 1);
        });
        failures
    }

    /// Takes in which prices an order was made with, once; false when one is none that a product ever had.
    fn prices(&self, of: u32, bought: &Bought, order: &Order) -> bool {
        let mut editions = Vec::new();
        for line in &order.lines {
            let product = bought
                .wanted
                .lines
                .iter()
                .find(|(product, _)| LoadSize::product(*product) == line.product_id.as_str());
            let Some(edition) = Edition::named(&line.name)
                .filter(|edition| edition.price_in(line.unit_price.currency()) == Some(line.unit_price))
            else {
                return false;
            };
            editions.extend(product.map(|(product, _)| (*product, edition)));
        }
        self.shop.with(|known| {
            let Some(bought) = known.orders.get_mut(&of).filter(|bought| !bought.is_priced) else { return };
            let Some(answered) = bought.answered else { return };
            bought.is_priced = true;
            let invoked = bought.invoked;
            for (product, edition) in editions {
                let what = What::Read { version: edition.number() };
                let (session, object) = (ORDERS.to_owned(), Object::Priced(product).to_string());
                let completed = Some(answered);
                known.history.record(Operation { session, object, invoked, completed, what });
            }
        });
        true
    }
}

fn lines(order: &Order) -> Vec<(String, u32)> {
    order.lines.iter().map(|line| (line.product_id.to_string(), line.quantity.get())).collect()
}

pub(super) fn wanted(bought: &Bought) -> Vec<(String, u32)> {
    let line = |(product, pieces): &(u32, u32)| (LoadSize::product(*product), *pieces);
    let mut wanted: Vec<_> = bought.wanted.lines.iter().map(line).collect();
    // A cart has its lines by product.
    if bought.quote.is_some() {
        wanted.sort();
    }
    wanted
}

fn adds_up(order: &Order) -> bool {
    let currency = order.total.currency();
    let sum = order.lines.iter().try_fold(Money::from_minor(0, currency), |sum, line| {
        sum.plus(line.unit_price.times(i64::from(line.quantity.get())).ok()?).ok()
    });
    let part = |money: Option<Money>| {
        let is_alike = money.is_none_or(|money| money.currency() == currency && money.minor() >= 0);
        is_alike.then(|| money.map_or(0, |money| money.minor()))
    };
    let (discount, tax) = (part(order.discount), part(order.tax));
    sum.zip(discount)
        .zip(tax)
        .is_some_and(|((sum, discount), tax)| order.total.minor() == sum.minor() - discount + tax)
}

fn fits(quote: &Quote, order: &Order) -> bool {
    let lines = order.lines.iter().map(|line| (&line.product_id, line.quantity.get(), line.unit_price));
    let quoted = quote.lines.iter().map(|line| (&line.product_id, line.quantity.get(), line.unit_price));
    order.quote_id == Some(quote.id.id())
        && (order.total, order.discount, order.tax) == (quote.total, Some(quote.discount), Some(quote.tax))
        && lines.eq(quoted)
}

/// Whether an order that was seen in the state `before` may be seen in the state `now` afterwards.
pub(super) fn follows(before: Option<OrderState>, now: OrderState) -> bool {
    match before {
        None | Some(OrderState::New) => true,
        Some(OrderState::Open) => {
            matches!(now, OrderState::Open | OrderState::Cancelled | OrderState::Completed)
        }
        Some(end @ (OrderState::Rejected | OrderState::Cancelled | OrderState::Completed)) => now == end,
    }
}

fn later(one: OrderState, other: OrderState) -> OrderState {
    if follows(Some(one), other) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_an_end_and_nothing_goes_back() {
        use OrderState::{Cancelled, Completed, New, Open, Rejected};
        let all = [New, Open, Rejected, Cancelled, Completed];
        let allowed = |before: Option<OrderState>| all.map(|now| follows(before, now));
        assert_eq!(allowed(None), [true; 5]);
        assert_eq!(allowed(Some(New)), [true; 5]);
        assert_eq!(allowed(Some(Open)), [false, true, false, true, true]);
        assert_eq!(allowed(Some(Rejected)), [false, false, true, false, false]);
        assert_eq!(allowed(Some(Completed)), [false, false, false, false, true]);
        assert_eq!(allowed(Some(Cancelled)), [false, false, false, true, false]);
    }
}
