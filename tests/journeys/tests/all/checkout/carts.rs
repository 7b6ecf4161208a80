//! Carts themselves: guests', customers', and what may not be done with them.

use tradewind_cart_contract::{CartId, CompleteCart, CreateCart, Payment, QuoteId, SetDestination};
use tradewind_journeys::{Fleet, ada, grace};
use tradewind_kernel::{Currency, Id};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::Request;

use super::cents;

fn lines(cart: &tradewind_cart_contract::Cart) -> Vec<(String, u32)> {
    cart.lines.iter().map(|line| (line.product_id.to_string(), line.quantity.get())).collect()
}

#[tokio::test]
async fn what_a_guest_has_chosen_survives_signing_in() {
    let fleet = Fleet::start().await;
    let (guests, hers) = (fleet.guest_carts(), fleet.carts(&ada()));
    let guest = fleet.filled_cart(&guests, &[("1", 3), ("2", 1)]).await;
    let quote = guests.quote(guest).await.unwrap();
    let taken = CompleteCart { quote_id: quote.id, payment: Payment::Account };
    assert_eq!(guests.complete(guest, &taken, "guest").await.unwrap_err().code(), "unauthenticated");
    assert_eq!(hers.complete(guest, &taken, "hers").await.unwrap_err().code(), "guest-cart");
    let own = fleet.filled_cart(&hers, &[("1", 9_999)]).await;
    let merged = hers.merge(guest, own).await.unwrap();
    assert_eq!(lines(&merged), [("1".to_owned(), 10_000), ("2".to_owned(), 1)]);
    assert_eq!(hers.merge(guest, own).await.unwrap(), merged, "again it is done");
    for gone in [guests.cart(guest).await, hers.cart(guest).await] {
        assert_eq!(gone.unwrap_err().status(), 404, "the guest's cart is no more");
    }
    let another = fleet.filled_cart(&hers, &[]).await;
    assert_eq!(hers.merge(guest, another).await.unwrap_err().status(), 404, "it was merged already");
    hers.put(own, &"1".parse().unwrap(), 1).await.unwrap();
    let order = fleet.check_out(&ada(), own, Payment::Account).await;
    assert_eq!(order.state, OrderState::Open);
    fleet.shutdown().await;
}

#[tokio::test]
async fn open_carts_are_found_from_another_device_by_their_owner_only() {
    let fleet = Fleet::start().await;
    let hers = fleet.carts(&ada());
    let mut open = Vec::new();
    for product in ["1", "2", "3"] {
        open.push(fleet.filled_cart(&hers, &[(product, 1)]).await);
    }
    fleet.filled_cart(&fleet.carts(&grace()), &[("1", 1)]).await;
    fleet.filled_cart(&fleet.guest_carts(), &[("1", 1)]).await;
    let done = fleet.filled_cart(&hers, &[("1", 1)]).await;
    fleet.check_out(&ada(), done, Payment::Account).await;
    open.sort();
    let listed: Vec<CartId> = hers.carts().await.unwrap().items.iter().map(|cart| cart.id).collect();
    assert_eq!(listed, open);
    assert_eq!(fleet.guest_carts().carts().await.unwrap_err().code(), "unauthenticated");
    fleet.shutdown().await;
}

#[tokio::test]
async fn only_a_guests_cart_is_merged_and_only_into_ones_own() {
    let fleet = Fleet::start().await;
    let (guests, hers) = (fleet.guest_carts(), fleet.carts(&ada()));
    let own = fleet.filled_cart(&hers, &[("1", 1)]).await;
    let of_grace = fleet.filled_cart(&fleet.carts(&grace()), &[("1", 1)]).await;
    let guest = fleet.filled_cart(&guests, &[("1", 1)]).await;
    let other = fleet.filled_cart(&guests, &[]).await;
    assert_eq!(hers.merge(of_grace, own).await.unwrap_err().status(), 404);
    assert_eq!(hers.merge(guest, of_grace).await.unwrap_err().status(), 404);
    assert_eq!(hers.merge(guest, other).await.unwrap_err().code(), "invalid-body");
    assert_eq!(hers.merge(own, own).await.unwrap_err().code(), "conflict");
    assert_eq!(guests.merge(guest, own).await.unwrap_err().code(), "unauthenticated");
    assert_eq!(lines(&guests.cart(guest).await.unwrap()), [("1".to_owned(), 1)]);
    fleet.shutdown().await;
}

/// Whatever is asked of another's cart, the answer is that of a cart that there never was.
#[tokio::test]
async fn nobody_sees_or_changes_the_cart_of_another() {
    let fleet = Fleet::start().await;
    let hers = fleet.carts(&ada());
    let cart = fleet.filled_cart(&hers, &[("1", 1)]).await;
    let quote = hers.quote(cart).await.unwrap();
    let before = hers.cart(cart).await.unwrap();
    let nowhere = CartId::new(Id::from_u128(0xdead));
    let requests = |cart: CartId| {
        let at = |rest: &str| format!("/api/cart/v1/carts/{cart}{rest}");
        let body = |method: &str, rest: &str, body: &str| Request::new(method, &at(rest)).json(body);
        vec![
            Request::new("GET", &at("")),
            body("PUT", "/lines/1", r#"{"quantity":7}"#),
            Request::new("DELETE", &at("/lines/1")),
            body("PUT", "/destination", r#"{"country":"US","currency":"USD"}"#),
            body("PUT", "/coupon", r#"{"code":"x"}"#),
            Request::new("DELETE", &at("/coupon")),
            Request::new("POST", &at("/quotes")),
            body("POST", "/completion", &format!(r#"{{"quoteId":"{}"}}"#, quote.id)),
            body("POST", "/merge", &format!(r#"{{"into":"{cart}"}}"#)),
        ]
    };
    for token in [Some(grace()), Some(tradewind_journeys::staff()), None] {
        for (theirs, none) in requests(cart).into_iter().zip(requests(nowhere)) {
            let mut texts = Vec::new();
            for (number, request) in [theirs, none].into_iter().enumerate() {
                let key = format!("{}-{number}", texts.len());
                let request = request.header("Idempotency-Key", format!("{key}-{token:?}").replace(' ', ""));
                let request = match &token {
                    Some(token) => request.bearer(token),
                    None => request,
                };
                let answer = fleet.send(request).await;
                assert!([401, 403, 404].contains(&answer.status), "{}", answer.text());
                let mut json = answer.json();
                json.as_object_mut().unwrap().remove("traceId");
                texts.push((answer.status, json));
            }
            assert_eq!(texts[0], texts[1], "{token:?}");
        }
    }
    assert_eq!(hers.cart(cart).await.unwrap(), before);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_cart_that_was_changed_is_quoted_again_and_saying_the_same_is_no_change() {
    let fleet = Fleet::start().await;
    let hers = fleet.carts(&ada());
    let cart = fleet.filled_cart(&hers, &[("1", 1)]).await;
    let product = "1".parse().unwrap();
    let quote = hers.quote(cart).await.unwrap();
    hers.put(cart, &product, 2).await.unwrap();
    hers.put(cart, &product, 1).await.unwrap();
    let refused = fleet.take(&ada(), &quote, Payment::Account).await.unwrap_err();
    assert_eq!(refused.code(), "cart-changed");
    let quote = hers.quote(cart).await.unwrap();
    hers.put(cart, &product, 1).await.unwrap();
    hers.remove_coupon(cart).await.unwrap();
    fleet.take(&ada(), &quote, Payment::Account).await.unwrap();
    for refused in [hers.put(cart, &product, 2).await, hers.remove_coupon(cart).await] {
        assert_eq!(refused.unwrap_err().code(), "cart-completed");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_sold_is_refused_with_what_to_change() {
    let fleet = Fleet::start().await;
    let guests = fleet.guest_carts();
    let cart = fleet.filled_cart(&guests, &[]).await;
    let code = |refused: Result<_, tradewind_problem::Problem>| {
        let refused: Result<tradewind_cart_contract::Cart, _> = refused;
        refused.unwrap_err().code().to_owned()
    };
    assert_eq!(guests.quote(cart).await.unwrap_err().code(), "cart-empty");
    assert_eq!(code(guests.put(cart, &"nine".parse().unwrap(), 1).await), "unknown-product");
    assert_eq!(code(guests.put(cart, &"1".parse().unwrap(), 10_001).await), "invalid-body");
    let to =
        |country: &str, currency: Currency| SetDestination { country: country.parse().unwrap(), currency };
    assert_eq!(code(guests.send_to(cart, &to("AQ", Currency::GBP)).await), "country-not-served");
    let away = CreateCart { country: "AQ".parse().unwrap(), currency: Currency::GBP };
    assert_eq!(code(guests.create(&away).await), "country-not-served");
    guests.put(cart, &"1".parse().unwrap(), 1).await.unwrap();
    guests.send_to(cart, &to("GB", "JPY".parse().unwrap())).await.unwrap();
    let refused = guests.quote(cart).await.unwrap_err();
    assert_eq!((refused.code(), refused.errors()[0].pointer.as_str()), ("not-priced", "/lines/1"));
    guests.send_to(cart, &to("GB", cents(0).currency())).await.unwrap();
    assert_eq!(guests.quote(cart).await.unwrap().subtotal, cents(140));
    let nothing = CompleteCart { quote_id: QuoteId::new(Id::from_u128(1)), payment: Payment::Account };
    let own = fleet.filled_cart(&fleet.carts(&ada()), &[("1", 1)]).await;
    let refused = fleet.carts(&ada()).complete(own, &nothing, "nothing").await.unwrap_err();
    assert_eq!(refused.code(), "quote-expired");
    fleet.shutdown().await;
}
