//! Buying and what comes after it.

use tradewind_journeys::{Fleet, Person};

use super::browser::{Browser, Shown};
use super::{add, customer, sign_in, to_review, until_it_says};

/// A card that is taken, and one that is not.
pub const GOOD: &str = "4242 4242 4242 4242";
const DECLINED: &str = "4000 0000 0000 9995";

/// Orders that are sent soon: nobody cancels them, and the carrier comes at once.
pub async fn quick() -> Fleet {
    Fleet::start_with(&["orders.cancellation_window=1s", "shipping.pretend_carrier.handed_over=0s"]).await
}

pub const COMPLETED: &str = "<strong>Completed</strong>";

async fn place(browser: &mut Browser, review: &Shown) -> Shown {
    browser.fill(review, "/shop/checkout/order", &[]).await
}

/// Where an order is found, without what was seen.
pub fn address(page: &Shown) -> String {
    page.path.split('?').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_guest_fills_a_cart_registers_and_buys_on_account() {
    let fleet = Fleet::start().await;
    let mut browser = Browser::new(&fleet);
    let cart = add(&mut browser, "3", "2").await;
    assert_eq!((cart.status, cart.path.as_str()), (200, "/shop/cart"), "{}", cart.text);
    cart.says("It is in your cart.");
    cart.says("£91.00");
    // Nobody has signed in: the way to the checkout leads there first, and back.
    let asked = browser.open("/shop/checkout").await;
    assert!(asked.path.starts_with("/shop/sign-in?to="), "{}", asked.path);
    let form = browser.open("/shop/register?to=%2Fshop%2Fcheckout").await;
    let fields = [("name", "Edsger"), ("email", "edsger@example.com"), ("password", "correct horse battery")];
    let checkout = browser.fill(&form, "/shop/register", &fields).await;
    assert_eq!((checkout.status, checkout.path.as_str()), (200, "/shop/checkout"), "{}", checkout.text);
    checkout.says("Welcome. Your account is ready.");
    fleet.quiet().await;
    let fields = [("country", "GB"), ("currency", "GBP"), ("payment", "account")];
    let review = browser.fill(&checkout, "/shop/checkout", &fields).await;
    review.says("£109.20");
    let order = place(&mut browser, &review).await;
    assert!(order.path.starts_with("/shop/orders/"), "{}", order.path);
    order.says("Thank you. We have your order.");
    // Without credit it comes to nothing, and the page says why and what else can be done.
    let over = until_it_says(&mut browser, &address(&order), "Not accepted").await;
    over.says("exceeded your credit limit");
    assert!(!over.has("http-equiv=\"refresh\""));
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_on_account_is_followed_to_its_end() {
    let fleet = quick().await;
    let (_, mut browser) = customer(&fleet, "Ada2").await;
    add(&mut browser, "1", "2").await;
    let review = to_review(&mut browser, "account").await;
    let order = place(&mut browser, &review).await;
    order.says("Your order");
    let address = address(&order);
    let events = browser.once("GET", &format!("{address}/live"), None, &[]).await;
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let told = events.text();
    assert!(told.starts_with("retry: ") && told.contains("event: state\ndata: COMPLETED\n\n"), "{told}");
    let done = until_it_says(&mut browser, &address, COMPLETED).await;
    done.says("£2.88");
    assert!(!done.has("Cancel this order"));
    let history = browser.open("/shop/orders").await;
    history.says(&address);
    let empty = browser.open("/shop/cart").await;
    empty.says("There is nothing in your cart.");
    fleet.shutdown().await;
}

pub async fn by_card(browser: &mut Browser, number: &str) -> Shown {
    let form = to_review(browser, "card").await;
    assert!(form.path.starts_with("/api/provider/v1/card-form"), "{}", form.path);
    let fields = [("number", number), ("expiry", "12/99"), ("cvc", "123")];
    let review = browser.fill(&form, "/api/provider/v1/card-form", &fields).await;
    assert!(review.path.starts_with("/shop/checkout/review?card=card_"), "{}", review.path);
    review.says(&format!("ending {}", &number[number.len() - 4..]));
    place(browser, &review).await
}

#[tokio::test]
async fn a_card_is_given_to_the_provider_and_charged_or_declined() {
    let fleet = quick().await;
    let (_, mut browser) = customer(&fleet, "Grace2").await;
    add(&mut browser, "1", "1").await;
    let form = to_review(&mut browser, "card").await;
    let fields = [("number", "4242 4242 4242 4241"), ("expiry", "12/99"), ("cvc", "123")];
    let unfit = browser.fill(&form, "/api/provider/v1/card-form", &fields).await;
    assert_eq!(unfit.status, 422);
    unfit.says("The card number has a mistake in it.");
    assert!(!unfit.has("4242 4242 4242 4241") && !unfit.has("4242424242424241"));
    let order = by_card(&mut browser, GOOD).await;
    until_it_says(&mut browser, &address(&order), COMPLETED).await.says("By card");
    add(&mut browser, "1", "1").await;
    let order = by_card(&mut browser, DECLINED).await;
    until_it_says(&mut browser, &address(&order), "The card was declined.").await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_price_that_changed_is_agreed_to_once_more() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = customer(&fleet, "Barbara").await;
    add(&mut browser, "3", "1").await;
    let review = to_review(&mut browser, "account").await;
    review.says("£54.60");
    let listed = r#"{"name":"Anvil","price":{"amount":"50.00","currency":"GBP"}}"#;
    let request = tradewind_testkit::Request::new("PUT", "/admin/products/3").json(listed);
    let request = request.header("Idempotency-Key", "dearer").bearer(fleet.secret().expose());
    assert_eq!(request.send(fleet.door("catalogue/internal")).await.status, 204);
    fleet.quiet().await;
    let again = place(&mut browser, &review).await;
    assert_eq!((again.status, again.path.as_str()), (409, "/shop/checkout/order"));
    again.says("The price has changed since you looked. Nothing was ordered.");
    again.says("£60.00");
    browser.open("/shop/orders").await.says("You have not ordered anything yet.");
    let order = place(&mut browser, &again).await;
    assert!(order.path.starts_with("/shop/orders/"), "{}", order.text);
    order.says("£60.00");
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_sold_out_while_in_the_cart_is_said() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = customer(&fleet, "Alan").await;
    add(&mut browser, "5", "1").await;
    // Somebody else takes the last one.
    let other = fleet.customer(77, 1_000_000).await;
    fleet.order(&other, &[("5", 1)]).await;
    browser.open("/shop/cart").await.says("Sold out");
    let review = to_review(&mut browser, "account").await;
    let order = place(&mut browser, &review).await;
    until_it_says(&mut browser, &address(&order), "Something was sold out").await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_open_order_is_cancelled_from_its_page() {
    let fleet = Fleet::start_with(&["orders.cancellation_window=1h"]).await;
    let (_, mut browser) = customer(&fleet, "Donald").await;
    add(&mut browser, "1", "1").await;
    let review = to_review(&mut browser, "account").await;
    let order = place(&mut browser, &review).await;
    let open = until_it_says(&mut browser, &address(&order), "Cancel this order").await;
    let action = format!("{}/cancellation", address(&order));
    let asked = browser.fill(&open, &action, &[]).await;
    asked.says("We are cancelling your order.");
    until_it_says(&mut browser, &address(&order), "<strong>Cancelled</strong>").await;
    let late = browser.send(&action, &open.hidden(&action)).await;
    late.says("cancel");
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_guests_cart_is_merged_and_signing_out_leaves_nothing() {
    let fleet = Fleet::start().await;
    let person = Person::register(&fleet, "Niklaus").await;
    let mut first = Browser::new(&fleet);
    sign_in(&mut first, &person).await;
    add(&mut first, "1", "1").await;
    let mut second = Browser::new(&fleet);
    add(&mut second, "1", "2").await;
    add(&mut second, "3", "1").await;
    let page = sign_in(&mut second, &person).await;
    page.says("You are signed in.");
    let cart = second.open("/shop/cart").await;
    cart.says("name=\"quantity\" value=\"3\"");
    cart.says("<bdi>Anvil</bdi>");
    let account = second.open("/shop/account").await;
    account.says("<bdi>Niklaus</bdi>");
    let key = second.cookies["visit"].clone();
    let out = second.fill(&account, "/shop/sign-out", &[]).await;
    out.says("You are signed out.");
    assert_ne!(second.cookies["visit"], key);
    // The old key opens nothing any more.
    second.cookies.insert("visit".to_owned(), key);
    assert!(second.open("/shop/account").await.path.starts_with("/shop/sign-in"));
    second.open("/shop/cart").await.says("There is nothing in your cart.");
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_cart_is_changed_by_its_page() {
    let fleet = Fleet::start().await;
    fleet.coupon("TENTH", 1_000, None).await;
    let mut browser = Browser::new(&fleet);
    let cart = add(&mut browser, "1", "1").await;
    let more = browser.fill(&cart, "/shop/cart/quantities", &[("quantity", "10")]).await;
    more.says("£12.00");
    let coupon = browser.fill(&more, "/shop/cart/coupon", &[("code", "TENTH")]).await;
    coupon.says("\u{2212}£1.20");
    let without = browser.fill(&coupon, "/shop/cart/coupon", &[("remove", "1")]).await;
    without.says("The coupon was removed.");
    let drawer = browser.open("/shop/cart/drawer").await;
    assert!(drawer.text.starts_with("<h2>Cart</h2>") && drawer.has("Check out"), "{}", drawer.text);
    let removed = browser.fill(&without, "/shop/cart/quantities", &[("remove", "1")]).await;
    removed.says("There is nothing in your cart.");
    fleet.shutdown().await;
}
