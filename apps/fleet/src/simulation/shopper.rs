//! What shoppers do.

use futures_util::future::join;
use serde::Deserialize;
use tradewind_cart_contract::Quote;
use tradewind_customers_contract::CustomersClient;
use tradewind_history::What;
use tradewind_kernel::Page;
use tradewind_orders_contract::{
    Accepted, ORDERS_PATH, Order, OrderId, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder,
};
use tradewind_problem::{IDEMPOTENCY_KEY_REUSED, NOT_FOUND, Problem};
use tradewind_sim::Failure;

use crate::seed::LoadSize;
use crate::simulation::SIZE;
use crate::simulation::act::{Pays, Wanted};
use crate::simulation::client::{Answer, Client, broken};
use crate::simulation::known::Bought;
use crate::simulation::objects::Object;

/// One key stands for one order.
pub(super) const SAME: &str = "the same key gives the same order";

/// What was acknowledged is there.
pub(super) const THERE: &str = "an acknowledged order is there";

const OWN: &str = "nobody sees or changes what somebody else ordered";

/// What an order may be refused with at once, when it is well-formed.
const REFUSALS: [&str; 2] = ["unknown-product", "unknown-customer"];

/// What taking a quote may be refused with: by a clock that jumps, and by those who were faster.
const OF_CARTS: [&str; 2] = ["quote-expired", "coupon-used-up"];

/// What is for sale, as far as somebody who looks at it can judge.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    amount_available: Option<i64>,
}

impl Client<'_> {
    pub(super) async fn buy(&self, wanted: &Wanted, calls_off: bool) -> Vec<Failure> {
        self.begin(wanted);
        let mut failures = self.place(self.number).await;
        if self.acknowledged(self.number).is_some() {
            self.rest().await;
            failures.extend(self.look(self.number).await);
            if calls_off {
                failures.extend(self.call_off(self.number, false).await);
            }
        }
        failures
    }

    /// Two requests at once with one key: each is answered with the same order, or not at all.
    pub(super) async fn buy_twice(&self, wanted: &Wanted) -> Vec<Failure> {
        let bought = self.begin(wanted);
        let (one, other) = join(Box::pin(self.send(&bought)), Box::pin(self.send(&bought))).await;
        let (one, other) = (one.ok(), other.ok());
        if let (Some(one), Some(other)) = (&one, &other)
            && one.id != other.id
        {
            return broken(SAME, format!("{}: {} and {}", bought.key, one.id, other.id));
        }
        match one.or(other) {
            Some(accepted) => self.accepted(self.number, accepted.id),
            None => self.place(self.number).await,
        }
    }

    /// Sends the order of act `of`, perhaps once more, until there is an answer.
    pub(super) async fn place(&self, of: u32) -> Vec<Failure> {
        let Some(bought) = self.bought(of) else { return Vec::new() };
        match self.insist(async || self.send(&bought).await).await {
            Answer::Given(accepted) => self.accepted(of, accepted.id),
            Answer::Refused(problem) => self.refused(of, &problem),
            Answer::Nothing => Vec::new(),
        }
    }

    /// Sends the order of act `of` again; the cart that it is made of under another key as well.
    pub(super) async fn again(&self, of: u32) -> Vec<Failure> {
        let mut failures = self.place(of).await;
        if let Some((bought, id)) = self.acknowledged(of).filter(|(bought, _)| bought.quote.is_some()) {
            failures.extend(self.complete_again(&bought, id).await);
        }
        failures
    }

    pub(super) async fn send(&self, bought: &Bought) -> Result<Accepted, Problem> {
        if let Some(quote) = &bought.quote {
            return self.complete(bought, quote, &bought.key).await;
        }
        let order = self.command(&bought.wanted)?;
        OrdersClient::new(self.user(bought.wanted.customer)).place(&order, &bought.key).await
    }

    /// Remembers what is about to be ordered.
    fn begin(&self, wanted: &Wanted) -> Bought {
        self.begin_with(wanted, None)
    }

    /// Remembers what is about to be ordered, perhaps by a quote.
    pub(super) fn begin_with(&self, wanted: &Wanted, quote: Option<Quote>) -> Bought {
        let invoked = self.moment();
        let bought = Bought {
            wanted: wanted.clone(),
            key: self.key("order"),
            invoked,
            answered: None,
            id: None,
            refused: None,
            // What was quoted was seen with the quote.
            is_priced: quote.is_some(),
            quote,
        };
        self.shop.with(|known| known.orders.insert(self.number, bought.clone()));
        bought
    }

    /// The order of act `of` was accepted.
    fn accepted(&self, of: u32, id: OrderId) -> Vec<Failure> {
        let Some(bought) = self.bought(of) else { return Vec::new() };
        if let Some(code) = &bought.refused {
            return broken(
                "a key that was refused stays refused",
                format!("{}: {code}, then {id}", bought.key),
            );
        }
        match bought.id {
            Some(known) if known != id => broken(SAME, format!("{}: {known} and {id}", bought.key)),
            Some(_) => Vec::new(),
            None => {
                self.answered(Object::Order(of), bought.invoked, What::Write { version: 1 });
                if bought.quote.is_none() {
                    let admitted = Object::Admitted(bought.wanted.customer);
                    self.answered(admitted, bought.invoked, What::Read { version: 1 });
                }
                self.change(of, |bought, now| (bought.id, bought.answered) = (Some(id), Some(now)));
                Vec::new()
            }
        }
    }

    /// The order of act `of` was refused, for good.
    fn refused(&self, of: u32, problem: &Problem) -> Vec<Failure> {
        let Some(bought) = self.bought(of) else { return Vec::new() };
        let code = problem.code().to_owned();
        if let Some(id) = bought.id {
            return broken(SAME, format!("{}: {id}, then {problem}", bought.key));
        }
        let allowed: &[&str] = if bought.quote.is_some() { &OF_CARTS } else { &REFUSALS };
        if !allowed.contains(&code.as_str()) {
            return broken(
                "an order is refused for what is wrong with it",
                format!("{}: {problem}", bought.key),
            );
        }
        if code == "unknown-customer" && bought.refused.is_none() {
            self.answered(
                Object::Admitted(bought.wanted.customer),
                bought.invoked,
                What::Read { version: 0 },
            );
        }
        self.change(of, |bought, _| bought.refused = Some(code));
        Vec::new()
    }

    /// The same key with something else: whatever became of the first, the second is refused.
    pub(super) async fn otherwise(&self, of: u32) -> Vec<Failure> {
        let Some(mut bought) = self.bought(of) else { return Vec::new() };
        if bought.id.is_none() && bought.refused.is_none() {
            return Vec::new();
        }
        bought.wanted.lines.iter_mut().for_each(|(_, pieces)| *pieces = *pieces % 9 + 1);
        if let Some(quote) = &mut bought.quote {
            quote.id = self.entropy.id(self.world.clock()).into();
        }
        match self.insist(async || self.send(&bought).await).await {
            Answer::Refused(problem) if problem.is(&IDEMPOTENCY_KEY_REUSED) => {
                self.shop.count("keys used for something else", 1);
                Vec::new()
            }
            Answer::Nothing => Vec::new(),
            Answer::Given(accepted) => {
                broken("a key is for one order", format!("{}: {}", bought.key, accepted.id))
            }
            Answer::Refused(problem) => {
                broken("a key is for one order", format!("{}: {problem}", bought.key))
            }
        }
    }

    pub(super) async fn look(&self, of: u32) -> Vec<Failure> {
        let Some((bought, id)) = self.acknowledged(of) else { return Vec::new() };
        let before = self.before(of);
        match OrdersClient::new(self.user(bought.wanted.customer)).order(id).await {
            Ok(order) => self.see(of, before, &order),
            Err(problem) if problem.status() == 404 && !self.is_unheard(&bought, &problem) => {
                broken(THERE, format!("{}: {problem}", bought.key))
            }
            Err(_) => Vec::new(),
        }
    }

    /// Whether the answer is that there is no such order, and orders may not have heard of it yet.
    pub(super) fn is_unheard(&self, bought: &Bought, problem: &Problem) -> bool {
        problem.status() == 404 && self.shop.with(|known| known.may_be_unheard(bought))
    }

    /// What is somebody else's looks as if it were not there.
    pub(super) async fn snoop(&self, of: u32, customer: u32) -> Vec<Failure> {
        let Some((bought, id)) = self.acknowledged(of) else { return Vec::new() };
        if bought.wanted.customer == customer {
            return self.look(of).await;
        }
        let seen = OrdersClient::new(self.user(customer)).order(id).await.map(drop);
        let cancelled = OrdersClient::new(self.user(customer)).cancel(id, &self.key("snoop")).await.map(drop);
        let mut failures = Vec::new();
        for outcome in [seen, cancelled] {
            match outcome {
                Ok(()) => failures.extend(broken(OWN, format!("{}: customer {customer}", bought.key))),
                Err(problem) if problem.is(&NOT_FOUND) => self.shop.count("orders of others hidden", 1),
                Err(problem) if problem.status() < 429 && problem.status() != 409 => {
                    failures.extend(broken(OWN, format!("{}: {problem}", bought.key)));
                }
                Err(_) => {}
            }
        }
        failures
    }

    /// Everything that was acknowledged before is listed, and nothing of anybody else.
    pub(super) async fn list(&self, customer: u32) -> Vec<Failure> {
        let acknowledged: Vec<(u32, OrderId)> = self.shop.with(|known| {
            let own = known.orders.iter().filter(|(_, bought)| bought.wanted.customer == customer);
            let heard = own.filter(|(_, bought)| !known.may_be_unheard(bought));
            heard.filter_map(|(number, bought)| Some((*number, bought.id?))).collect()
        });
        let before: Vec<_> = acknowledged.iter().map(|(of, id)| (*of, *id, self.before(*of))).collect();
        let page: Result<Page<Order>, Problem> =
            self.user(customer).get(&format!("{ORDERS_PATH}?limit=200")).await;
        let Ok(page) = page else { return Vec::new() };
        let mut failures = Vec::new();
        for (of, id, before) in before {
            match page.items.iter().find(|order| order.id == id) {
                Some(order) => failures.extend(self.see(of, before, order)),
                None if page.next.is_none() => {
                    failures
                        .extend(broken(THERE, format!("act {of}, customer {customer}: {id} is not listed")));
                }
                None => {}
            }
        }
        let others = page.items.iter().filter(|order| order.customer_id != LoadSize::customer(customer));
        failures.extend(others.flat_map(|order| broken(OWN, format!("customer {customer} lists {order:?}"))));
        failures
    }

    pub(super) async fn account(&self, customer: u32) -> Vec<Failure> {
        let invoked = self.moment();
        let account = match CustomersClient::new(self.user(customer)).me().await {
            Ok(account) => account,
            Err(problem) if problem.status() == 404 && customer < SIZE.customers => {
                return broken("a customer has an account", format!("{customer}: {problem}"));
            }
            Err(_) => return Vec::new(),
        };
        let (limit, available) = (account.credit_limit.minor(), account.available.minor());
        let (reserved, owed) = (account.reserved.minor(), account.owed.minor());
        self.answered(Object::Limit(customer), invoked, What::Read { version: limit_version(limit) });
        if reserved < 0 || owed < 0 || available != (limit - reserved - owed).max(0) {
            return broken("an account adds up", format!("{customer}: {account:?}"));
        }
        Vec::new()
    }

    /// What is for sale is never less than nothing.
    pub(super) async fn browse(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for path in ["/api/shopfront/v1/products", "/api/stock/v1/stocks"] {
            let Ok(shown) = self.user(0).get::<Vec<Shown>>(path).await else { continue };
            self.shop.count("offers seen", shown.len() as u64);
            let wrong = shown.iter().filter(|shown| shown.amount_available.is_some_and(|amount| amount < 0));
            failures.extend(
                wrong.flat_map(|shown| broken("nothing is sold that is not there", format!("{shown:?}"))),
            );
        }
        failures
    }

    pub(super) fn bought(&self, of: u32) -> Option<Bought> {
        self.shop.with(|known| known.orders.get(&of).cloned())
    }

    pub(super) fn acknowledged(&self, of: u32) -> Option<(Bought, OrderId)> {
        let bought = self.bought(of)?;
        let id = bought.id?;
        Some((bought, id))
    }

    fn change(&self, of: u32, change: impl FnOnce(&mut Bought, u64)) {
        self.shop.with(|known| {
            let now = known.history.moment();
            if let Some(bought) = known.orders.get_mut(&of) {
                change(bought, now);
            }
        });
    }

    fn command(&self, wanted: &Wanted) -> Result<PlaceOrder, Problem> {
        let line = |(product, pieces): &(u32, u32)| {
            let product_id = LoadSize::product(*product).parse().map_err(Problem::internal)?;
            let quantity = i64::from(*pieces).try_into().map_err(Problem::internal)?;
            Ok(PlaceLine { product_id, quantity })
        };
        let lines: Result<Vec<_>, Problem> = wanted.lines.iter().map(line).collect();
        let cards = self.shop.with(|known| known.cards.clone());
        let payment = match (wanted.pays, cards) {
            (Pays::ByCard, Some([token, _])) | (Pays::ByEmptyCard, Some([_, token])) => {
                PaymentMethod::Card { token }
            }
            _ => PaymentMethod::Account,
        };
        Ok(PlaceOrder { customer_id: None, lines: lines?, payment })
    }
}

/// A limit is its own version; what everybody has at the beginning is the first.
pub(super) fn limit_version(minor: i64) -> u64 {
    if minor == SIZE.credit_minor { 0 } else { minor.unsigned_abs() }
}
