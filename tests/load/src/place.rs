//! Placing orders and looking after them, as clients that know their keys.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tradewind_client::{Caller, PhoneBook};
use tradewind_fleet::LoadSize;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_orders_contract::{Order, OrderId, OrderState, OrdersClient, PlaceLine, PlaceOrder};
use tradewind_problem::Problem;

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Products and customers of a run.
pub(crate) const SIZE: LoadSize =
    LoadSize { products: 50, customers: 50, quantity: 1_000_000, credit_minor: 1_000_000_000 };

/// What became of one placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered 202 with this id.
    Acknowledged(OrderId),
    /// Refused: it did not happen.
    Failed(String),
    /// No answer, or a fault: it may have happened.
    Unknown,
}

/// A placement with its key and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) number: u32,
    pub(crate) outcome: Outcome,
}

/// The clients of a run.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    clock: Clock,
    entropy: Entropy,
    next: Arc<AtomicU32>,
    pub(crate) log: Arc<Mutex<Vec<Placed>>>,
}

impl Clients {
    pub(crate) fn new() -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::system());
        Self { clock, entropy, next: Arc::default(), log: Arc::default() }
    }

    /// Places orders from `workers` workers until `stop` says so.
    pub(crate) async fn place_until(&self, book: &PhoneBook, workers: u32, stop: &AtomicBool) {
        let worker = || async {
            while !stop.load(Ordering::Relaxed) {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let outcome = self.place(book, number).await;
                let failed = outcome == Outcome::Unknown;
                self.log.lock().unwrap_or_else(PoisonError::into_inner).push(Placed { number, outcome });
                if failed {
                    // The process is gone; hammering its port tells nothing more.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        };
        futures_util::future::join_all((0..workers).map(|_| worker())).await;
    }

    /// Places order number `number`; the same number gives the same key, customer and body.
    pub(crate) async fn place(&self, book: &PhoneBook, number: u32) -> Outcome {
        let product = LoadSize::product(number % SIZE.products);
        let line = product.parse().ok().zip(1_i64.try_into().ok());
        let Some((product_id, quantity)) = line else { return Outcome::Failed("no line".to_owned()) };
        let order = PlaceOrder { customer_id: None, lines: vec![PlaceLine { product_id, quantity }] };
        match self.client(book, number).place(&order, &format!("load-{number}")).await {
            Ok(accepted) => Outcome::Acknowledged(accepted.id),
            Err(problem) if problem.is_server_fault() => Outcome::Unknown,
            Err(problem) => Outcome::Failed(problem.to_string()),
        }
    }

    /// Reads the order that was placed with `number`.
    pub(crate) async fn order(&self, book: &PhoneBook, number: u32, id: OrderId) -> Result<Order, Problem> {
        self.client(book, number).order(id).await
    }

    /// Waits until the order has left NEW, up to `limit`; gives its state.
    pub(crate) async fn settled(
        &self,
        book: &PhoneBook,
        number: u32,
        id: OrderId,
        limit: Duration,
    ) -> Result<OrderState, Problem> {
        let deadline = Deadline::after(&self.clock, limit);
        loop {
            let order = self.order(book, number, id).await?;
            if order.state != OrderState::New || deadline.remaining(&self.clock).is_zero() {
                return Ok(order.state);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn acknowledged(&self) -> usize {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|placed| matches!(placed.outcome, Outcome::Acknowledged(_))).count()
    }

    fn client(&self, book: &PhoneBook, number: u32) -> OrdersClient {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = book.peer("gateway/data-plane");
        let caller = Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone());
        let customer = LoadSize::customer(number % SIZE.customers);
        OrdersClient::new(caller.bearer(Secret::new(format!("dev-user-{customer}"))))
    }
}
