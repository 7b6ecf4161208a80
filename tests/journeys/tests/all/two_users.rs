//! Two users over every route: nobody reads or changes what is another's.
//!
//! Routes are found from the services' descriptions; one that is not in [`case`] fails the test. For an object of Ada's,
//! Grace is told what she would be told of one that does not exist: the same status, and the same bytes.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tradewind_chassis::DoorKind;
use tradewind_fleet::services;
use tradewind_journeys::{Fleet, ada, grace};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::{Answer, Request};

use crate::cards::{GOOD, card};

/// An id that nothing has.
const NOTHING: &str = "01980000-0000-7000-8000-0000000000ff";

/// Who may see what a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// Everybody: it is nobody's own.
    Shared,
    /// Whoever asks sees their own, and the route names no object.
    Own,
    /// It names an object, which belongs to somebody.
    Object {
        /// What Grace is told, of Ada's object and of none.
        status: u16,
    },
    /// It makes something of whoever asks.
    Makes,
    /// It is for those who work for the shop, and for other systems.
    Staff,
    /// It is about whoever shows the token or the password, and has journeys of its own (`signing_in`).
    Bearer,
}

/// The case of each route of a public door.
fn case(service: &str, method: &str, path: &str) -> Option<Case> {
    if path.ends_with("/openapi.json") || path.ends_with("/asyncapi.json") || path == "/health" {
        return Some(Case::Shared);
    }
    if path.ends_with("/v1/feed") || path.contains("/v1/admin/") {
        return Some(Case::Staff);
    }
    Some(match (service, method, path) {
        ("catalogue" | "stock" | "shopfront", ..) => Case::Shared,
        ("customers", "GET", "/api/customers/v1/me") => Case::Own,
        ("orders", "GET", "/api/orders/v1/orders") => Case::Own,
        ("orders", "POST", "/api/orders/v1/orders") => Case::Makes,
        ("orders", "GET", "/api/orders/v1/orders/{id}") => Case::Object { status: 404 },
        ("orders", "POST", "/api/orders/v1/orders/{id}/cancellation") => Case::Object { status: 404 },
        ("payments", "GET", "/api/payments/v1/payments/{order_id}") => Case::Object { status: 404 },
        // Users do not refund, whatever it is.
        ("payments", "POST", "/api/payments/v1/payments/{order_id}/refunds") => Case::Object { status: 403 },
        ("payments", "GET", "/api/payments/v1/payments/{order_id}/refund-requests") => {
            Case::Object { status: 404 }
        }
        ("payments", "PUT", "/api/payments/v1/payments/{order_id}/refund-requests/{number}") => {
            Case::Object { status: 404 }
        }
        // Users decide nothing, whatever it is.
        ("payments", "PUT", path) if path.contains("/refund-requests/{number}/") => {
            Case::Object { status: 403 }
        }
        ("provider", "POST", "/api/provider/v1/cards") => Case::Makes,
        ("cart", "GET", "/api/cart/v1/carts") => Case::Own,
        ("cart", "POST", "/api/cart/v1/carts") => Case::Makes,
        ("cart", _, path) if path.starts_with("/api/cart/v1/carts/{id}") => Case::Object { status: 404 },
        ("shipping", "GET", "/api/shipping/v1/shipments/{order}") => Case::Object { status: 404 },
        ("webhooks" | "mail", ..) => Case::Staff,
        // What is for everybody, the bucket of the pictures of products, has journeys of its own (`objects`).
        ("storage", ..) => Case::Staff,
        ("notification", "GET", _) => Case::Own,
        ("notification", "PUT", "/api/notification/notifierservice/preferences") => Case::Makes,
        // Whom these are about is in the token or the body alone; no route names anybody.
        ("accounts", ..) if !path.contains('{') => Case::Bearer,
        _ => return None,
    })
}

/// Every route of every public door.
fn routes() -> Vec<(String, String, String)> {
    let mut routes = BTreeSet::new();
    for service in services() {
        let description = service.description();
        for door in description.doors.iter().filter(|door| door.kind == DoorKind::Public) {
            let of =
                |(method, path): &(String, String)| (description.name.clone(), method.clone(), path.clone());
            routes.extend(door.routes.iter().map(of));
        }
    }
    routes.into_iter().collect()
}

/// The request of a route about the object with this id.
fn about(method: &str, path: &str, id: &str, token: &str) -> Request {
    let parts = path.split('/').map(|part| match part {
        "{number}" => "1",
        part if part.starts_with('{') => id,
        part => part,
    });
    let target = parts.collect::<Vec<_>>().join("/");
    let request = Request::new(method, &target).bearer(token);
    let body = match path.rsplit('/').next() {
        Some("{product}") => json!({"quantity": 1}),
        Some("destination") => json!({"country": "US", "currency": "USD"}),
        Some("coupon") => json!({"code": "x"}),
        Some("merge") => json!({"into": NOTHING}),
        Some("{number}") => json!({"amount": {"amount": "1.00", "currency": "GBP"}, "reason": "damaged"}),
        Some("grant") => json!({"amount": {"amount": "1.00", "currency": "GBP"}}),
        Some("refusal") => json!({"reason": "too-late"}),
        Some("completion") => json!({"quoteId": NOTHING}),
        _ => Value::Null,
    };
    match method {
        "GET" | "DELETE" => request,
        _ if !body.is_null() => {
            request.header("Idempotency-Key", format!("{method}-{target}")).json(body.to_string())
        }
        _ if path.ends_with("/refunds") => {
            let body = json!({"amount": {"amount": "1.00", "currency": "GBP"}});
            request.header("Idempotency-Key", format!("{method}-{target}")).json(body.to_string())
        }
        _ => request.header("Idempotency-Key", format!("{method}-{target}")),
    }
}

/// What an answer says, without what is different each time anyhow.
fn said(answer: &Answer) -> Value {
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(body) = body.as_object_mut() {
        body.remove("traceId");
    }
    body
}

#[test]
fn every_route_of_a_public_door_has_a_case() {
    let lacks: Vec<_> = routes()
        .into_iter()
        .filter(|(service, method, path)| case(service, method, path).is_none())
        .collect();
    assert!(lacks.is_empty(), "say who may see what these are about: {lacks:?}");
}

#[tokio::test]
async fn nobody_reads_or_changes_what_is_another_s() {
    let settings = ["orders.cancellation_window=1s", "shipping.pretend_carrier.handed_over=0s"];
    let fleet = Fleet::start_with(&settings).await;
    let token = card(&fleet, GOOD).await;
    let order = fleet.order_by_card(&ada(), &[("2", 1)], &token).await;
    let order = fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Completed).await;
    fleet.quiet().await;
    let cart = fleet.filled_cart(&fleet.carts(&ada()), &[("1", 1)]).await.to_string();
    let order_id = order.id.to_string();
    let mut judged = 0;
    for (service, method, path) in routes() {
        let Some(Case::Object { status }) = case(&service, &method, &path) else { continue };
        let door = fleet.door(&format!("{service}/public"));
        let id = if service == "cart" { &cart } else { &order_id };
        let mine = about("GET", &path, id, &ada());
        let before = said(&mine.send(door).await);
        let of_ada = about(&method, &path, id, &grace()).send(door).await;
        let of_none = about(&method, &path, NOTHING, &grace()).send(door).await;
        assert_eq!((of_ada.status, of_none.status), (status, status), "{method} {path}: {}", of_ada.text());
        let text = said(&of_none).to_string().replace(NOTHING, id);
        assert_eq!(said(&of_ada).to_string(), text, "{method} {path}");
        let stranger = about(&method, &path, id, "nobody").send(door).await;
        assert_eq!(stranger.status, 401, "{method} {path}: {}", stranger.text());
        let after = said(&about("GET", &path, id, &ada()).send(door).await);
        assert_eq!(before, after, "{method} {path} changed something");
        judged += 1;
    }
    assert!(judged >= 5, "{judged}");
    assert_eq!(fleet.orders(&ada()).order(order.id).await.unwrap(), order);
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_for_staff_is_for_no_user() {
    let fleet = Fleet::start().await;
    let of_staff = routes()
        .into_iter()
        .filter(|(service, method, path)| case(service, method, path) == Some(Case::Staff));
    let mut judged = 0;
    for (service, method, path) in of_staff {
        let door = fleet.door(&format!("{service}/public"));
        let answer = about(&method, &path, NOTHING, &grace()).send(door).await;
        assert_eq!(answer.status, 403, "{service} {method} {path}: {}", answer.text());
        let stranger = about(&method, &path, NOTHING, "nobody").send(door).await;
        assert_eq!(stranger.status, 401, "{service} {method} {path}: {}", stranger.text());
        judged += 1;
    }
    assert!(judged >= 10, "{judged}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn everybody_is_shown_their_own() {
    let fleet = Fleet::start().await;
    let of_ada = fleet.order(&ada(), &[("2", 1)]).await;
    let of_grace = fleet.order(&grace(), &[("1", 1)]).await;
    fleet.filled_cart(&fleet.carts(&ada()), &[("1", 1)]).await;
    fleet.filled_cart(&fleet.carts(&grace()), &[("1", 1)]).await;
    for (service, method, path) in routes() {
        if case(&service, &method, &path) != Some(Case::Own) {
            continue;
        }
        let door = fleet.door(&format!("{service}/public"));
        let answer = Request::new(&method, &path).bearer(&grace()).send(door).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let text = answer.text();
        for others in [of_ada.id.to_string(), of_ada.customer_id.to_string()] {
            assert!(!text.contains(&others), "{path} shows what is Ada's: {text}");
        }
        assert!(text.contains(&of_grace.customer_id.to_string()), "{path}: {text}");
        let stranger = Request::new(&method, &path).send(door).await;
        assert_eq!(stranger.status, 401, "{path}: {}", stranger.text());
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_key_of_somebody_else_gives_nothing_of_theirs() {
    let fleet = Fleet::start().await;
    let body = json!({"lines": [{"productId": "1", "quantity": 1}]}).to_string();
    let place = async |token: String| {
        let request = Request::new("POST", "/api/orders/v1/orders").bearer(&token);
        let answer = fleet.send(request.header("Idempotency-Key", "same").json(body.clone())).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let (of_ada, of_grace) = (place(ada()).await, place(grace()).await);
    assert_ne!(of_ada, of_grace);
    assert_eq!(of_ada, place(ada()).await);
    fleet.shutdown().await;
}
