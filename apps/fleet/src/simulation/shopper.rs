//! What shoppers do.

use futures_util::future::join;
use serde::Deserialize;
use tradewind_customers_contract::CustomersClient;
use tradewind_history::What;
use tradewind_kernel::Page;
use tradewind_orders_contract::{
    Accepted, ORDERS_PATH, Order, OrderId, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder,
};
use tradewind_problem::{IDEMPOTENCY_KEY_REUSED, NOT_FOUND, Problem};
use tradewind_sim::Failure;

use crate::seed::LoadSize;
use crate::simulation::SIZE;
use crate::simulation::act::{Pays, Wanted};
use crate::simulation::client::{Answer, Client, broken};
use crate::simulation::known::Bought;
use crate::simulation::objects::{CANCELLING, OPEN, Object};

/// One key stands for one order.
pub(super) const SAME: &str = "the same key gives the same order";

/// What was acknowledged is there.
pub(super) const THERE: &str = "an acknowledged order is there";

const OWN: &str = "nobody sees or changes what somebody else ordered";

/// What an order may be refused with at once, when it is well-formed.
const REFUSALS: [&str; 2] = ["unknown-product", "unknown-customer"];

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

    pub(super) async fn send(&self, bought: &Bought) -> Result<Accepted, Problem> {
        let order = self.command(&bought.wanted)?;
        OrdersClient::new(self.user(bought.wanted.customer)).place(&order, &bought.key).await
    }

    /// Remembers what is about to be ordered.
    fn begin(&self, wanted: &Wanted) -> Bought {
        let invoked = self.moment();
        let bought = Bought {
            wanted: wanted.clone(),
            key: self.key("order"),
            invoked,
            answered: None,
            id: None,
            refused: None,
            is_priced: false,
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
                self.answered(
                    Object::Admitted(bought.wanted.customer),
                    bought.invoked,
                    What::Read { version: 1 },
                );
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
        if !REFUSALS.contains(&code.as_str()) {
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
            Err(problem) if problem.status() == 404 => broken(THERE, format!("{}: {problem}", bought.key)),
            Err(_) => Vec::new(),
        }
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
            own.filter_map(|(number, bought)| Some((*number, bought.id?))).collect()
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

    /// Whether an order may be called off is for the shop to say; that it was, holds.
    pub(super) async fn call_off(&self, of: u32, twice: bool) -> Vec<Failure> {
        const ONCE: &str = "an order is called off once, and stays so";
        let Some((bought, id)) = self.acknowledged(of) else { return Vec::new() };
        let Some(first) = self.cancel(of, (&bought, id), "cancel").await else { return Vec::new() };
        let has_effect = match first {
            Ok(has_effect) => has_effect,
            Err(problem) if problem.status() == 404 => {
                return broken(THERE, format!("{}: {problem}", bought.key));
            }
            Err(_) => return Vec::new(),
        };
        self.shop.count("orders called off", u64::from(has_effect));
        if !twice {
            return Vec::new();
        }
        match self.cancel(of, (&bought, id), "cancel again").await {
            Some(Ok(false)) | None => Vec::new(),
            Some(Ok(true)) => broken(ONCE, format!("{}: twice", bought.key)),
            Some(Err(_)) if self.was_handed_over(&bought, id).await => Vec::new(),
            Some(Err(problem)) => broken(ONCE, format!("{}: {problem}", bought.key)),
        }
    }

    /// Whether an order that was being called off went on its way at that moment, which is the one thing that may come
    /// between.
    async fn was_handed_over(&self, bought: &Bought, id: OrderId) -> bool {
        let order = OrdersClient::new(self.user(bought.wanted.customer)).order(id).await;
        // Who does not answer is asked at the end, when nothing goes wrong.
        order.map_or(true, |order| order.state == OrderState::Completed)
    }

    /// Whether calling off changed anything, or why it was refused; nothing when there was no answer.
    async fn cancel(
        &self,
        of: u32,
        (bought, id): (&Bought, OrderId),
        command: &str,
    ) -> Option<Result<bool, Problem>> {
        let (invoked, key) = (self.moment(), self.key(&command.replace(' ', "-")));
        let send = async || OrdersClient::new(self.user(bought.wanted.customer)).cancel(id, &key).await;
        match self.insist(send).await {
            Answer::Nothing => None,
            Answer::Refused(problem) => Some(Err(problem)),
            Answer::Given(accepted) => {
                // What was called off before is accepted and announces nothing: there is no position then.
                let has_effect = accepted.position != tradewind_kernel::Position::default();
                if has_effect {
                    let what = What::WriteIf { expected: OPEN, version: CANCELLING };
                    self.answered(Object::Order(of), invoked, what);
                }
                Some(Ok(has_effect))
            }
        }
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

    fn acknowledged(&self, of: u32) -> Option<(Bought, OrderId)> {
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
