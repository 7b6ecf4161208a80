//! Whole checkouts.

use tradewind_cart_contract::{CartState, Payment, SetDestination};
use tradewind_catalogue_contract::ListProduct;
use tradewind_journeys::{Fleet, ada, user};
use tradewind_kernel::{Id, Position};
use tradewind_orders_contract::{OrderState, PaidBy};
use tradewind_provider_contract::ChargeState;
use tradewind_testkit::Request;

use super::{GOOD, by_card, cents, charge, pence, prompt};

#[tokio::test]
async fn a_cart_becomes_an_order_on_account_at_what_was_quoted() {
    let fleet = prompt(&[]).await;
    let carts = fleet.carts(&ada());
    let cart = fleet.filled_cart(&carts, &[("2", 2), ("1", 2)]).await;
    let quote = carts.quote(cart).await.unwrap();
    assert_eq!((quote.subtotal, quote.discount, quote.tax), (pence(1_060), pence(0), pence(212)));
    assert_eq!(quote.total, pence(1_272));
    let id = fleet.take(&ada(), &quote, Payment::Account).await.unwrap();
    fleet.quiet().await;
    let order = fleet.comes_to(&ada(), id, |order| order.state == OrderState::Completed).await;
    assert_eq!((order.total, order.discount, order.tax), (quote.total, Some(pence(0)), Some(quote.tax)));
    assert_eq!((order.quote_id, order.payment), (Some(quote.id.id()), PaidBy::Account));
    let lines =
        order.lines.iter().map(|line| (line.product_id.as_str(), line.quantity.get(), line.unit_price));
    assert_eq!(lines.collect::<Vec<_>>(), [("1", 2, pence(120)), ("2", 2, pence(410))]);
    assert!(order.lines.iter().all(|line| line.sku.is_some()), "{order:?}");
    fleet.quiet().await;
    let account = fleet.account(&ada()).await;
    assert_eq!((account.reserved, account.owed), (pence(0), order.total));
    let done = carts.cart(cart).await.unwrap();
    assert_eq!((done.state, done.order_id), (CartState::Completed, Some(id.id())));
    assert_eq!(fleet.told("orders", id).await, ["order-placed", "order-opened", "order-completed"]);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_cart_in_another_currency_is_paid_by_card_in_that() {
    let fleet = prompt(&[]).await;
    let carts = fleet.carts(&ada());
    let cart = fleet.filled_cart(&carts, &[("2", 1)]).await;
    let away = SetDestination { country: "DE".parse().unwrap(), currency: cents(0).currency() };
    carts.send_to(cart, &away).await.unwrap();
    let quote = carts.quote(cart).await.unwrap();
    assert_eq!((quote.subtotal, quote.tax, quote.total), (cents(480), cents(91), cents(571)));
    let id = fleet.take(&ada(), &quote, by_card(&fleet, GOOD).await).await.unwrap();
    fleet.quiet().await;
    let order = fleet.comes_to(&ada(), id, |order| order.state == OrderState::Completed).await;
    assert_eq!((order.total, order.payment), (cents(571), PaidBy::Card));
    let charged = charge(&fleet, id).await;
    assert_eq!((charged.state, charged.captured), (ChargeState::Captured, cents(571)));
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_account_in_another_currency_is_refused_with_a_reason_and_holds_nothing() {
    let fleet = Fleet::start().await;
    let carts = fleet.carts(&ada());
    let cart = fleet.filled_cart(&carts, &[("2", 1)]).await;
    let away = SetDestination { country: "DE".parse().unwrap(), currency: cents(0).currency() };
    carts.send_to(cart, &away).await.unwrap();
    let order = fleet.check_out(&ada(), cart, Payment::Account).await;
    assert_eq!((order.state, order.reason.as_deref()), (OrderState::Rejected, Some("other-currency")));
    fleet.quiet().await;
    assert_eq!((fleet.available("2").await, fleet.account(&ada()).await.reserved), (2, pence(0)));
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_price_of_a_quote_holds_when_the_product_becomes_dearer() {
    let fleet = Fleet::start().await;
    let carts = fleet.carts(&ada());
    let cart = fleet.filled_cart(&carts, &[("1", 1)]).await;
    let quote = carts.quote(cart).await.unwrap();
    let dearer = ListProduct {
        name: "Widget".into(),
        description: String::new(),
        price: pence(500),
        prices: vec![cents(600)],
    };
    fleet.catalogue().list(&"1".parse().unwrap(), &dearer, "dearer").await.unwrap();
    fleet.quiet().await;
    let next = carts.quote(cart).await.unwrap();
    assert_eq!((quote.lines[0].unit_price, next.lines[0].unit_price), (pence(120), pence(500)));
    assert_ne!(quote.fingerprint, next.fingerprint);
    assert_eq!(next.fingerprint, carts.quote(cart).await.unwrap().fingerprint);
    let id = fleet.take(&ada(), &quote, Payment::Account).await.unwrap();
    fleet.quiet().await;
    let order = fleet.orders(&ada()).order(id).await.unwrap();
    assert_eq!((order.lines[0].unit_price, order.total), (pence(120), pence(144)));
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_is_there_and_says_why() {
    let fleet = Fleet::start().await;
    let nobody = user(Id::from_u128(0xdead));
    let cart = fleet.filled_cart(&fleet.carts(&nobody), &[("1", 1)]).await;
    let order = fleet.check_out(&nobody, cart, Payment::Account).await;
    assert_eq!((order.state, order.reason.as_deref()), (OrderState::Rejected, Some("unknown-customer")));
    let cart = fleet.filled_cart(&fleet.carts(&ada()), &[("4", 1)]).await;
    let order = fleet.check_out(&ada(), cart, Payment::Account).await;
    assert_eq!((order.state, order.reason.as_deref()), (OrderState::Rejected, Some("sold-out")));
    fleet.quiet().await;
    assert_eq!(fleet.available("1").await, 5);
    assert_eq!(fleet.account(&ada()).await.reserved, pence(0));
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_answer_leads_to_the_order_and_its_position_to_what_orders_has_heard() {
    let fleet = Fleet::start().await;
    let carts = fleet.carts(&ada());
    let cart = fleet.filled_cart(&carts, &[("1", 1)]).await;
    let quote = carts.quote(cart).await.unwrap();
    let path = format!("/api/cart/v1/carts/{cart}/completion");
    let body = format!(r#"{{"quoteId":"{}"}}"#, quote.id);
    let request = Request::new("POST", &path).bearer(&ada()).json(body).header("Idempotency-Key", "once");
    let answer = fleet.send(request).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let position: Position = answer.json()["position"].as_str().unwrap().parse().unwrap();
    assert!(position.get("cart").is_some_and(|at| at > 0), "{position:?}");
    // Whoever shows the position is not told that there is no such order: orders waits until it has heard of it.
    let token = answer.json()["position"].as_str().unwrap().to_owned();
    let request = Request::new("GET", answer.header("location").unwrap()).bearer(&ada());
    let order = fleet.send(request.header("Tradewind-Position", token)).await;
    assert_eq!((order.status, &order.json()["id"]), (200, &answer.json()["id"]));
    fleet.shutdown().await;
}
