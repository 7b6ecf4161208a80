//! Clients in front of the gateway, who come back when they are asked to, and staff.

use std::time::Duration;

use http::HeaderName;
use tradewind_client::{Caller, PhoneBook, Policies};
use tradewind_customers_contract::{CustomersClient, RegisterCustomer};
use tradewind_fleet::LoadSize;
use tradewind_kernel::{Clock, Context, Currency, Deadline, Entropy, Id, Money, Principal, Secret};
use tradewind_orders_contract::{
    Order, OrderId, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder,
};
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, Problem};
use tradewind_stock_contract::{ReceiveStock, StockClient};

use crate::process::Fleet;

const GATEWAY: &str = "gateway/data-plane";

/// How long anything may take, tries again included.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// The pause before something that is not decided yet is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A product of which there is enough, at 1.20.
pub(super) const PLENTY: &str = "1";

/// The first bits of the ids of those who may owe what one piece costs.
const POOR: u128 = 0x0198_0000_0000_7000_8000_0002_0000_0000;

/// Clients who race.
pub(super) struct Crowd {
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
    pub(super) clients: u32,
}

impl Crowd {
    /// Clients who decide by themselves when to come back: no policy of ours stands between them and the gateway.
    pub(super) fn new(fleet: &Fleet, clients: u32) -> Self {
        fleet.book.set_policies(GATEWAY, Policies::none());
        let (book, secret) = (fleet.book.clone(), fleet.secret.clone());
        Self { book, secret, clock: Clock::system(), entropy: Entropy::system(), clients }
    }

    /// Goods that there are enough of, and for each round a customer with little credit.
    pub(super) async fn prepare(&self, rounds: u32) -> Result<(), Problem> {
        let plenty = PLENTY.parse().map_err(Problem::internal)?;
        let receipt = ReceiveStock { quantity: 1_000_000, reference: None };
        StockClient::new(self.internal("stock")).receive(&plenty, &receipt, "races").await?;
        let credit_limit = Money::from_minor(120, Currency::GBP);
        for round in 0..rounds {
            let customer = RegisterCustomer { name: "Poor".to_owned(), credit_limit };
            let customers = CustomersClient::new(self.internal("customers"));
            customers.register(poor(round).into(), &customer, &format!("poor-{round}")).await?;
        }
        Ok(())
    }

    pub(super) fn user(&self, id: Id) -> Caller {
        self.bearing(format!("dev-user-{id}"))
    }

    /// One of the clients, who may owe a lot.
    pub(super) fn client(&self, number: u32) -> Caller {
        self.user(LoadSize::customer(number))
    }

    pub(super) fn staff(&self) -> Caller {
        self.bearing(format!("dev-staff-{}", Id::from_u128(0x57af)))
    }

    fn bearing(&self, token: String) -> Caller {
        let caller = self.caller(GATEWAY, Principal::Anonymous).bearer(Secret::new(token));
        caller.header(HeaderName::from_static("prefer"), "wait=2")
    }

    pub(super) fn internal(&self, service: &str) -> Caller {
        let principal = Principal::Service("load".to_owned());
        self.caller(&format!("{service}/internal"), principal).bearer(self.secret.clone())
    }

    pub(super) fn public(&self, service: &str) -> Caller {
        self.caller(&format!("{service}/public"), Principal::Anonymous)
    }

    fn caller(&self, peer: &str, principal: Principal) -> Caller {
        let context = Context::begin(principal, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        Caller::new(self.book.peer(peer), context, deadline, self.clock.clone(), self.entropy.clone())
    }

    /// Sends something until there is an answer that is one.
    pub(super) async fn insist<T>(&self, send: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Problem> {
        let deadline = Deadline::after(&self.clock, LIMIT);
        loop {
            match send().await {
                Err(problem) if may_come_back(&problem) && !deadline.remaining(&self.clock).is_zero() => {
                    // Spread, so that all who were sent away do not come back at once.
                    let wait = problem.wait().unwrap_or_default().as_millis();
                    let most = u64::try_from(wait).unwrap_or(1_000).max(50);
                    tokio::time::sleep(Duration::from_millis(most / 2 + self.entropy.below(most))).await;
                }
                answer => return answer,
            }
        }
    }

    /// Orders one piece, and waits until the order is decided.
    pub(super) async fn buy(
        &self,
        caller: impl Fn() -> Caller,
        product: &str,
        payment: PaymentMethod,
        key: &str,
    ) -> Result<Order, Problem> {
        let line = PlaceLine {
            product_id: product.parse().map_err(Problem::internal)?,
            quantity: 1.try_into().map_err(Problem::internal)?,
        };
        let order = PlaceOrder { customer_id: None, lines: vec![line], payment };
        let placed = self.insist(async || OrdersClient::new(caller()).place(&order, key).await).await?;
        self.comes_to(caller, placed.id, |order| order.state != OrderState::New).await
    }

    /// Looks at an order until it is as it is wanted.
    pub(super) async fn comes_to(
        &self,
        caller: impl Fn() -> Caller,
        id: OrderId,
        is_there: impl Fn(&Order) -> bool,
    ) -> Result<Order, Problem> {
        let deadline = Deadline::after(&self.clock, LIMIT);
        loop {
            let order = self.insist(async || OrdersClient::new(caller()).order(id).await).await?;
            if is_there(&order) {
                return Ok(order);
            }
            if deadline.remaining(&self.clock).is_zero() {
                return Err(Problem::internal(format!("{id} is still {:?}", order.state)));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// The customer of a round who may owe what one piece costs.
pub(super) fn poor(round: u32) -> Id {
    Id::from_u128(POOR + u128::from(round))
}

/// Refusals after which the same may be sent again.
fn may_come_back(problem: &Problem) -> bool {
    matches!(problem.status(), 429 | 502..=504) || problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT)
}
