//! A shop with somebody of each kind in a browser of their own, to send forms from.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;

use tradewind_accounts_contract::{AccountsClient, GrantRoles, Role};
use tradewind_fleet::ACCOUNTS;
use tradewind_journeys::{Fleet, Person, ada};
use tradewind_kernel::{Currency, Money};
use tradewind_payments_contract::{AskRefund, PaymentsClient, RefundReason};
use tradewind_testkit::{Answer, Request};

use super::markup::{self, Found};
use super::table::{Form, Who};
use crate::cards::{GOOD, card};

/// What a form is sent as.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The cookies of a browser.
pub type Jar = BTreeMap<String, String>;

/// Somebody with a browser.
pub struct Browser {
    pub jar: Jar,
    door: SocketAddr,
}

pub struct World {
    pub fleet: Fleet,
    pub customer: Person,
    pub staff: Person,
    jars: [Jar; 3],
    token: String,
    /// An open order of the customer, paid by card, of which nothing was asked back.
    order: RefCell<String>,
    /// One of somebody else, of which something was.
    card_order: String,
    /// How many names were made.
    made: Cell<u32>,
}

/// A form as it is on a page: where to send it, its good fields, and the cookies to send along.
#[derive(Clone)]
pub struct Ready {
    pub path: String,
    pub fields: Vec<(String, String)>,
    pub jar: Jar,
}

/// What became of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did something, or asks whether to.
    Taken,
    /// It did nothing, and words say why.
    Refused,
}

impl Browser {
    pub fn new(fleet: &Fleet) -> Self {
        Self { jar: Jar::new(), door: fleet.gateway() }
    }

    pub async fn open(&mut self, path: &str) -> Answer {
        self.keep(Request::new("GET", path)).await
    }

    /// Sends fields, and keeps the cookies that come back.
    pub async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.keep(Request::new("POST", path).header("Content-Type", FORM).body(body)).await
    }

    /// Sends the form of a page that leads to `action`, with these fields filled in.
    pub async fn fill(&mut self, page: &str, action: &str, filled: &[(&str, &str)]) -> Answer {
        let shown = self.open(page).await;
        let mut fields = found(&shown, action).unwrap_or_else(|| panic!("{page}: {}", shown.text())).hidden;
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(action, &fields).await
    }

    async fn keep(&mut self, request: Request) -> Answer {
        let answer = with(request, &self.jar).send(self.door).await;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.jar.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// A request with the cookies of a browser.
pub fn with(request: Request, jar: &Jar) -> Request {
    let pairs: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { request } else { request.header("Cookie", pairs.join("; ")) }
}

/// The form of a page that leads to `action`.
fn found(page: &Answer, action: &str) -> Option<Found> {
    markup::forms(&page.text()).into_iter().find(|form| form.action == action)
}

impl World {
    pub async fn new() -> Self {
        let fleet = Fleet::start_with(&[
            "shipping.pretend_carrier.handed_over=0s",
            "provider.callbacks=false",
            "accounts.lockout.after=1000",
            "accounts.lockout.after_from_address=1000000",
        ])
        .await;
        let customer = Person::register(&fleet, "Carla").await;
        let staff = Person::register(&fleet, "Maximilian").await;
        let roles = GrantRoles { roles: vec![Role::Admin] };
        AccountsClient::new(fleet.internal("accounts")).grant(staff.id, &roles).await.unwrap();
        fleet.limit(customer.id, 100_000_000).await;
        fleet.receive("1", 100_000).await;
        let token = customer.signed_in(&fleet).await.access_token.expose().to_owned();
        let order = RefCell::new(paid_by_card(&fleet, &token, "1").await);
        let card_order = paid_by_card(&fleet, &ada(), "2").await;
        asked_back(&fleet, &card_order).await;
        let mut guest = Browser::new(&fleet);
        for path in ["/shop", "/admin/sign-in"] {
            assert_eq!(guest.open(path).await.status, 200);
        }
        let (mut buyer, mut admin) = (Browser::new(&fleet), Browser::new(&fleet));
        for (browser, page, person) in
            [(&mut buyer, "/shop/sign-in", &customer), (&mut admin, "/admin/sign-in", &staff)]
        {
            let fields = [("email", &*person.email), ("password", &*person.password)];
            assert_eq!(browser.fill(page, page, &fields).await.status, 303);
        }
        let jars = [guest.jar, buyer.jar, admin.jar];
        Self { fleet, customer, staff, jars, token, order, card_order, made: Cell::new(0) }
    }

    pub async fn end(self) {
        self.fleet.shutdown().await;
    }

    pub fn jar(&self, who: Who) -> &Jar {
        match who {
            Who::Guest => &self.jars[0],
            Who::Customer => &self.jars[1],
            Who::Admin => &self.jars[2],
        }
    }

    /// A page of a template.
    pub fn address(&self, template: &str) -> String {
        let (customer, order) = (ACCOUNTS[0].id.to_string(), self.order.borrow());
        let id = match template {
            _ if template.starts_with("/shop/orders") => order.as_str(),
            _ if template.starts_with("/admin/orders") => &self.card_order,
            _ if template.starts_with("/admin/customers") => &customer,
            _ => "1",
        };
        let changed = template.replace("{service}/{kind}/{id}", "stock/product/1");
        let address = changed.replace("{id}", id).replace("{number}", "1");
        assert!(!address.contains('{'), "say what stands for the parameters of {template}");
        address
    }

    /// Loads a page as somebody, and keeps no cookies.
    pub async fn open(&self, who: Who, path: &str) -> Answer {
        with(Request::new("GET", path), self.jar(who)).send(self.fleet.gateway()).await
    }

    /// A form as a page has it, its fields filled in well. What the page needs to have it is made.
    pub async fn ready(&self, form: &Form) -> Ready {
        let (mut page, mut action) = (self.address(form.page), self.address(form.action));
        let mut shown = self.open(form.who, &page).await;
        if form.who == Who::Customer && found(&shown, &action).is_none() {
            if form.page.starts_with("/shop/orders") {
                let other = paid_by_card(&self.fleet, &self.token, "1").await;
                self.order.replace(other);
                (page, action) = (self.address(form.page), self.address(form.action));
            } else {
                self.fill_the_cart().await;
            }
            shown = self.open(form.who, &page).await;
        }
        let found = found(&shown, &action);
        let found = found.unwrap_or_else(|| panic!("no form {action} on {page}: {}", shown.text()));
        let mut fields = found.hidden;
        for field in form.fields.iter().filter(|field| !field.good.is_empty()) {
            fields.push((field.name.to_owned(), self.good(field.good)));
        }
        Ready { path: action, fields, jar: self.jar(form.who).clone() }
    }

    /// A form to be sent once more: what may be used once only is new.
    pub fn renewed(&self, form: &Form, ready: &Ready) -> Ready {
        let mut renewed = ready.clone();
        for (name, value) in &mut renewed.fields {
            let good = form.fields.iter().find(|field| field.name == name).map_or("", |field| field.good);
            if name == "key" {
                *value = format!("01980000-0000-7000-8000-{:012}", self.number());
            } else if good.contains("{new}") {
                *value = self.good(good);
            }
        }
        renewed
    }

    fn number(&self) -> u32 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    fn good(&self, text: &str) -> String {
        let people = [
            ("{email}", &self.customer.email),
            ("{password}", &self.customer.password),
            ("{email of staff}", &self.staff.email),
            ("{password of staff}", &self.staff.password),
        ];
        let named = people.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        if named.contains("{new}") { named.replace("{new}", &self.number().to_string()) } else { named }
    }

    /// Puts something into the cart of the customer, which is the one of their account.
    async fn fill_the_cart(&self) {
        let mut browser = Browser { jar: self.jar(Who::Customer).clone(), door: self.fleet.gateway() };
        let answer = browser.fill("/shop/products/1", "/shop/cart/lines", &[("quantity", "1")]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
    }

    /// Sends a body, and makes sure that the answer is one that a person can live with.
    pub async fn send(&self, ready: &Ready, body: &str, what: &str) -> (Answer, Outcome) {
        let request = Request::new("POST", &ready.path).header("Content-Type", FORM).body(body);
        let answer = with(request, &ready.jar).send(self.fleet.gateway()).await;
        let outcome = judged(&answer, &ready.path, what);
        (answer, outcome)
    }
}

/// An order whose money was taken, and which is open still: it can be called off, and money can be given back.
async fn paid_by_card(fleet: &Fleet, whose: &str, product: &str) -> String {
    let token = card(fleet, GOOD).await;
    let id = fleet.order_by_card(whose, &[(product, 1)], &token).await.id;
    let path = format!("/admin/payments/{id}/capture");
    let capture = Request::new("PUT", &path).bearer(fleet.secret().expose());
    assert_eq!(capture.send(fleet.door("payments/internal")).await.status, 200);
    fleet.quiet().await;
    id.to_string()
}

/// Something of Ada's order is asked back, for staff to decide.
async fn asked_back(fleet: &Fleet, order: &str) {
    let payments = PaymentsClient::new(fleet.caller("gateway/data-plane", &ada()));
    let amount = Money::from_minor(200, Currency::GBP);
    let asked = AskRefund { amount, reason: RefundReason::Damaged, note: None };
    payments.ask_refund(order.parse().unwrap(), 1, &asked).await.unwrap();
}

/// What became of a form; whatever it is, it is harmless, tells nothing of the inside, and says what was wrong in words.
///
/// # Panics
/// When it does not.
pub fn judged(answer: &Answer, path: &str, what: &str) -> Outcome {
    let text = answer.text();
    assert!((200..500).contains(&answer.status), "{what}: {} {text}", answer.status);
    if answer.status == 303 {
        let to = answer.header("location").unwrap_or_default();
        stays(to, path, what);
        let flash = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
        let is_bad = flash.map(|(_, cookie)| cookie).any(|cookie| cookie.contains("flash=bad."));
        return if is_bad { Outcome::Refused } else { Outcome::Taken };
    }
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{what}: {text}");
    assert_eq!(markup::harm(&text), None, "{what}: {text}");
    assert_eq!(text.matches("<h1>").count(), 1, "{what}: {text}");
    if answer.status == 200 {
        return Outcome::Taken;
    }
    let says_why = ["role=\"alert\"", "class=\"fault\""].iter().any(|mark| text.contains(mark));
    assert!(says_why, "{what}: {} says nothing: {text}", answer.status);
    Outcome::Refused
}

/// Makes sure that an address leads to the part of the site that `path` is of.
fn stays(to: &str, path: &str, what: &str) {
    let is_here = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\t', '\r', '\n', ' ']);
    assert!(is_here, "{what}: it leads to {to}");
    let part = if path.starts_with("/admin") { "/admin" } else { "/shop" };
    let plain = to.split(['?', '#']).next().unwrap();
    let is_within = plain == part || plain.starts_with(&format!("{part}/"));
    assert!(is_within || path.starts_with("/api/provider/"), "{what}: it leads to {to}");
    assert!(!plain.contains("..") && !plain.to_lowercase().contains("%2e"), "{what}: it leads to {to}");
}
