//! One owner of reservations, with a script in the place of orders: what it does in sequences that a whole shop
//! comes to only by bad luck.

use std::time::Duration;

use tradewind_chassis::http::Routes;
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, Definition, Host, Init, Network, NoSettings, Running, Storage};
use tradewind_client::Caller;
use tradewind_customers_contract::{CustomerId, CustomersClient, RegisterCustomer, SetCreditLimit};
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::{Event, Recorded, announce};
use tradewind_kernel::{Clock, Context, Currency, Deadline, Entropy, Id, Money, Principal, Timestamp};
use tradewind_orders_contract::{
    OrderCancelled, OrderId, OrderLine, OrderOpened, OrderPlaced, OrderRejected, PaidBy, PaymentMethod,
    Quantity,
};
use tradewind_stock_contract::{ReceiveStock, RegisterItem, Stock, StockClient};
use tradewind_testkit::LIMIT;

use super::{LATER, TTL};

const CUSTOMER: Id = Id::from_u128(0xc);

/// An owner and the log of orders, which the test writes.
struct Alone {
    running: Running,
    owner: &'static str,
}

struct Tell<E>(E);

impl<E: Event + Send + Sync + 'static> Work for Tell<E> {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        announce(tx, &self.0).await.map(drop)
    }
}

fn pence(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

fn order(number: u128) -> OrderId {
    OrderId::new(Id::from_u128(number))
}

fn line(product: &str, quantity: i64) -> OrderLine {
    OrderLine {
        product_id: product.parse().unwrap(),
        sku: None,
        name: product.to_owned(),
        quantity: Quantity::try_from(quantity).unwrap(),
        unit_price: pence(100),
    }
}

impl Alone {
    /// Three each of products `a` and `b`, or a customer who may owe 3.00.
    async fn start(owner: &'static str) -> Self {
        let script = |name, port| {
            let script = Definition::new(name, "A script.", |_: &mut Init<NoSettings>| Ok(()));
            script.internal(port, Routes::new()).build()
        };
        let own = tradewind_fleet::services().into_iter().find(|each| each.description().name == owner);
        let host = Host {
            clock: Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000)),
            entropy: Entropy::seeded(1),
            settings: SettingsSource::new(),
            storage: Storage::Memory,
            network: Network::None,
        };
        let assembly = Assembly::new(vec![script("orders", 8150), script("accounts", 8190), own.unwrap()]);
        let running = assembly.start(host, &mut |_, _| {}).await.unwrap();
        running.mark_ready();
        let alone = Self { running, owner };
        alone.fill().await;
        alone
    }

    async fn fill(&self) {
        if self.owner == "stock" {
            let stock = StockClient::new(self.internal());
            for product in ["a", "b"] {
                let (id, sku) = (product.parse().unwrap(), product.parse().unwrap());
                stock.register(&id, &RegisterItem { sku }, &format!("item-{product}")).await.unwrap();
                let receipt = ReceiveStock { quantity: 3, reference: None };
                stock.receive(&id, &receipt, &format!("receipt-{product}")).await.unwrap();
            }
        } else {
            let customer = RegisterCustomer { name: "Ada".to_owned(), credit_limit: pence(300) };
            let customers = CustomersClient::new(self.internal());
            customers.register(CustomerId::new(CUSTOMER), &customer, "customer").await.unwrap();
        }
    }

    fn internal(&self) -> Caller {
        let (clock, entropy) = (self.running.clock().clone(), self.running.entropy().clone());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, LIMIT);
        let peer = self.running.book().peer(&format!("{}/internal", self.owner));
        Caller::new(peer, context, deadline, clock, entropy).bearer(self.running.secret().clone())
    }

    async fn tell<E: Event + Send + Sync + 'static>(&self, event: E) {
        let context = Context::begin(Principal::Anonymous, self.running.clock(), self.running.entropy());
        self.running.database("orders").unwrap().write(&context, Tell(event)).await.unwrap();
        self.running.caught_up(LIMIT).await.unwrap();
    }

    /// An order of as many of `a` and `b`, a pound each.
    async fn place(&self, number: u128, a: i64, b: i64) {
        let lines = [("a", a), ("b", b)].into_iter().filter(|(_, quantity)| *quantity > 0);
        let lines = lines.map(|(product, quantity)| line(product, quantity)).collect();
        let (order_id, total) = (order(number), pence(100 * (a + b)));
        self.tell(OrderPlaced {
            order_id,
            customer_id: CUSTOMER,
            lines,
            total,
            discount: None,
            tax: None,
            quote_id: None,
            payment: PaymentMethod::Account,
        })
        .await;
    }

    async fn open(&self, number: u128) {
        self.tell(OrderOpened { order_id: order(number), payment: PaidBy::Account }).await;
    }

    async fn cancel(&self, number: u128) {
        self.tell(OrderCancelled { order_id: order(number), reason: None }).await;
    }

    async fn reject(&self, number: u128) {
        let reason = "reservation-expired".to_owned();
        self.tell(OrderRejected { order_id: order(number), reason }).await;
    }

    async fn pass(&self, duration: Duration) {
        self.running.clock().sleep(duration).await;
    }

    /// What it told of an order, without its own name in front.
    async fn told(&self, number: u128) -> Vec<String> {
        let all: Vec<Recorded> = self.internal().get("/events?after=0&limit=1000").await.unwrap();
        let key = format!("order-{}", order(number));
        let ours = all.into_iter().filter(|each| each.event.partitionkey == key);
        let kinds = ours.map(|each| each.event.kind.split('.').nth(2).unwrap().to_owned());
        kinds.map(|kind| kind.split_once('-').unwrap().1.to_owned()).collect()
    }

    /// How many of `a` and `b` can be reserved.
    async fn available(&self) -> (i64, i64) {
        let peer = self.running.book().peer("stock/public");
        let (clock, entropy) = (self.running.clock().clone(), self.running.entropy().clone());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let caller = Caller::new(peer, context, Deadline::after(&clock, LIMIT), clock, entropy);
        let all: Vec<Stock> = caller.get("/stocks").await.unwrap();
        (all[0].amount_available, all[1].amount_available)
    }

    /// Sets how much the customer may owe; gives how much of it is reserved.
    async fn limit(&self, minor: i64, key: &str) -> i64 {
        let customers = CustomersClient::new(self.internal());
        let limit = SetCreditLimit { limit: pence(minor) };
        customers.set_credit_limit(CustomerId::new(CUSTOMER), &limit, key).await.unwrap().reserved.minor()
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_sold_to_somebody_else_meanwhile_is_lost() {
    let alone = Alone::start("stock").await;
    alone.place(1, 1, 2).await;
    assert_eq!(alone.available().await, (2, 1));
    alone.pass(LATER).await;
    assert_eq!(alone.available().await, (3, 3));
    alone.place(2, 0, 2).await;
    alone.open(2).await;
    // One of `a` is there, two of `b` are not: what is taken of `a` has to be put back.
    alone.open(1).await;
    assert_eq!(alone.told(1).await, ["reserved", "reservation-expired", "reservation-lost"]);
    assert_eq!(alone.available().await, (3, 1));
    alone.cancel(1).await;
    alone.open(1).await;
    alone.pass(LATER).await;
    assert_eq!(alone.told(1).await, ["reserved", "reservation-expired", "reservation-lost"]);
    assert_eq!((alone.told(2).await, alone.available().await), (vec!["reserved".to_owned()], (3, 1)));
}

#[tokio::test(start_paused = true)]
async fn goods_are_released_once_whatever_comes_when() {
    let alone = Alone::start("stock").await;
    // What is held for another order shall not be given back instead.
    alone.place(9, 1, 1).await;
    alone.open(9).await;
    // Cancelled while it was confirmed, twice.
    alone.place(1, 1, 1).await;
    alone.open(1).await;
    alone.open(1).await;
    alone.cancel(1).await;
    alone.cancel(1).await;
    assert_eq!((alone.told(1).await, alone.available().await), (words(&["reserved", "released"]), (2, 2)));
    // Rejected before it expired.
    alone.place(2, 1, 1).await;
    alone.reject(2).await;
    alone.pass(LATER).await;
    assert_eq!((alone.told(2).await, alone.available().await), (words(&["reserved", "released"]), (2, 2)));
    // Rejected because it expired.
    alone.place(3, 1, 1).await;
    alone.pass(LATER).await;
    alone.reject(3).await;
    let told = words(&["reserved", "reservation-expired"]);
    assert_eq!((alone.told(3).await, alone.available().await), (told, (2, 2)));
    // Taken again after it expired, then cancelled.
    alone.place(4, 1, 1).await;
    alone.pass(LATER).await;
    alone.open(4).await;
    assert_eq!(alone.available().await, (1, 1));
    alone.cancel(4).await;
    let told = words(&["reserved", "reservation-expired", "reserved", "released"]);
    assert_eq!((alone.told(4).await, alone.available().await), (told, (2, 2)));
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_reservation_holds_for_its_time_and_not_much_longer() {
    let alone = Alone::start("stock").await;
    alone.place(1, 1, 1).await;
    alone.pass(Duration::from_secs(60)).await;
    alone.place(2, 1, 1).await;
    alone.pass(TTL - Duration::from_secs(61)).await;
    assert_eq!(alone.available().await, (1, 1));
    // A second before the first is over, and as long after.
    alone.pass(Duration::from_secs(2)).await;
    assert_eq!(alone.available().await, (2, 2));
    alone.pass(Duration::from_secs(58)).await;
    assert_eq!(alone.available().await, (2, 2));
    alone.pass(Duration::from_secs(2)).await;
    assert_eq!(alone.available().await, (3, 3));
}

#[tokio::test(start_paused = true)]
async fn many_that_are_over_at_once_are_given_back_in_one_sweep() {
    let alone = Alone::start("stock").await;
    let receipt = ReceiveStock { quantity: 300, reference: None };
    let stock = StockClient::new(alone.internal());
    stock.receive(&"a".parse().unwrap(), &receipt, "many").await.unwrap();
    for number in 1..=300 {
        alone.place(number, 1, 0).await;
    }
    assert_eq!(alone.available().await, (3, 3));
    alone.pass(TTL + Duration::from_secs(1)).await;
    assert_eq!(alone.available().await, (303, 3));
}

#[tokio::test(start_paused = true)]
async fn an_order_without_any_reservation_does_not_stay_open() {
    for owner in ["stock", "customers"] {
        let alone = Alone::start(owner).await;
        alone.open(1).await;
        assert_eq!(alone.told(1).await, ["reservation-lost"], "{owner}");
    }
}

#[tokio::test(start_paused = true)]
async fn credit_is_released_once_whatever_comes_when() {
    let alone = Alone::start("customers").await;
    // What is held for another order shall not be given back instead.
    alone.place(9, 1, 1).await;
    alone.open(9).await;
    alone.place(1, 1, 0).await;
    alone.open(1).await;
    alone.pass(LATER).await;
    assert_eq!(alone.limit(300, "1").await, 300);
    alone.cancel(1).await;
    alone.cancel(1).await;
    assert_eq!((alone.told(1).await, alone.limit(300, "2").await), (words(&["reserved", "released"]), 200));
    alone.place(2, 1, 0).await;
    alone.pass(LATER).await;
    alone.open(2).await;
    assert_eq!(alone.limit(300, "3").await, 300);
    alone.cancel(2).await;
    let told = words(&["reserved", "reservation-expired", "reserved", "released"]);
    assert_eq!((alone.told(2).await, alone.limit(300, "4").await), (told, 200));
    alone.place(3, 1, 0).await;
    alone.pass(LATER).await;
    alone.reject(3).await;
    assert_eq!(alone.told(3).await, ["reserved", "reservation-expired"]);
    assert_eq!(alone.limit(300, "5").await, 200);
}

#[tokio::test(start_paused = true)]
async fn credit_that_the_limit_no_longer_allows_is_lost() {
    let alone = Alone::start("customers").await;
    alone.place(1, 1, 1).await;
    alone.pass(LATER).await;
    assert_eq!(alone.limit(199, "1").await, 0);
    alone.open(1).await;
    alone.open(1).await;
    alone.cancel(1).await;
    assert_eq!(alone.told(1).await, ["reserved", "reservation-expired", "reservation-lost"]);
    assert_eq!(alone.limit(300, "2").await, 0);
}
