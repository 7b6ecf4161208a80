//! One shopper.

use std::time::Duration;

use http::HeaderName;
use tradewind_client::{Caller, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_orders_contract::{OrderId, OrderState, OrdersClient, PlaceLine, PlaceOrder};
use tradewind_problem::Problem;
use tradewind_sim::{Failure, Planned, World};

use crate::seed::LoadSize;
use crate::simulation::act::Act;
use crate::simulation::{Bought, Shop};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How often a shopper who heard nothing comes back with the same key.
const TRIES: u32 = 4;

/// The longest pause before a shopper comes back.
const PAUSE: Duration = Duration::from_millis(1_500);

pub(super) struct Shopper {
    book: PhoneBook,
    clock: Clock,
    dice: Entropy,
    /// For the ids of its calls.
    entropy: Entropy,
}

impl Shopper {
    pub(super) fn new(world: &World, act: &Planned<Act>) -> Self {
        Self {
            book: world.book(&act.by),
            clock: world.clock().clone(),
            dice: world.entropy(&format!("dice of act {}", act.number)),
            entropy: world.entropy(&format!("calls of act {}", act.number)),
        }
    }

    /// Does it; gives what should never have been seen.
    pub(super) async fn carry_out(&self, shop: &Shop, act: &Planned<Act>) -> Vec<Failure> {
        let Act::Buy { customer, lines, calls_off } = &act.what;
        let key = format!("{}-{}", act.by, act.number);
        let bought = Bought { customer: *customer, key, lines: lines.clone(), id: None, is_refused: false };
        let bought = self.buy(bought).await;
        let mut failures = Vec::new();
        if let Some(id) = bought.id {
            failures.extend(self.look(&bought, id).await);
            if *calls_off {
                self.call_off(&bought, id).await;
            }
        }
        shop.keep(bought);
        failures
    }

    async fn rest(&self) {
        let most = u64::try_from(PAUSE.as_micros()).unwrap_or_default();
        self.clock.sleep(Duration::from_micros(self.dice.below(most))).await;
    }

    /// Orders; comes back with the same key until there is an answer, or it gives up.
    async fn buy(&self, mut bought: Bought) -> Bought {
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
