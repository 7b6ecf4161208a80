//! Services that are held back at any time, for any time: in the end every order has one end and the books agree.

use std::collections::BTreeSet;
use std::time::Duration;

use tradewind_fleet::{ACCOUNTS, PRODUCTS};
use tradewind_journeys::{Fleet, ada, grace, wish};
use tradewind_kernel::Entropy;
use tradewind_orders_contract::OrderId;

use super::{LATER, SOON};

const SERVICES: [&str; 3] = ["stock", "customers", "orders"];
const STEPS: u64 = 40;
const SEEDS: u64 = 32;

struct Chaos {
    fleet: Fleet,
    entropy: Entropy,
    held: BTreeSet<&'static str>,
    placed: Vec<OrderId>,
}

impl Chaos {
    fn pick<T: Copy>(&self, of: &[T]) -> T {
        of[usize::try_from(self.entropy.below(of.len() as u64)).unwrap()]
    }

    async fn step(&mut self, number: u64) {
        let service = self.pick(&SERVICES);
        match self.entropy.below(8) {
            0..=2 => self.place(number).await,
            3 if self.held.insert(service) => self.fleet.hold_back(service).await,
            4 | 5 if self.held.remove(service) => self.fleet.let_go(service).await,
            6 => self.change_something(number).await,
            _ => self.fleet.pass(Duration::from_millis(self.entropy.below(600_000))).await,
        }
    }

    async fn place(&mut self, number: u64) {
        if self.held.contains("orders") {
            return;
        }
        let product = PRODUCTS[usize::try_from(self.entropy.below(3)).unwrap()].id;
        let token = if self.entropy.below(2) == 0 { ada() } else { grace() };
        let order = wish(&[(product, 1 + i64::try_from(self.entropy.below(2)).unwrap())]);
        let accepted = self.fleet.orders(&token).place(&order, &format!("place-{number}")).await.unwrap();
        self.placed.push(accepted.id);
    }

    /// Calls an order off, or changes what a customer may owe.
    async fn change_something(&self, number: u64) {
        if !self.held.contains("orders") && !self.placed.is_empty() && self.entropy.below(2) == 0 {
            let orders = self.fleet.orders(&tradewind_journeys::staff());
            // Refused while it is NEW and after it was rejected.
            drop(orders.cancel(self.pick(&self.placed), &format!("cancel-{number}")).await);
        } else if !self.held.contains("customers") {
            let limit = i64::try_from(self.entropy.below(1_500)).unwrap();
            self.fleet.limit(ACCOUNTS[0].id, limit).await;
        }
    }

    async fn end(self) -> BTreeSet<String> {
        for service in &self.held {
            self.fleet.let_go(service).await;
        }
        self.fleet.pass(SOON).await;
        self.fleet.quiet().await;
        // Whatever was held a moment ago is confirmed, or given back by then.
        self.fleet.pass(2 * LATER).await;
        self.fleet.quiet().await;
        let ends = self.fleet.books().await;
        assert_eq!(ends.len(), self.placed.len());
        let mut seen: BTreeSet<String> = ends.into_iter().collect();
        for id in self.placed {
            let told = self.fleet.told("orders", id).await;
            let count = |kind: &str| told.iter().filter(|each| *each == kind).count();
            let (opened, cancelled) = (count("order-opened"), count("order-cancelled"));
            assert!(opened + count("order-rejected") == 1 && cancelled <= opened, "{told:?}");
            seen.extend(self.fleet.told("stock", id).await);
            seen.extend(self.fleet.told("customers", id).await);
        }
        self.fleet.shutdown().await;
        seen
    }
}

async fn run(seed: u64) -> BTreeSet<String> {
    let settings = ["stock.reservation_ttl=3m", "customers.reservation_ttl=2m"];
    let fleet = Fleet::simulated(seed, &settings).await;
    let entropy = Entropy::seeded(seed).fork("chaos");
    let mut chaos = Chaos { fleet, entropy, held: BTreeSet::new(), placed: Vec::new() };
    for number in 0..STEPS {
        chaos.step(number).await;
    }
    chaos.end().await
}

#[tokio::test(start_paused = true)]
async fn whatever_is_held_back_every_order_ends_once_and_the_books_agree() {
    let mut seen = BTreeSet::new();
    for seed in 0..SEEDS {
        seen.extend(run(seed).await);
    }
    // The runs have come to all the places that they shall try.
    for kind in [
        "OPEN",
        "REJECTED",
        "CANCELLED",
        "stock-reservation-expired",
        "credit-reservation-expired",
        "credit-reservation-lost",
        "stock-released",
        "credit-released",
    ] {
        assert!(seen.contains(kind), "{kind} is not among {seen:?}");
    }
}
