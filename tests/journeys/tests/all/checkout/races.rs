//! Many at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tradewind_cart_contract::{CompleteCart, Payment};
use tradewind_journeys::{Fleet, ada};
use tradewind_kernel::Id;
use tradewind_orders_contract::{OrderId, OrderState};
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, Problem};

use super::{GOOD, by_card, charge, pence, prompt};

/// Rounds of the race for a coupon; `tradewind-load races` runs a thousand.
const ROUNDS: usize = 3;

/// A browser that comes back, its other tab, and the provider's callback complete one checkout: there is one order, and
/// its card is charged once.
async fn twenty_at_once(callbacks: &[&str]) {
    let fleet = prompt(callbacks).await;
    let payment = by_card(&fleet, GOOD).await;
    let hers = fleet.carts(&ada());
    let cart = fleet.filled_cart(&hers, &[("1", 2)]).await;
    let quote = hers.quote(cart).await.unwrap();
    let taken = CompleteCart { quote_id: quote.id, payment };
    let complete = async |number: usize| {
        // Half of them with one key, the others each with their own.
        let key = if number.is_multiple_of(2) { "same".to_owned() } else { format!("key-{number}") };
        loop {
            match fleet.carts(&ada()).complete(cart, &taken, &key).await {
                Err(problem) if problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT) => {}
                other => return other.unwrap().id,
            }
        }
    };
    let ids: BTreeSet<Id> = join_all((0..20).map(complete)).await.into_iter().collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let id = OrderId::new(*ids.first().unwrap());
    fleet.quiet().await;
    fleet.comes_to(&ada(), id, |order| order.state == OrderState::Completed).await;
    fleet.quiet().await;
    assert_eq!(fleet.carts(&ada()).complete(cart, &taken, "long-after").await.unwrap().id, id.id());
    fleet.quiet().await;
    let orders = fleet.orders(&ada()).orders().await.unwrap().items;
    assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [id]);
    assert_eq!(charge(&fleet, id).await.captured, quote.total);
    assert_eq!(fleet.told("cart", id).await, ["cart-completed"]);
    assert_eq!(fleet.told("payments", id).await, ["payment-authorised", "payment-captured"]);
    fleet.shutdown().await;
}

#[tokio::test]
async fn twenty_completions_at_once_are_one_order_and_one_charge() {
    twenty_at_once(&[]).await;
}

#[tokio::test]
async fn and_so_they_are_when_the_provider_tells_before_it_answers() {
    twenty_at_once(&["provider.callback_early=100"]).await;
}

#[tokio::test]
async fn and_when_it_tells_late_and_twice() {
    let late = ["provider.callback_late=100", "provider.callback_twice=100", "provider.callback_delay=1s"];
    twenty_at_once(&late).await;
}

#[tokio::test]
async fn of_fifty_who_want_the_last_coupon_one_gets_it() {
    let fleet = Fleet::start().await;
    let mut tokens = Vec::new();
    for number in 0..50 {
        tokens.push(fleet.customer(0xc0_0000 + number, 100_000).await);
    }
    fleet.receive("1", 1_000).await;
    for round in 0..ROUNDS {
        let name = format!("ROUND-{round}");
        fleet.coupon(&name, 1_000, Some(1)).await;
        let code = name.parse().unwrap();
        let buy = async |token: &String| -> Result<OrderId, Problem> {
            let carts = fleet.carts(token);
            let cart = fleet.filled_cart(&carts, &[("1", 1)]).await;
            carts.enter_coupon(cart, &code).await?;
            let quote = carts.quote(cart).await?;
            fleet.take(token, &quote, Payment::Account).await
        };
        let outcomes = join_all(tokens.iter().map(buy)).await;
        let refusals: BTreeSet<&str> =
            outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(Problem::code).collect();
        let won: Vec<usize> = (0..50).filter(|number| outcomes[*number].is_ok()).collect();
        assert_eq!((won.len(), refusals), (1, BTreeSet::from(["coupon-used-up"])), "round {round}");
        assert_eq!(fleet.offers().coupon(&code).await.unwrap().redeemed, 1);
        fleet.quiet().await;
        let id = *outcomes[won[0]].as_ref().unwrap();
        let order = fleet.orders(&tokens[won[0]]).order(id).await.unwrap();
        assert_eq!((order.state, order.discount), (OrderState::Open, Some(pence(12))));
    }
    fleet.shutdown().await;
}
