//! The view of orders, made again behind the internal door while the shop goes on.

use std::net::SocketAddr;
use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_journeys::rows::orders::DAMAGE_VIEW;
use tradewind_journeys::{Fleet, ada};
use tradewind_kernel::{Clock, Context, Entropy, Principal};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::{Answer, Request};

struct Damage;

impl Work for Damage {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&DAMAGE_VIEW, &[]).await.map(drop)
    }
}

fn door(fleet: &Fleet) -> SocketAddr {
    fleet.door("orders/internal")
}

async fn send(fleet: &Fleet, method: &str, path: &str, key: &str, body: &str) -> Answer {
    let request = Request::new(method, path).bearer(fleet.secret().expose());
    let request = if key.is_empty() { request } else { request.header("Idempotency-Key", key) };
    let request = if body.is_empty() { request } else { request.json(body) };
    request.send(door(fleet)).await
}

fn refuses(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refused(status, code).map(drop), Ok(()));
}

/// Waits until a rebuild of the view has come so far.
async fn until(fleet: &Fleet, phase: &str) -> serde_json::Value {
    let reached = async {
        loop {
            let status = send(fleet, "GET", "/views/order_view", "", "").await.json();
            if status["phase"] == phase {
                return status;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reached).await.expect("the phase is reached")
}

#[tokio::test]
async fn a_damaged_view_is_found_out_and_mended_while_the_shop_is_open() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("1", 1)]).await;
    assert_eq!(send(&fleet, "POST", "/views/order_view/rebuild", "1", "{}").await.status, 200);
    let status = until(&fleet, "live").await;
    assert_eq!(
        (&status["onlyLive"], &status["onlyRebuilt"], &status["rounds"]),
        (&0.into(), &0.into(), &1.into())
    );
    let context = Context::begin(Principal::Anonymous, &Clock::system(), &Entropy::system());
    fleet.database("orders").write(&context, Damage).await.unwrap();
    assert_eq!(fleet.orders(&ada()).order(order.id).await.unwrap().state, OrderState::Rejected);
    assert_eq!(send(&fleet, "POST", "/views/order_view/rebuild", "2", "{}").await.status, 200);
    let status = until(&fleet, "differs").await;
    assert_eq!((&status["onlyLive"], &status["onlyRebuilt"]), (&1.into(), &1.into()));
    assert!(status["sample"].as_str().unwrap().contains(&order.id.to_string()), "{status}");
    // What waits is followed, and refuses another one.
    let later = fleet.order(&ada(), &[("1", 1)]).await;
    let refused = send(&fleet, "POST", "/views/order_view/rebuild", "3", "{}").await;
    refuses(&refused, 409, "conflict");
    let accepted = send(&fleet, "POST", "/views/order_view/rebuild", "4", r#"{"accept":true}"#).await;
    assert_eq!(accepted.status, 200);
    until(&fleet, "live").await;
    for id in [order.id, later.id] {
        assert_eq!(fleet.orders(&ada()).order(id).await.unwrap().state, OrderState::Open);
    }
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn views_are_for_who_has_the_secret_and_know_what_they_are_asked() {
    let fleet = Fleet::start().await;
    for (method, path) in [
        ("GET", "/views"),
        ("GET", "/views/order_view"),
        ("POST", "/views/order_view/rebuild"),
        ("DELETE", "/views/order_view/rebuild"),
    ] {
        let nobody = Request::new(method, path).send(door(&fleet)).await;
        refuses(&nobody, 401, "unauthenticated");
        let query = send(&fleet, method, &format!("{path}?nope=1"), "q", "").await;
        refuses(&query, 400, "invalid-parameter");
        let other = path.replace("order_view", "other");
        if other != path {
            let body = if method == "POST" { "{}" } else { "" };
            refuses(&send(&fleet, method, &other, "o", body).await, 404, "not-found");
        }
    }
    let rebuild = "/views/order_view/rebuild";
    refuses(&send(&fleet, "POST", rebuild, "", "{}").await, 400, "idempotency-key-missing");
    refuses(&send(&fleet, "POST", rebuild, "b", r#"{"accept":7}"#).await, 422, "invalid-body");
    refuses(&send(&fleet, "POST", rebuild, "c", r#"{"surprise":1}"#).await, 422, "invalid-body");
    refuses(&send(&fleet, "DELETE", rebuild, "d", "").await, 409, "conflict");
    refuses(&send(&fleet, "DELETE", rebuild, "e", "{}").await, 422, "invalid-body");
    let all = send(&fleet, "GET", "/views", "", "").await.json();
    assert_eq!(all[0]["view"], "order_view");
    fleet.shutdown().await;
}
