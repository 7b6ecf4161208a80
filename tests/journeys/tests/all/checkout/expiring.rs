//! What time does to carts and quotes.

use std::time::Duration;

use tradewind_cart_contract::{CompleteCart, Payment};
use tradewind_journeys::{Fleet, ada};
use tradewind_orders_contract::OrderState;

#[tokio::test(start_paused = true)]
async fn a_quote_that_has_expired_is_not_taken() {
    let fleet = Fleet::simulated(1, &["cart.expiry=60m"]).await;
    let carts = fleet.carts(&ada());
    let cart = fleet.filled_cart(&carts, &[("1", 1)]).await;
    let quote = carts.quote(cart).await.unwrap();
    fleet.clock().sleep(Duration::from_secs(15 * 60)).await;
    let refused = fleet.take(&ada(), &quote, Payment::Account).await.unwrap_err();
    assert_eq!(refused.code(), "quote-expired");
    let other = fleet.filled_cart(&fleet.carts(&ada()), &[("1", 1)]).await;
    let of_other = fleet.carts(&ada()).quote(other).await.unwrap();
    let mixed = CompleteCart { quote_id: of_other.id, payment: Payment::Account };
    let refused = fleet.carts(&ada()).complete(cart, &mixed, "mixed").await.unwrap_err();
    assert_eq!(refused.code(), "quote-expired", "the quote of another cart is none");
    let order = fleet.check_out(&ada(), cart, Payment::Account).await;
    assert_eq!(order.state, OrderState::Open);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_cart_that_nobody_touches_is_thrown_away_and_a_completed_one_is_not() {
    let fleet = Fleet::simulated(2, &["cart.expiry=10m"]).await;
    let cart = fleet.filled_cart(&fleet.carts(&ada()), &[("1", 1)]).await;
    let done = fleet.filled_cart(&fleet.carts(&ada()), &[("1", 1)]).await;
    let order = fleet.check_out(&ada(), done, Payment::Account).await;
    fleet.clock().sleep(Duration::from_secs(9 * 60)).await;
    fleet.carts(&ada()).put(cart, &"1".parse().unwrap(), 2).await.unwrap();
    fleet.clock().sleep(Duration::from_secs(9 * 60)).await;
    assert_eq!(fleet.carts(&ada()).cart(cart).await.unwrap().lines.len(), 1);
    fleet.clock().sleep(Duration::from_secs(60)).await;
    assert_eq!(fleet.carts(&ada()).cart(cart).await.unwrap_err().status(), 404);
    assert_eq!(fleet.carts(&ada()).quote(cart).await.unwrap_err().status(), 404);
    fleet.clock().sleep(Duration::from_secs(2 * 3_600)).await;
    assert_eq!(fleet.rows().await.of("cart", "cart"), 1, "the job has thrown it away");
    assert_eq!(fleet.carts(&ada()).cart(done).await.unwrap().order_id, Some(order.id.id()));
    fleet.shutdown().await;
}
