//! Orders under load, and whether the books of the services agree on them afterwards.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use serde_json::Value;
use tokio::task::JoinHandle;
use tradewind_testkit::{Request, until};

use crate::support::{ADA, Up};

/// How many clients order at the same time.
const CLIENTS: usize = 4;

/// What an order costs, in pence: one of product 3.
const PRICE: i64 = 4550;

/// How much Ada may owe: enough for a hundred orders, so that later ones are rejected.
const CREDIT: i64 = 100 * PRICE;

/// How many of product 3 there are at first.
const ON_HAND: i64 = 999;

const ORDERS: &str = "/api/orders/v1/orders";

/// Clients that order until they are told to stop.
pub struct Load {
    stop: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
    ids: Arc<Mutex<Vec<String>>>,
    clients: Vec<JoinHandle<Vec<String>>>,
}

/// Lets Ada owe more.
pub async fn give_credit(up: &Up) {
    let id = ADA.strip_prefix("dev-user-").unwrap();
    let amount = format!("{}.{:02}", CREDIT / 100, CREDIT % 100);
    let body = format!(r#"{{"limit":{{"amount":"{amount}","currency":"GBP"}}}}"#);
    let request = Request::new("PUT", &format!("/admin/customers/{id}/credit-limit")).json(body);
    let request = request.bearer(&up.secret()).header("Idempotency-Key", "credit");
    assert_eq!(request.send(up.door("customers/internal")).await.status, 200);
}

/// Starts clients whose keys begin with `label`, and waits until some orders were accepted.
pub async fn order(up: &Up, label: &str) -> Load {
    let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let ids = Arc::new(Mutex::new(Vec::new()));
    let gateway = up.door("gateway/data-plane");
    let clients = (0..CLIENTS).map(|client| {
        let name = format!("{label}-{client}");
        tokio::spawn(order_on(gateway, name, stop.clone(), (accepted.clone(), ids.clone())))
    });
    let load = Load { clients: clients.collect(), stop, accepted, ids: ids.clone() };
    until("twenty orders", async || (load.accepted.load(Ordering::SeqCst) >= 20).then_some(())).await;
    load
}

/// Orders one after the other; gives the ids of those that were accepted.
async fn order_on(
    gateway: SocketAddr,
    name: String,
    stop: Arc<AtomicBool>,
    (accepted, all): (Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>),
) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let body = r#"{"lines":[{"productId":"3","quantity":1}]}"#;
        let request = Request::new("POST", ORDERS).bearer(ADA).json(body);
        // No answer at all: the process has gone.
        let Some(answer) =
            request.header("Idempotency-Key", format!("{name}-{number}")).attempt(gateway).await
        else {
            break;
        };
        match answer.status {
            202 => {
                ids.push(answer.json()["id"].as_str().unwrap().to_owned());
                all.lock().unwrap().extend(ids.last().cloned());
                accepted.fetch_add(1, Ordering::SeqCst);
            }
            503 => {}
            status => panic!("{status}: {}", answer.text()),
        }
    }
    ids
}

impl Load {
    /// The ids of the orders that were accepted until now.
    pub fn so_far(&self) -> Vec<String> {
        self.ids.lock().unwrap().clone()
    }

    /// Ends the clients; gives the ids of all orders that were accepted.
    pub async fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::SeqCst);
        let ids: Vec<String> = join_all(self.clients).await.into_iter().flat_map(Result::unwrap).collect();
        assert!(ids.len() >= 20);
        ids
    }
}

/// Makes sure that every accepted order is there and decided, and that stock and customers hold exactly what
/// the open orders need.
pub async fn agree(up: &Up, accepted: &[String]) {
    for id in accepted {
        until("the order is decided", async || {
            let answer = up.get(&format!("{ORDERS}/{id}")).await;
            assert_eq!(answer.status, 200, "order {id} was accepted and is not there");
            let state = answer.json()["state"].as_str().unwrap().to_owned();
            ["OPEN", "REJECTED"].contains(&state.as_str()).then_some(())
        })
        .await;
    }
    until("the books agree", async || {
        let orders = all(up).await;
        assert!(accepted.iter().all(|id| orders.iter().any(|order| order["id"] == **id)));
        let count =
            |state: &str| i64::try_from(orders.iter().filter(|order| order["state"] == state).count());
        let open = count("OPEN").unwrap();
        let stock = up.get("/api/stock/v1/stocks/3").await.json();
        let account = up.get("/api/customers/v1/me").await.json();
        let owed = format!("{}.{:02}", open * PRICE / 100, open * PRICE % 100);
        let agreed = count("NEW").unwrap() == 0
            && stock["amountAvailable"] == ON_HAND - open
            && account["reserved"]["amount"] == owed.as_str();
        agreed.then_some(())
    })
    .await;
}

/// All orders of Ada's, page by page.
async fn all(up: &Up) -> Vec<Value> {
    let (mut orders, mut after) = (Vec::new(), String::new());
    loop {
        let page = up.get(&format!("{ORDERS}?limit=200{after}")).await.json();
        orders.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { return orders };
        after = format!("&after={next}");
    }
}
