//! What a shop still knows after it was started again.

use tradewind_journeys::{Fleet, ada, wish};
use tradewind_orders_contract::OrderState;

#[tokio::test]
async fn a_restart_keeps_every_order_account_and_item() {
    let fleet = Fleet::start().await;
    let open = fleet.order(&ada(), &[("1", 2)]).await;
    let rejected = fleet.order(&ada(), &[("4", 1)]).await;
    let (account, rows) = (fleet.account(&ada()).await, fleet.rows().await);
    let fleet = fleet.restart().await;
    assert_eq!(fleet.orders(&ada()).orders().await.unwrap().items, [rejected, open.clone()]);
    assert_eq!((fleet.account(&ada()).await, fleet.available("1").await), (account, 3));
    assert_eq!(rows.changes(&fleet.rows().await), Vec::<String>::new());
    fleet.cancel(&ada(), open.id).await;
    assert_eq!(fleet.available("1").await, 5);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_key_used_before_a_restart_is_still_used_after_it() {
    let fleet = Fleet::start().await;
    let before = fleet.orders(&ada()).place(&wish(&[("1", 1)]), "a").await.unwrap();
    let fleet = fleet.restart().await;
    assert_eq!(fleet.orders(&ada()).place(&wish(&[("1", 1)]), "a").await.unwrap(), before);
    let reused = fleet.orders(&ada()).place(&wish(&[("2", 1)]), "a").await.unwrap_err();
    assert_eq!(reused.code(), "idempotency-key-reused");
    assert_eq!(fleet.orders(&ada()).orders().await.unwrap().items.len(), 1);
    fleet.shutdown().await;
}

#[tokio::test]
async fn orders_that_were_accepted_and_not_decided_are_decided_after_a_restart() {
    let fleet = Fleet::start().await;
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(fleet.place(&ada(), &[("1", 1)]).await);
    }
    // No wait: the shop ends while the services still hear of it.
    let fleet = fleet.restart().await;
    for id in placed {
        assert_eq!(fleet.orders(&ada()).order(id).await.unwrap().state, OrderState::Open);
    }
    assert_eq!((fleet.available("1").await, fleet.account(&ada()).await.reserved.minor()), (0, 600));
    fleet.shutdown().await;
}
