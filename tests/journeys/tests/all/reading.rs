//! Who sees which orders.

use serde_json::Value;
use tradewind_journeys::{Fleet, ada, grace, staff};
use tradewind_kernel::{Id, Page};
use tradewind_orders_contract::{Order, OrderId, OrderState};
use tradewind_testkit::{Answer, Request};

/// The answer without what differs each time.
fn timeless(answer: &Answer) -> Value {
    let mut document = answer.json();
    document.as_object_mut().unwrap().remove("traceId");
    document
}

#[tokio::test]
async fn the_order_of_somebody_else_looks_like_no_order() {
    let fleet = Fleet::start().await;
    let order = fleet.order(&ada(), &[("1", 1)]).await;
    let unknown = OrderId::new(Id::from_u128(1));
    let show = |id: OrderId| Request::new("GET", &format!("/api/orders/v1/orders/{id}")).bearer(&grace());
    let cancel = |id: OrderId| {
        let target = format!("/api/orders/v1/orders/{id}/cancellation");
        Request::new("POST", &target).bearer(&grace()).header("Idempotency-Key", format!("key-{id}"))
    };
    for request in [show as fn(OrderId) -> Request, cancel] {
        let (theirs, nobodys) = (fleet.send(request(order.id)).await, fleet.send(request(unknown)).await);
        drop(theirs.refusal(404, "not-found"));
        assert_eq!((theirs.status, timeless(&theirs)), (nobodys.status, timeless(&nobodys)));
    }
    fleet.quiet().await;
    assert_eq!(fleet.orders(&ada()).order(order.id).await.unwrap().state, OrderState::Open);
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_see_every_order() {
    let fleet = Fleet::start().await;
    for token in [ada(), grace()] {
        let order = fleet.order(&token, &[("1", 1)]).await;
        assert_eq!(fleet.orders(&staff()).order(order.id).await.unwrap(), order);
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn orders_are_listed_in_pages_newest_first() {
    let fleet = Fleet::start().await;
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(fleet.place(&ada(), &[("1", 1)]).await);
    }
    let foreign = fleet.place(&grace(), &[("1", 1)]).await;
    placed.reverse();
    let caller = fleet.caller("gateway/data-plane", &ada());
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/orders/v1/orders?limit=2{after}");
        let page: Page<Order> = caller.get(&path).await.unwrap();
        pages.push(page.items.iter().map(|order| order.id).collect::<Vec<_>>());
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(pages.concat(), placed);
    let all = fleet.orders(&ada()).orders().await.unwrap();
    assert_eq!((all.items.len(), all.next), (5, None));
    let theirs = fleet.orders(&grace()).orders().await.unwrap();
    assert_eq!(theirs.items.iter().map(|order| order.id).collect::<Vec<_>>(), [foreign]);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_page_as_long_as_the_list_is_the_last_one() {
    let fleet = Fleet::start().await;
    for _ in 0..2 {
        fleet.place(&ada(), &[("1", 1)]).await;
    }
    let caller = fleet.caller("gateway/data-plane", &ada());
    let page: Page<Order> = caller.get("/api/orders/v1/orders?limit=2").await.unwrap();
    assert_eq!((page.items.len(), page.next), (2, None));
    fleet.shutdown().await;
}

#[tokio::test]
async fn nobody_sees_an_account_but_its_owner() {
    let fleet = Fleet::start().await;
    let account = fleet.account(&ada()).await;
    assert_eq!((account.name.as_str(), account.credit_limit.minor()), ("Ada", 1500));
    let me = || Request::new("GET", "/api/customers/v1/me");
    drop(fleet.send(me()).await.refusal(401, "unauthenticated"));
    drop(fleet.send(me().bearer(&staff())).await.refusal(403, "forbidden"));
    let stranger = tradewind_journeys::user(Id::from_u128(1));
    drop(fleet.send(me().bearer(&stranger)).await.refusal(404, "not-found"));
    fleet.shutdown().await;
}
