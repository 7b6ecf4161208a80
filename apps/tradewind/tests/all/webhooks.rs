//! Webhooks of a fleet that is killed: nothing that was accepted stays untold.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{Response, StatusCode};
use tradewind_chassis::{Scope, serve_handler};
use tradewind_client::{Body, handler};
use tradewind_kernel::Clock;
use tradewind_testkit::{Request, until};

use crate::books::{give_credit, order};
use crate::support::{Place, Up};

/// Ids of messages that were taken, by their order, in the sequence of their arrival.
type Taken = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// Takes every second message, and refuses the others.
fn receiver(scope: &Scope) -> (SocketAddr, Taken) {
    let (taken, count) = (Taken::default(), Arc::new(Mutex::new(0_u32)));
    let kept = taken.clone();
    let serving = handler(move |request: http::Request<Body>| {
        let (kept, count) = (kept.clone(), count.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect(1024 * 1024).await.unwrap();
            let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let number = {
                let mut count = count.lock().unwrap();
                *count += 1;
                *count
            };
            let mut response = Response::new(Body::empty());
            if number.is_multiple_of(2) {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                return response;
            }
            let id = parts.headers["webhook-id"].to_str().unwrap().to_owned();
            let order = event["data"]["orderId"].as_str().unwrap().to_owned();
            kept.lock().unwrap().entry(order).or_default().push(id);
            response
        }
    });
    let address = serve_handler("127.0.0.1:0".parse().unwrap(), serving, &Clock::system(), scope);
    (address.unwrap(), taken)
}

async fn register(up: &Up, receiver: SocketAddr) {
    let path = "/api/webhooks/v1/endpoints/01980000-0000-7000-8000-0000000000e1";
    let body = format!(
        r#"{{"url":"http://{receiver}/","types":["tradewind.orders.order-opened.v1",
            "tradewind.orders.order-rejected.v1"]}}"#
    );
    let staff = "dev-staff-01980000-0000-7000-8000-0000000057af";
    let request = Request::new("PUT", path).bearer(staff).json(body);
    let answer = request.send(up.door("gateway/data-plane")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn what_was_accepted_is_told_though_the_fleet_is_killed_twice() {
    let settings = [
        "orders.cancellation_window=720h",
        "webhooks.allow_private=true",
        "webhooks.first_pause=100ms",
        "webhooks.longest_pause=500ms",
        "webhooks.attempts=50",
        "webhooks.timeout=1s",
    ];
    let arguments: Vec<&str> = settings.iter().flat_map(|&setting| ["--set", setting]).collect();
    let scope = Scope::new("receiver");
    let (address, taken) = receiver(&scope);
    let (place, mut accepted) = (Place::new(), Vec::new());
    for life in ["first", "second"] {
        let up = place.up(&arguments).await;
        give_credit(&up).await;
        register(&up, address).await;
        let load = order(&up, life).await;
        up.process.signal("KILL").await;
        assert_eq!(up.process.ended().await.code, None);
        accepted.extend(load.end().await);
    }
    let up = place.up(&arguments).await;
    for id in &accepted {
        until("the order is told", async || taken.lock().unwrap().contains_key(id).then_some(())).await;
    }
    // What comes twice comes under the same id.
    for (order, ids) in &*taken.lock().unwrap() {
        assert!(ids.iter().all(|id| *id == ids[0]), "{order}: {ids:?}");
    }
    let verified = place.run(&["verify", "--data", "data"]).await;
    assert_eq!(verified.code, Some(0), "{}{}", verified.output, verified.errors);
    assert_eq!(up.stop().await.code, Some(0));
    scope.stop();
}
