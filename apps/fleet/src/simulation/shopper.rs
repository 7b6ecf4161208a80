//! One shopper.

use std::time::Duration;

use http::HeaderName;
use tradewind_client::{Caller, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_orders_contract::{OrderId, OrderState, OrdersClient, PlaceLine, PlaceOrder};
use tradewind_problem::Problem;
use tradewind_sim::{Failure, World};

use crate::seed::LoadSize;
use crate::simulation::{Bought, SIZE, Shop};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How often a shopper who heard nothing comes back with the same key.
const TRIES: u32 = 4;

/// The longest pause between two things that a shopper does.
const PAUSE: Duration = Duration::from_millis(3_000);

/// Most pieces of one product in an order.
const PIECES: u64 = 4;

pub(super) struct Shopper {
    name: String,
    book: PhoneBook,
    clock: Clock,
    dice: Entropy,
    /// For the ids of its calls.
    entropy: Entropy,
}

impl Shopper {
    pub(super) fn new(world: &World, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            book: world.book(name),
            clock: world.clock().clone(),
            dice: world.entropy(&format!("dice of {name}")),
            entropy: world.entropy(&format!("calls of {name}")),
        }
    }

    /// Shops for `length`; gives what should never have been seen.
    pub(super) async fn shop(&self, shop: &Shop, length: Duration) -> Vec<Failure> {
        let until = self.clock.monotonic() + length;
        let (mut failures, mut number) = (Vec::new(), 0_u32);
        while self.clock.monotonic() < until {
            self.rest().await;
            number += 1;
            let bought = self.buy(number, until).await;
            if let Some(id) = bought.id {
                failures.extend(self.look(&bought, id).await);
                if self.dice.below(5) == 0 {
                    self.call_off(&bought, id).await;
                }
            }
            shop.keep(bought);
        }
        failures
    }

    async fn rest(&self) {
        let most = u64::try_from(PAUSE.as_micros()).unwrap_or_default();
        self.clock.sleep(Duration::from_micros(self.dice.below(most))).await;
    }

    /// Orders something; comes back with the same key until there is an answer, or it gives up.
    async fn buy(&self, number: u32, until: Duration) -> Bought {
        let lines = self.choose();
        let customer = self.number(SIZE.customers);
        let key = format!("{}-{number}", self.name);
        let mut bought = Bought { customer, key, lines, id: None, is_refused: false };
        let Ok(order) = command(&bought) else { return bought };
        for _ in 0..TRIES {
            match self.orders(&bought).place(&order, &bought.key).await {
                Ok(accepted) => {
                    bought.id = Some(accepted.id);
                    break;
                }
                Err(problem) if is_final(&problem) => {
                    bought.is_refused = true;
                    break;
                }
                Err(_) if self.clock.monotonic() > until => break,
                Err(_) => self.rest().await,
            }
        }
        bought
    }

    /// An order that was acknowledged is there for whoever placed it, from then on.
    async fn look(&self, bought: &Bought, id: OrderId) -> Option<Failure> {
        self.rest().await;
        let problem = self.orders(bought).order(id).await.err()?;
        (problem.status() == 404)
            .then(|| Failure::new("an acknowledged order is there", vec![format!("{id}: {problem}")]))
    }

    async fn call_off(&self, bought: &Bought, id: OrderId) {
        // Whether it may be called off is for the shop to say; what became of it is judged at the end.
        drop(self.orders(bought).cancel(id, &format!("{}-cancel", bought.key)).await);
    }

    fn choose(&self) -> Vec<(u32, u32)> {
        let lines = 1 + self.dice.below(2);
        let mut chosen: Vec<(u32, u32)> = Vec::new();
        for _ in 0..lines {
            let (product, pieces) = (self.number(SIZE.products), 1 + self.dice.below(PIECES));
            if chosen.iter().all(|(other, _)| *other != product) {
                chosen.push((product, u32::try_from(pieces).unwrap_or(1)));
            }
        }
        chosen
    }

    fn number(&self, below: u32) -> u32 {
        u32::try_from(self.dice.below(u64::from(below))).unwrap_or_default()
    }

    fn orders(&self, bought: &Bought) -> OrdersClient {
        client(&self.book, &self.clock, &self.entropy, bought)
    }
}

/// Calls through the gateway, as the customer of `bought`.
pub(super) fn client(book: &PhoneBook, clock: &Clock, entropy: &Entropy, bought: &Bought) -> OrdersClient {
    let context = Context::begin(Principal::Anonymous, clock, entropy);
    let peer = book.peer("gateway/data-plane");
    let caller = Caller::new(peer, context, Deadline::after(clock, LIMIT), clock.clone(), entropy.clone());
    let token = Secret::new(format!("dev-user-{}", LoadSize::customer(bought.customer)));
    OrdersClient::new(caller.bearer(token).header(HeaderName::from_static("accept"), "application/json"))
}

pub(super) fn command(bought: &Bought) -> Result<PlaceOrder, Problem> {
    let line = |(product, pieces): &(u32, u32)| {
        let product_id = LoadSize::product(*product).parse().map_err(Problem::internal)?;
        Ok(PlaceLine { product_id, quantity: i64::from(*pieces).try_into().map_err(Problem::internal)? })
    };
    let lines: Result<Vec<_>, Problem> = bought.lines.iter().map(line).collect();
    Ok(PlaceOrder { customer_id: None, lines: lines? })
}

/// A refusal that the same key gets again.
fn is_final(problem: &Problem) -> bool {
    matches!(problem.status(), 400 | 403 | 404 | 422)
}

pub(super) fn has_ended(state: OrderState) -> bool {
    state != OrderState::New
}
