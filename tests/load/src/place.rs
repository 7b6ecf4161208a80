//! Placing orders and looking after them, as clients that know their keys.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tradewind_client::{Caller, PhoneBook, Policies};
use tradewind_fleet::{LoadSize, Seeder};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret, Slug};
use tradewind_orders_contract::{
    Order, OrderId, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder,
};
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, Problem};

use crate::client_log::{ClientLog, Outcome, Placed, key};

/// Where clients place their orders.
pub(crate) const GATEWAY: &str = "gateway/data-plane";

/// The pause after an answer that told nothing.
const PAUSE: Duration = Duration::from_millis(20);

/// The same while the fleet asks to come back later; less than it asks for, so that its return is seen at once.
const AWAY_PAUSE: Duration = Duration::from_millis(100);

/// How often is looked whether enough orders are placed.
const WATCH: Duration = Duration::from_millis(10);

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Products and customers of a run.
pub(crate) const SIZE: LoadSize =
    LoadSize { products: 50, customers: 50, quantity: 1_000_000, credit_minor: 1_000_000_000 };

/// A card that nothing is wrong with.
pub(crate) const CARD: &str = "4242424242424242";

/// What of the shop's own goods is sold out from the first day.
const SOLD_OUT: &str = "4";

/// Every eighth order asks for what is sold out, so that refusals and releases are under way as well.
pub(crate) fn is_to_be_rejected(number: u32) -> bool {
    number % 8 == 7
}

/// Every fourth order is paid by card, where there is one.
fn is_by_card(number: u32) -> bool {
    number % 4 == 1
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
    /// How long each worker rests after an order that was acknowledged.
    rest: Duration,
    card: Option<Slug>,
    /// The first order acknowledged since [`Clients::await_next`] that is not to be rejected.
    next_open: Arc<Mutex<Option<(u32, OrderId)>>>,
    faults: Arc<Faults>,
}

/// What the fleet answered instead of a result while something that it needs was gone.
#[derive(Debug, Default)]
struct Faults {
    counting: AtomicBool,
    counts: Mutex<BTreeMap<String, u32>>,
}

impl Faults {
    fn count(&self, problem: &Problem) {
        if self.counting.load(Ordering::Relaxed) {
            let wait = if problem.wait().is_some() { "with" } else { "without" };
            let name = format!("{} {wait} Retry-After", problem.status());
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(name).or_default() += 1;
        }
    }
}

impl Clients {
    /// Clients that write down in `log` what becomes of what they place.
    pub(crate) fn new(log: ClientLog) -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::system());
        let log = Arc::new(log);
        let (next, acknowledged, next_open) = (Arc::default(), Arc::default(), Arc::default());
        let (rest, card, faults) = (Duration::ZERO, None, Arc::default());
        Self { clock, entropy, next, acknowledged, log, rest, card, next_open, faults }
    }

    /// Clients that rest after each order. Orders are taken faster than they are decided: without a rest the backlog
    /// grows as long as somebody waits for its end.
    pub(crate) fn resting(self, rest: Duration) -> Self {
        Self { rest, ..self }
    }

    /// Fills the shop, and gives the clients a card by which they pay now and then; before, all is on account.
    pub(crate) async fn fill(&mut self, book: &PhoneBook, secret: &Secret) -> Result<(), Problem> {
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        let seeder = Seeder::new(book.clone(), secret.clone(), clock, entropy);
        seeder.load(SIZE, |_, _| {}).await?;
        let token = seeder.card(CARD).await?.to_string();
        self.card = Some(token.parse().map_err(Problem::internal)?);
        Ok(())
    }

    /// Places orders from `workers` workers until so many are acknowledged.
    pub(crate) async fn place_at_least(
        &self,
        book: &PhoneBook,
        workers: u32,
        orders: usize,
    ) -> Result<(), String> {
        let stop = AtomicBool::new(false);
        let enough = async {
            while self.acknowledged() < orders {
                tokio::time::sleep(WATCH).await;
            }
        };
        let mut placing = std::pin::pin!(self.place_until(book, workers, &stop));
        tokio::select! {
            ended = &mut placing => return ended,
            () = enough => stop.store(true, Ordering::Relaxed),
        }
        placing.await
    }

    /// Places orders from `workers` workers until `stop` says so.
    pub(crate) async fn place_until(
        &self,
        book: &PhoneBook,
        workers: u32,
        stop: &AtomicBool,
    ) -> Result<(), String> {
        // They decide by themselves when to come back: each answer counts.
        book.set_policies(GATEWAY, Policies::none());
        let worker = || async {
            while !stop.load(Ordering::Relaxed) {
                if self.place_next(book).await?.1.is_ok() {
                    tokio::time::sleep(self.rest).await;
                } else {
                    // The process is gone or out of order; hammering its port tells nothing more.
                    let is_away = self.faults.counting.load(Ordering::Relaxed);
                    tokio::time::sleep(if is_away { AWAY_PAUSE } else { PAUSE }).await;
                }
            }
            Ok(())
        };
        futures_util::future::try_join_all((0..workers).map(|_| worker())).await.map(drop)
    }

    /// Places the next order and writes down what became of it; gives its number and the answer.
    pub(crate) async fn place_next(
        &self,
        book: &PhoneBook,
    ) -> Result<(u32, Result<OrderId, Problem>), String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let answer = self.try_place(book, number).await;
        let placed = Placed { number, outcome: self.outcome(&answer) };
        self.log.write(&placed)?;
        if let Ok(id) = &answer {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
            if !is_to_be_rejected(number) {
                self.next_open().get_or_insert((number, *id));
            }
        }
        Ok((number, answer))
    }

    /// Places order number `number`; the same number gives the same key, customer and body.
    pub(crate) async fn place(&self, book: &PhoneBook, number: u32) -> Outcome {
        let answer = self.try_place(book, number).await;
        self.outcome(&answer)
    }

    async fn try_place(&self, book: &PhoneBook, number: u32) -> Result<OrderId, Problem> {
        let product_id = product(number).parse().map_err(Problem::internal)?;
        let quantity = 1_i64.try_into().map_err(Problem::internal)?;
        let card = self.card.clone().filter(|_| is_by_card(number));
        let order = PlaceOrder {
            customer_id: None,
            lines: vec![PlaceLine { product_id, quantity }],
            payment: card.map_or(PaymentMethod::Account, |token| PaymentMethod::Card { token }),
        };
        Ok(self.client(book, number).place(&order, &key(number)).await?.id)
    }

    fn outcome(&self, answer: &Result<OrderId, Problem>) -> Outcome {
        match answer {
            Ok(id) => Outcome::Acknowledged(*id),
            Err(problem) if problem.is_server_fault() || problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT) => {
                self.faults.count(problem);
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

    /// From now on, the next order that is acknowledged and shall open is remembered.
    pub(crate) fn await_next(&self) {
        *self.next_open() = None;
    }

    /// The order that was awaited.
    pub(crate) fn next_open(&self) -> MutexGuard<'_, Option<(u32, OrderId)>> {
        self.next_open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something that the fleet needs is gone: then answers that are no result are counted, and clients
    /// come back more slowly.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.faults.counting.store(is_away, Ordering::Relaxed);
    }

    /// How often the fleet answered what while something was gone.
    pub(crate) fn faults(&self) -> BTreeMap<String, u32> {
        self.faults.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was written down so far.
    pub(crate) fn log(&self) -> Result<Vec<Placed>, String> {
        self.log.read()
    }

    fn client(&self, book: &PhoneBook, number: u32) -> OrdersClient {
        OrdersClient::new(self.caller(book, number))
    }

    /// Calls the gateway as the customer who places order `number`.
    pub(crate) fn caller(&self, book: &PhoneBook, number: u32) -> Caller {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = book.peer(GATEWAY);
        let caller = Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone());
        let customer = LoadSize::customer(number % SIZE.customers);
        caller.bearer(Secret::new(format!("dev-user-{customer}")))
    }
}
