//! Calls to the shop, over real sockets.

use std::time::Duration;

use tradewind_catalogue_contract::CatalogueClient;
use tradewind_client::{Address, Caller, FarClient, Peer, PhoneBook};
use tradewind_customers_contract::{Account, CustomerId, CustomersClient, RegisterCustomer, SetCreditLimit};
use tradewind_kernel::{Clock, Context, Currency, Deadline, Id, Money, Principal, Secret};
use tradewind_orders_contract::{
    Accepted, Order, OrderId, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder,
};
use tradewind_stock_contract::{ReceiveStock, Stock, StockClient};
use tradewind_testkit::LIMIT;

use crate::{Fleet, user};

impl Fleet {
    /// Calls one door, with a bearer token; every call ends within the limit of tests.
    #[must_use]
    pub fn caller(&self, door: &str, token: &str) -> Caller {
        self.stranger(door).bearer(Secret::new(token))
    }

    /// Calls one door without a token.
    #[must_use]
    pub fn stranger(&self, door: &str) -> Caller {
        let peer = self.peer(door);
        let (clock, entropy) = (self.running.clock().clone(), self.running.entropy().clone());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, LIMIT);
        Caller::new(peer, context, deadline, clock, entropy)
    }

    pub(crate) fn peer(&self, door: &str) -> Peer {
        if self.is_simulated() { self.running.book().peer(door) } else { self.far(door) }
    }

    fn far(&self, door: &str) -> Peer {
        let book = PhoneBook::default();
        let client = FarClient::new(&self.door(door).to_string()).unwrap();
        book.enter(door, Address::Far(client));
        book.peer(door)
    }

    /// Calls an internal door with the secret of the fleet.
    #[must_use]
    pub fn internal(&self, service: &str) -> Caller {
        self.caller(&format!("{service}/internal"), self.secret().expose())
    }

    /// Orders, through the gateway.
    #[must_use]
    pub fn orders(&self, token: &str) -> OrdersClient {
        OrdersClient::new(self.caller("gateway/data-plane", token))
    }

    /// The catalogue's internal door.
    #[must_use]
    pub fn catalogue(&self) -> CatalogueClient {
        CatalogueClient::new(self.internal("catalogue"))
    }

    /// Places an order of these products and quantities, under a key of its own.
    pub async fn place(&self, token: &str, lines: &[(&str, i64)]) -> OrderId {
        let key = self.running.entropy().id(self.running.clock()).to_string();
        let accepted: Accepted = self.orders(token).place(&wish(lines), &key).await.unwrap();
        accepted.id
    }

    /// Places an order and gives it as it is when everything that follows from it has happened.
    pub async fn order(&self, token: &str, lines: &[(&str, i64)]) -> Order {
        let id = self.place(token, lines).await;
        self.quiet().await;
        self.orders(token).order(id).await.unwrap()
    }

    /// Calls an order off, under a key of its own, and waits for what follows.
    pub async fn cancel(&self, token: &str, id: OrderId) {
        let key = self.running.entropy().id(self.running.clock()).to_string();
        self.orders(token).cancel(id, &key).await.unwrap();
        self.comes_to(token, id, |order| !order.cancelling).await;
        self.quiet().await;
    }

    /// Places an order that is paid by the card of this token, and gives it as it is when it is decided.
    pub async fn order_by_card(&self, token: &str, lines: &[(&str, i64)], card: &str) -> Order {
        let payment = PaymentMethod::Card { token: card.parse().unwrap() };
        let key = self.running.entropy().id(self.running.clock()).to_string();
        let order = PlaceOrder { payment, ..wish(lines) };
        let id = self.orders(token).place(&order, &key).await.unwrap().id;
        let order = self.comes_to(token, id, |order| order.state != OrderState::New).await;
        self.quiet().await;
        order
    }

    /// The time of the shop.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.running.clock()
    }

    /// Waits until an order is as it is wanted.
    ///
    /// # Panics
    /// When that takes more than half a minute.
    pub async fn comes_to(&self, token: &str, id: OrderId, is_there: impl Fn(&Order) -> bool) -> Order {
        let clock = self.running.clock();
        let until = clock.monotonic() + Duration::from_secs(30);
        loop {
            let order = self.orders(token).order(id).await.unwrap();
            if is_there(&order) {
                return order;
            }
            assert!(clock.monotonic() < until, "{order:?}");
            clock.sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many of a product can be reserved now.
    pub async fn available(&self, product: &str) -> i64 {
        let public = self.caller("stock/public", &user(Id::from_u128(1)));
        let stock: Stock = public.get(&format!("/stocks/{product}")).await.unwrap();
        stock.amount_available
    }

    /// The account behind a token.
    pub async fn account(&self, token: &str) -> Account {
        CustomersClient::new(self.caller("gateway/data-plane", token)).me().await.unwrap()
    }

    /// Takes goods in.
    pub async fn receive(&self, product: &str, quantity: u32) {
        let key = self.running.entropy().id(self.running.clock()).to_string();
        let stock = StockClient::new(self.internal("stock"));
        let receipt = ReceiveStock { quantity, reference: None };
        stock.receive(&product.parse().unwrap(), &receipt, &key).await.unwrap();
    }

    /// Makes a customer who may owe this many pence; gives the token.
    pub async fn customer(&self, number: u128, credit_minor: i64) -> String {
        let id = Id::from_u128(number);
        let customer = RegisterCustomer {
            name: format!("Customer {number}"),
            credit_limit: Money::from_minor(credit_minor, Currency::GBP),
        };
        let customers = CustomersClient::new(self.internal("customers"));
        customers.register(CustomerId::new(id), &customer, &format!("customer-{number}")).await.unwrap();
        self.quiet().await;
        user(id)
    }

    /// Changes how many pence a customer may owe.
    pub async fn limit(&self, customer: Id, minor: i64) {
        let key = self.running.entropy().id(self.running.clock()).to_string();
        let limit = SetCreditLimit { limit: Money::from_minor(minor, Currency::GBP) };
        let customers = CustomersClient::new(self.internal("customers"));
        customers.set_credit_limit(CustomerId::new(customer), &limit, &key).await.unwrap();
    }

    /// The names of the events of a service that belong to this order, such as `stock-reserved`.
    pub async fn told(&self, service: &str, id: OrderId) -> Vec<String> {
        let path = "/events?after=0&limit=1000";
        let recorded: Vec<tradewind_events::Recorded> = self.internal(service).get(path).await.unwrap();
        let ours = recorded.into_iter().filter(|each| each.event.partitionkey == format!("order-{id}"));
        ours.map(|each| each.event.kind.split('.').nth(2).unwrap().to_owned()).collect()
    }
}

/// An order for these products and quantities.
///
/// # Panics
/// When a product is no name or a quantity lies outside its bounds.
#[must_use]
pub fn wish(lines: &[(&str, i64)]) -> PlaceOrder {
    let line = |(product, quantity): &(&str, i64)| PlaceLine {
        product_id: product.parse().unwrap(),
        quantity: (*quantity).try_into().unwrap(),
    };
    PlaceOrder { customer_id: None, lines: lines.iter().map(line).collect(), payment: PaymentMethod::Account }
}
