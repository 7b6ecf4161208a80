//! Placing orders and looking after them, as clients that know their keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use tradewind_client::{Caller, PhoneBook};
use tradewind_fleet::LoadSize;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_orders_contract::{Order, OrderId, OrderState, OrdersClient, PlaceLine, PlaceOrder};
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, Problem};

use crate::client_log::{ClientLog, Outcome, Placed, key};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Products and customers of a run.
pub(crate) const SIZE: LoadSize =
    LoadSize { products: 50, customers: 50, quantity: 1_000_000, credit_minor: 1_000_000_000 };

/// What of the shop's own goods is sold out from the first day.
const SOLD_OUT: &str = "4";

/// Every eighth order asks for what is sold out, so that refusals and releases are under way as well.
pub(crate) fn is_to_be_rejected(number: u32) -> bool {
    number % 8 == 7
}

fn product(number: u32) -> String {
    if is_to_be_rejected(number) { SOLD_OUT.to_owned() } else { LoadSize::product(number % SIZE.products) }
}

/// The clients of a run.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    clock: Clock,
    entropy: Entropy,
    next: Arc<AtomicU32>,
    acknowledged: Arc<AtomicUsize>,
    log: Arc<ClientLog>,
}

impl Clients {
    /// Clients that write down in `log` what becomes of what they place.
    pub(crate) fn new(log: ClientLog) -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::system());
        Self { clock, entropy, next: Arc::default(), acknowledged: Arc::default(), log: Arc::new(log) }
    }

    /// Places orders from `workers` workers until `stop` says so.
    pub(crate) async fn place_until(
        &self,
        book: &PhoneBook,
        workers: u32,
        stop: &AtomicBool,
    ) -> Result<(), String> {
        let worker = || async {
            while !stop.load(Ordering::Relaxed) {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let outcome = self.place(book, number).await;
                let placed = Placed { number, outcome };
                self.log.write(&placed)?;
                self.acknowledged.fetch_add(usize::from(placed.is_acknowledged()), Ordering::Relaxed);
                if !placed.is_acknowledged() {
                    // The process is gone or out of order; hammering its port tells nothing more.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            Ok(())
        };
        futures_util::future::try_join_all((0..workers).map(|_| worker())).await.map(drop)
    }

    /// Places order number `number`; the same number gives the same key, customer and body.
    pub(crate) async fn place(&self, book: &PhoneBook, number: u32) -> Outcome {
        let line = product(number).parse().ok().zip(1_i64.try_into().ok());
        let Some((product_id, quantity)) = line else { return Outcome::Failed("no line".to_owned()) };
        let order = PlaceOrder { customer_id: None, lines: vec![PlaceLine { product_id, quantity }] };
        match self.client(book, number).place(&order, &key(number)).await {
            Ok(accepted) => Outcome::Acknowledged(accepted.id),
            Err(problem) if problem.is_server_fault() || problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT) => {
                Outcome::Unknown
            }
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

    /// How many orders were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// What was written down so far.
    pub(crate) fn log(&self) -> Result<Vec<Placed>, String> {
        self.log.read()
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
