//! Buyers: each places an order and looks at it until it is decided.

use std::time::{Duration, Instant};

use http::HeaderName;
use tradewind_client::{Caller, PhoneBook, Policies};
use tradewind_fleet::LoadSize;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_orders_contract::{Order, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder};
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, Problem};

const GATEWAY: &str = "gateway/data-plane";

/// How long one purchase may take, tries again included.
const LIMIT: Duration = Duration::from_secs(30);

/// The pause before an order that is not decided yet is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What somebody buys.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    pub(crate) customer: u32,
    pub(crate) product: String,
    pub(crate) quantity: i64,
    pub(crate) key: String,
}

/// How a purchase went.
#[derive(Debug, Clone)]
pub(crate) struct Bought {
    pub(crate) order: Order,
    /// From the first byte sent to the answer that showed the order decided.
    pub(crate) took: Duration,
    /// How often it was sent again with the same key, because the fleet asked to come back.
    pub(crate) again: u32,
}

/// Buyers in front of the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Buyers {
    book: PhoneBook,
    clock: Clock,
    entropy: Entropy,
}

impl Buyers {
    /// Buyers who decide by themselves when to come back: no policy of ours stands between them and the gateway.
    pub(crate) fn new(book: &PhoneBook) -> Self {
        book.set_policies(GATEWAY, Policies::none());
        Self { book: book.clone(), clock: Clock::system(), entropy: Entropy::system() }
    }

    /// Buys, and waits until the order is decided.
    pub(crate) async fn buy(&self, purchase: &Purchase) -> Result<Bought, Problem> {
        let started = Instant::now();
        let deadline = Deadline::after(&self.clock, LIMIT);
        let line = PlaceLine {
            product_id: purchase.product.parse().map_err(Problem::internal)?,
            quantity: purchase.quantity.try_into().map_err(Problem::internal)?,
        };
        let order = PlaceOrder { customer_id: None, lines: vec![line], payment: PaymentMethod::Account };
        let mut again = 0;
        let accepted = loop {
            match self.client(purchase.customer, deadline).place(&order, &purchase.key).await {
                Ok(accepted) => break accepted,
                Err(problem) if may_come_back(&problem) && !deadline.remaining(&self.clock).is_zero() => {
                    again += 1;
                    // Spread, so that all who were sent away do not come back at once.
                    let wait = problem.wait().unwrap_or_default().as_millis();
                    let most = u64::try_from(wait).unwrap_or(1_000).max(50);
                    tokio::time::sleep(Duration::from_millis(most / 2 + self.entropy.below(most))).await;
                }
                Err(problem) => return Err(problem),
            }
        };
        loop {
            let order = self.client(purchase.customer, deadline).order(accepted.id).await?;
            if order.state != OrderState::New {
                return Ok(Bought { order, took: started.elapsed(), again });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// One order on account, so that every oracle has something to examine.
    pub(crate) async fn buy_on_account(&self) -> Result<(), String> {
        let product = LoadSize::product(0);
        let purchase = Purchase { customer: 0, product, quantity: 1, key: "account".to_owned() };
        self.buy(&purchase).await.map(drop).map_err(|problem| problem.to_string())
    }

    fn client(&self, customer: u32, deadline: Deadline) -> OrdersClient {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let peer = self.book.peer(GATEWAY);
        let caller = Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone());
        let caller = caller.bearer(Secret::new(format!("dev-user-{}", LoadSize::customer(customer))));
        OrdersClient::new(caller.header(HeaderName::from_static("prefer"), "wait=2"))
    }
}

/// Refusals after which the same key may be sent again.
fn may_come_back(problem: &Problem) -> bool {
    matches!(problem.status(), 429 | 502..=504) || problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT)
}
