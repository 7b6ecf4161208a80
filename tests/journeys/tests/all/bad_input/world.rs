//! A shop to send bad requests to, which watches what they change.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;

use tradewind_cart_contract::{CartId, Payment, QuoteId};
use tradewind_journeys::rows::Rows;
use tradewind_journeys::{Fleet, ada, admin, staff};
use tradewind_orders_contract::{OrderId, OrderState};
use tradewind_testkit::{Refusal, Request};

use super::routes::{
    ADA, ASKED, CARD, CHARGE, COUPON, ENDPOINT, HELD, HOOK, IDLE_HOOK, MAIL, OWN_CART, PERSON, QUOTE, ROUTES,
    Route, SENT, SHIPMENT, TAKEN, TEST_MAIL, TOKEN, Who,
};

/// A shop with one open order of Ada's, which is sent; with another shipment, and two charges.
pub struct World {
    pub fleet: Fleet,
    pub order: OrderId,
    pub card_order: OrderId,
    other_card_order: OrderId,
    carts: Carts,
    /// The token of a card.
    token: String,
    /// What the databases are to hold.
    rows: RefCell<Rows>,
    keys: Cell<u32>,
}

/// Carts to work on: two of guests, one of them with something in it, one that was merged into an own one of Ada's, and
/// one that she completed.
struct Carts {
    guest: CartId,
    full: CartId,
    merged: CartId,
    own: CartId,
    done: CartId,
    quote: QuoteId,
}

async fn carts(fleet: &Fleet) -> Carts {
    let (guests, hers) = (fleet.guest_carts(), fleet.carts(&ada()));
    fleet.coupon(COUPON, 1_000, None).await;
    let done = fleet.filled_cart(&hers, &[("1", 1)]).await;
    let quote = hers.quote(done).await.unwrap();
    fleet.take(&ada(), &quote, Payment::Account).await.unwrap();
    let (merged, own) = (fleet.filled_cart(&guests, &[]).await, fleet.filled_cart(&hers, &[]).await);
    hers.merge(merged, own).await.unwrap();
    let guest = fleet.filled_cart(&guests, &[]).await;
    let full = fleet.filled_cart(&guests, &[("1", 1)]).await;
    Carts { guest, full, merged, own, done, quote: quote.id }
}

impl Carts {
    fn named(&self, text: &str) -> String {
        text.replace("{cart}", &self.guest.to_string())
            .replace("{full cart}", &self.full.to_string())
            .replace("{merged cart}", &self.merged.to_string())
            .replace("{done cart}", &self.done.to_string())
            .replace(OWN_CART, &self.own.to_string())
            .replace(QUOTE, &self.quote.to_string())
    }
}

/// A request in parts, to be spoilt.
#[derive(Debug, Clone)]
pub struct Draft {
    pub method: String,
    pub target: String,
    pub token: Option<String>,
    pub key: Option<String>,
    pub media_type: Option<&'static str>,
    pub body: Option<Vec<u8>>,
    pub headers: Vec<(&'static str, Vec<u8>)>,
}

impl Draft {
    #[must_use]
    pub fn request(&self) -> Request {
        let mut request = Request::new(&self.method, &self.target);
        if let Some(token) = &self.token {
            request = request.bearer(token);
        }
        if let Some(key) = &self.key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(media_type) = self.media_type {
            request = request.header("Content-Type", media_type);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match &self.body {
            Some(body) => request.body(body),
            None => request,
        }
    }

    #[must_use]
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn with_query(self, query: &str) -> Self {
        Self { target: format!("{}?{query}", self.target), ..self }
    }
}

/// What becomes of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// Nothing at all.
    None,
    /// It is kept with its key, to be given again.
    Kept,
}

/// Makes what requests work on; gives the token of a card.
async fn prepare(fleet: &Fleet, order: OrderId) -> String {
    let card = Request::new("POST", "/api/provider/v1/cards").json(CARD);
    let token = fleet.send(card).await.json()["token"].as_str().unwrap().to_owned();
    let charge = CHARGE.replace(TOKEN, &token);
    for (service, path, body) in [
        ("provider", format!("charges/{HELD}"), &*charge),
        ("provider", format!("charges/{TAKEN}"), &*charge),
        ("provider", format!("charges/{TAKEN}/capture"), ""),
        ("accounts", format!("accounts/{ADA}"), PERSON),
        ("shipping", format!("shipments/{order}"), SHIPMENT),
        ("shipping", format!("shipments/{SENT}"), SHIPMENT),
    ] {
        let request = Request::new("PUT", &format!("/admin/{path}")).bearer(fleet.secret().expose());
        let request = if body.is_empty() { request } else { request.json(body) };
        let answer = request.send(fleet.door(&format!("{service}/internal"))).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text());
    }
    for (method, path, body) in [
        ("PUT", HOOK.to_owned(), ENDPOINT),
        ("PUT", IDLE_HOOK.to_owned(), ENDPOINT),
        ("PUT", format!("{HOOK}/secrets/01980000-0000-7000-8000-0000000000e3"), ""),
        ("DELETE", format!("{IDLE_HOOK}/enabled"), ""),
    ] {
        let request = Request::new(method, &format!("/api/webhooks/v1/endpoints/{path}")).bearer(&staff());
        let request = if body.is_empty() { request } else { request.json(body) };
        let answer = fleet.send(request).await;
        assert!(answer.status < 300, "{}", answer.text());
    }
    let path = format!("/api/mailservice/mailservice/test-mails/{MAIL}");
    let answer = fleet.send(Request::new("PUT", &path).bearer(&staff()).json(TEST_MAIL)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    token
}

/// An order of Ada's by card whose money was taken, and is asked back in part.
async fn asked_back(fleet: &Fleet, line: (&str, i64), token: &str) -> OrderId {
    let order = fleet.order_by_card(&ada(), &[line], token).await;
    assert_eq!(order.state, OrderState::Open);
    let path = format!("/admin/payments/{}/capture", order.id);
    let capture = Request::new("PUT", &path).bearer(fleet.secret().expose());
    assert_eq!(capture.send(fleet.door("payments/internal")).await.status, 200);
    let path = format!("/api/payments/v1/payments/{}/refund-requests/1", order.id);
    let asked = fleet.send(Request::new("PUT", &path).bearer(&ada()).json(ASKED)).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    order.id
}

impl World {
    pub async fn new() -> Self {
        // No carrier changes anything beside what the tests do.
        let fleet = Fleet::start_with(&[
            "shipping.pretend_carrier.handed_over=0s",
            "provider.callbacks=false",
            "webhooks.allow_private=true",
        ])
        .await;
        let order = fleet.order(&ada(), &[("1", 1)]).await;
        assert_eq!(order.state, OrderState::Open);
        let token = prepare(&fleet, order.id).await;
        let card_order = asked_back(&fleet, ("1", 2), &token).await;
        let other_card_order = asked_back(&fleet, ("2", 1), &token).await;
        let carts = carts(&fleet).await;
        fleet.quiet().await;
        fleet.mails(1).await;
        let rows = RefCell::new(fleet.rows().await);
        Self { fleet, order: order.id, card_order, other_card_order, carts, token, rows, keys: Cell::new(0) }
    }

    pub async fn end(self) {
        self.fleet.shutdown().await;
    }

    /// A request that the route takes.
    pub fn good(&self, route: &Route) -> Draft {
        let token = match route.who {
            Who::Anyone => None,
            Who::User => Some(ada()),
            Who::Staff => Some(staff()),
            Who::Admin => Some(admin()),
            Who::Secret => Some(self.fleet.secret().expose().to_owned()),
        };
        let method = if route.method == "*" { "GET" } else { route.method };
        Draft {
            method: method.to_owned(),
            target: self
                .carts
                .named(&route.target())
                .replace("{order}", &self.order.to_string())
                .replace("{card order}", &self.card_order.to_string())
                .replace("{other card order}", &self.other_card_order.to_string()),
            token,
            key: route.is_command().then(|| self.key()),
            media_type: route.body().map(|_| "application/json"),
            body: route.body().map(|body| {
                let body = body.replace(TOKEN, &self.token).replace("{new}", &self.key());
                self.carts.named(&body).into_bytes()
            }),
            headers: Vec::new(),
        }
    }

    /// A key that was not used before.
    pub fn key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("key-{}", self.keys.get())
    }

    /// The doors through which the route is reached: its own, and the gateway's where that leads to it.
    pub fn doors(&self, route: &Route) -> Vec<SocketAddr> {
        let own = self.fleet.door(route.door);
        if route.path.starts_with("/api/") { vec![own, self.fleet.gateway()] } else { vec![own] }
    }

    /// Sends a request to a door, makes sure that it is refused like this and that nothing changed.
    pub async fn refuses(
        &self,
        door: SocketAddr,
        request: &Request,
        what: &str,
        (status, code): (u16, &str),
    ) -> Refusal {
        let answer = request.send(door).await;
        let text = answer.text();
        let leak = ["tradewind_", ".rs:", "sqlite", "postgres", "sqlx", "panicked"]
            .iter()
            .find(|leak| text.contains(**leak));
        assert_eq!(leak, None, "{what}: {text}");
        let refusal = answer.refused(status, code).unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
        self.unchanged(what).await;
        refusal
    }

    /// The same through every door of a route.
    pub async fn refuses_at(
        &self,
        route: &Route,
        draft: &Draft,
        (status, code): (u16, &str),
    ) -> Vec<Refusal> {
        self.refuses_and_leaves(route, draft, (status, code), Trace::None).await
    }

    /// The same, with what a refusal leaves behind. Each door gets a key of its own.
    pub async fn refuses_and_leaves(
        &self,
        route: &Route,
        draft: &Draft,
        (status, code): (u16, &str),
        trace: Trace,
    ) -> Vec<Refusal> {
        let what = format!("{} {} at {}", draft.method, draft.target, route.door);
        let mut refusals = Vec::new();
        for door in self.doors(route) {
            let mut draft = draft.clone();
            if trace == Trace::Kept {
                draft.key = Some(self.key());
                let service = route.door.split('/').next().unwrap();
                self.keeps_an_answer(service);
            }
            let sent = String::from_utf8_lossy(draft.body.as_deref().unwrap_or_default()).into_owned();
            let what = format!("{what} {:.200}", sent);
            refusals.push(self.refuses(door, &draft.request(), &what, (status, code)).await);
        }
        refusals
    }

    /// From now on the service holds one more answer, to be given again.
    pub fn keeps_an_answer(&self, service: &str) {
        self.rows.replace_with(|rows| rows.clone().with_answers(service, 1));
    }

    /// Makes sure that the databases hold what they are to hold.
    pub async fn unchanged(&self, what: &str) {
        let rows = self.fleet.rows().await;
        let changes = self.rows.borrow().changes(&rows);
        assert!(changes.is_empty(), "{what}: something was left behind: {changes:?}");
    }

    /// Takes what the databases hold now for what they are to hold.
    pub async fn settle(&self) {
        for order in [self.order, self.card_order] {
            self.fleet.comes_to(&ada(), order, |order| !order.cancelling).await;
        }
        self.fleet.refunds_rest().await;
        self.fleet.quiet().await;
        let rows = self.fleet.rows().await;
        self.rows.replace(rows);
    }
}

/// The routes for which `wanted` holds; there is at least one, or the test would test nothing.
pub fn routes(wanted: impl Fn(&Route) -> bool) -> Vec<&'static Route> {
    let found: Vec<_> = ROUTES.iter().filter(|route| wanted(route)).collect();
    assert!(!found.is_empty());
    found
}

/// The route with this method and path template.
pub fn route(method: &str, path: &str) -> &'static Route {
    let found = ROUTES.iter().find(|route| (route.method, route.path) == (method, path));
    found.unwrap_or_else(|| panic!("no route {method} {path}"))
}
