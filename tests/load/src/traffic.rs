//! Traffic of clients that send each request once: what the fleet does not repeat for them fails.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tradewind_client::{PhoneBook, Policies};
use tradewind_orders_contract::{OrderId, OrderState};
use tradewind_problem::Problem;

use crate::figures::{Figures, percentile};
use crate::place::{Clients, GATEWAY, SIZE};

/// Clients at the same time.
const WORKERS: u32 = 12;

/// How long each rests between an order and the next: less than 240 requests a second together.
const REST: Duration = Duration::from_millis(100);

/// How long an order may take to be decided.
const DECIDED_LIMIT: Duration = Duration::from_secs(20);

/// How many failures are shown.
const SHOWN: usize = 10;

/// One request, sent once.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// What was asked for: the method and the service.
    pub(crate) what: &'static str,
    pub(crate) began: Instant,
    pub(crate) took: Duration,
    /// What came instead of an answer.
    pub(crate) failure: Option<String>,
}

/// An order that was followed until it was decided.
#[derive(Debug, Clone, Copy)]
struct Decided {
    began: Instant,
    took: Duration,
}

/// Clients of a run and what became of their requests.
#[derive(Debug)]
pub(crate) struct Traffic {
    book: PhoneBook,
    clients: Clients,
    stop: AtomicBool,
    /// Nobody rests, and everybody reads more.
    is_hurried: AtomicBool,
    sent: Mutex<Vec<Sent>>,
    decided: Mutex<Vec<Decided>>,
}

impl Traffic {
    pub(crate) fn new(book: &PhoneBook, clients: &Clients) -> Self {
        // Nothing on this side repeats what failed.
        book.set_policies(GATEWAY, Policies::none());
        let (stop, is_hurried, sent, decided) = Default::default();
        Self { book: book.clone(), clients: clients.clone(), stop, is_hurried, sent, decided }
    }

    /// Sends requests until [`Traffic::stop`].
    pub(crate) async fn run(&self) -> Result<(), String> {
        let workers = (0..WORKERS).map(|worker| self.work(worker));
        futures_util::future::try_join_all(workers).await.map(drop)
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// As fast as it goes, or with rests again.
    pub(crate) fn hurry(&self, is_hurried: bool) {
        self.is_hurried.store(is_hurried, Ordering::Relaxed);
    }

    /// Each client places an order and reads something; the first two follow their orders to the end as well.
    async fn work(&self, worker: u32) -> Result<(), String> {
        while !self.stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            let (number, placed) = self.clients.place_next(&self.book).await?;
            self.note("POST orders", began, placed.as_ref().err());
            if let Ok(id) = placed {
                self.read_order(number, id).await;
                if worker < 2 {
                    self.follow(number, id, began).await;
                }
            }
            if self.is_hurried.load(Ordering::Relaxed) {
                for other in 0..4 {
                    self.read_other(number, other).await;
                }
            } else {
                self.read_other(number, number % 4).await;
                tokio::time::sleep(REST).await;
            }
        }
        Ok(())
    }

    async fn read_order(&self, number: u32, id: OrderId) {
        let began = Instant::now();
        let read = self.clients.order(&self.book, number, id).await;
        self.note("GET orders", began, read.as_ref().err());
    }

    /// Reads something that is no order.
    async fn read_other(&self, number: u32, other: u32) {
        let product = number % SIZE.products;
        let (what, path) = match other {
            0 => ("GET catalogue", format!("/api/catalogue/v1/products/load-{product}")),
            1 => ("GET stock", format!("/api/stock/v1/stocks/load-{product}")),
            2 => ("GET customers", "/api/customers/v1/me".to_owned()),
            _ => ("GET shopfront", "/api/shopfront/v1/products".to_owned()),
        };
        let began = Instant::now();
        let read = self.clients.caller(&self.book, number).get::<Value>(&path).await;
        self.note(what, began, read.as_ref().err());
    }

    async fn follow(&self, number: u32, id: OrderId, began: Instant) {
        let state = self.clients.settled(&self.book, number, id, DECIDED_LIMIT).await;
        if state.is_ok_and(|state| state != OrderState::New) {
            let decided = Decided { began, took: began.elapsed() };
            self.decided.lock().unwrap_or_else(PoisonError::into_inner).push(decided);
        }
    }

    fn note(&self, what: &'static str, began: Instant, failure: Option<&Problem>) {
        let sent = Sent { what, began, took: began.elapsed(), failure: failure.map(ToString::to_string) };
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    }

    /// The requests that began in this time.
    pub(crate) fn sent(&self, from: Instant, to: Instant) -> Vec<Sent> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().filter(|sent| (from..to).contains(&sent.began)).cloned().collect()
    }

    /// Seconds from the placing of an order to its end, of those that were followed from this time on.
    pub(crate) fn seconds_to_decide(&self, from: Instant, to: Instant) -> Vec<f64> {
        let decided = self.decided.lock().unwrap_or_else(PoisonError::into_inner);
        let within = decided.iter().filter(|each| (from..to).contains(&each.began));
        within.map(|each| each.took.as_secs_f64()).collect()
    }

    /// Tells of all requests since `start`; none may have failed.
    pub(crate) fn report(&self, start: Instant, figures: &mut Figures) {
        let sent = self.sent(start, Instant::now());
        let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
        for each in &sent {
            *kinds.entry(each.what).or_default() += 1;
        }
        for (what, count) in kinds {
            figures.note(&format!("requests: {what}"), f64::from(count));
        }
        let failed: Vec<&Sent> = sent.iter().filter(|sent| sent.failure.is_some()).collect();
        for Sent { what, began, failure, .. } in failed.iter().take(SHOWN) {
            let at = began.saturating_duration_since(start).as_secs_f64();
            println!("{what} at {at:.2} s: {}", failure.as_deref().unwrap_or_default());
        }
        let took: Vec<f64> = sent.iter().map(|sent| sent.took.as_secs_f64() * 1_000.0).collect();
        figures.note("milliseconds_of_a_request_p50", percentile(&took, 50.0));
        figures.note("milliseconds_of_a_request_p99", percentile(&took, 99.0));
        figures.note("milliseconds_of_a_request_slowest", percentile(&took, 100.0));
        figures.at_least("requests", sent.len() as f64, 1.0);
        figures.at_most("requests_failed", failed.len() as f64, 0.0);
    }
}
