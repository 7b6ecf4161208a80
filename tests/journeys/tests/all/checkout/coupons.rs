//! Coupons, promotions and taxes.

use tradewind_cart_contract::{Country, Payment, SetCoupon, SetPromotion, SetTax};
use tradewind_journeys::{Fleet, ada, grace};
use tradewind_kernel::Timestamp;
use tradewind_orders_contract::OrderState;

use super::{GOOD, by_card, pence, prompt};

async fn redeemed(fleet: &Fleet, code: &str) -> u32 {
    fleet.offers().coupon(&code.parse().unwrap()).await.unwrap().redeemed
}

#[tokio::test]
async fn coupon_and_promotion_add_up_and_tax_is_on_what_is_left() {
    let fleet = Fleet::start().await;
    fleet.coupon("TEN", 1_000, None).await;
    let promotion = |discount: i64| SetPromotion {
        discount: discount.try_into().unwrap(),
        valid_from: None,
        valid_until: None,
    };
    for (name, discount) in [("small", 500), ("great", 1_500), ("none", 0)] {
        fleet.offers().set_promotion(&name.parse().unwrap(), &promotion(discount)).await.unwrap();
    }
    let old = SetPromotion { valid_until: Some(Timestamp::from_micros(1)), ..promotion(9_000) };
    fleet.offers().set_promotion(&"old".parse().unwrap(), &old).await.unwrap();
    fleet.offers().set_tax(Country::GB, &SetTax { rate: 1_000.try_into().unwrap() }).await.unwrap();
    let hers = fleet.carts(&ada());
    let cart = fleet.filled_cart(&hers, &[("2", 1), ("1", 1)]).await;
    hers.enter_coupon(cart, &"TEN".parse().unwrap()).await.unwrap();
    let quote = hers.quote(cart).await.unwrap();
    // 25 % of 5.30 is 1.325, to even 1.32; 10 % of 3.98 is 0.398.
    assert_eq!((quote.subtotal, quote.discount), (pence(530), pence(132)));
    assert_eq!((quote.tax, quote.total, quote.discount_rate.get()), (pence(40), pence(438), 2_500));
    let order = fleet.check_out(&ada(), cart, Payment::Account).await;
    assert_eq!((order.state, order.total, order.discount), (OrderState::Open, pence(438), Some(pence(132))));
    assert_eq!(redeemed(&fleet, "TEN").await, 1);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_coupon_is_redeemed_up_to_its_limit_and_comes_back_from_orders_that_come_to_nothing() {
    let fleet = Fleet::start_with(&["orders.cancellation_window=10m"]).await;
    fleet.coupon("ONE", 1_000, Some(1)).await;
    let code = "ONE".parse().unwrap();
    let (hers, theirs) = (fleet.carts(&ada()), fleet.carts(&grace()));
    let first = fleet.filled_cart(&hers, &[("1", 1)]).await;
    let second = fleet.filled_cart(&theirs, &[("1", 1)]).await;
    hers.enter_coupon(first, &code).await.unwrap();
    theirs.enter_coupon(second, &code).await.unwrap();
    let (of_first, of_second) = (hers.quote(first).await.unwrap(), theirs.quote(second).await.unwrap());
    let order = fleet.take(&ada(), &of_first, Payment::Account).await.unwrap();
    let refused = fleet.take(&grace(), &of_second, Payment::Account).await.unwrap_err();
    assert_eq!(refused.code(), "coupon-used-up");
    let late = fleet.filled_cart(&theirs, &[("1", 1)]).await;
    assert_eq!(theirs.enter_coupon(late, &code).await.unwrap_err().code(), "coupon-used-up");
    let none =
        SetCoupon { discount: 1.try_into().unwrap(), limit: Some(0), valid_from: None, valid_until: None };
    assert_eq!(fleet.offers().set_coupon(&code, &none).await.unwrap_err().code(), "conflict");
    fleet.quiet().await;
    fleet.cancel(&ada(), order).await;
    assert_eq!(redeemed(&fleet, "ONE").await, 0, "the order was called off");
    let order = fleet.take(&grace(), &of_second, by_card(&fleet, "4000000000009995").await).await.unwrap();
    assert_eq!(redeemed(&fleet, "ONE").await, 1);
    fleet.quiet().await;
    fleet.comes_to(&grace(), order, |order| order.state == OrderState::Rejected).await;
    fleet.quiet().await;
    assert_eq!(redeemed(&fleet, "ONE").await, 0, "the card has refused");
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_coupon_is_consumed_by_an_order_that_is_completed() {
    let fleet = prompt(&[]).await;
    fleet.coupon("ALL", 10_000, Some(1)).await;
    let hers = fleet.carts(&ada());
    let cart = fleet.filled_cart(&hers, &[("1", 1)]).await;
    hers.enter_coupon(cart, &"ALL".parse().unwrap()).await.unwrap();
    let quote = hers.quote(cart).await.unwrap();
    assert_eq!(quote.total, pence(0));
    let refused = fleet.take(&ada(), &quote, by_card(&fleet, GOOD).await).await.unwrap_err();
    assert_eq!((refused.code(), refused.errors()[0].pointer.as_str()), ("invalid-body", "/payment/method"));
    let id = fleet.take(&ada(), &quote, Payment::Account).await.unwrap();
    fleet.quiet().await;
    fleet.comes_to(&ada(), id, |order| order.state == OrderState::Completed).await;
    fleet.quiet().await;
    assert_eq!(redeemed(&fleet, "ALL").await, 1);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_coupon_that_is_not_in_force_is_refused_and_a_quote_with_it_holds() {
    let fleet = Fleet::start().await;
    fleet.coupon("NOW", 1_000, None).await;
    let code = "NOW".parse().unwrap();
    let hers = fleet.carts(&ada());
    let cart = fleet.filled_cart(&hers, &[("1", 1)]).await;
    assert_eq!(
        hers.enter_coupon(cart, &"WHAT".parse().unwrap()).await.unwrap_err().code(),
        "coupon-not-valid"
    );
    hers.enter_coupon(cart, &code).await.unwrap();
    let quote = hers.quote(cart).await.unwrap();
    let over = SetCoupon {
        discount: 1_000.try_into().unwrap(),
        limit: None,
        valid_from: None,
        valid_until: Some(Timestamp::from_micros(1)),
    };
    fleet.offers().set_coupon(&code, &over).await.unwrap();
    assert_eq!(hers.quote(cart).await.unwrap_err().code(), "coupon-not-valid");
    fleet.take(&ada(), &quote, Payment::Account).await.unwrap();
    assert_eq!(redeemed(&fleet, "NOW").await, 1);
    fleet.shutdown().await;
}
