//! Two fleets on the same databases.

use futures_util::future::join_all;
use tradewind_orders_contract::{Accepted, OrderState, OrdersClient, PlaceOrder};
use tradewind_testkit::{Postgres, Request, until};

use super::shop::{Databases, ORDER, Shop, ada};

const ORDERS: &str = "/api/orders/v1/orders";

fn wish() -> PlaceOrder {
    serde_json::from_str(ORDER).unwrap()
}

/// What the database of a service answers.
async fn told(databases: &Databases, service: &str, statement: &str) -> String {
    let server = Postgres::shared().await;
    server.psql(&format!("{}{service}", databases.prefix), statement).await
}

/// Waits until no order is undecided, and gives how many there are by state.
async fn decided(databases: &Databases, orders: usize) -> String {
    let states = "select state, count(*) from order_view group by state order by state";
    until("all orders are decided", async || {
        let told = told(databases, "orders", states).await;
        let sum: usize = told.lines().filter_map(|line| line.split_once('|')?.1.parse::<usize>().ok()).sum();
        (sum == orders && !told.contains("NEW")).then_some(told)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_placed_at_both_reach_their_end_and_one_goes_on_when_the_other_dies() {
    let databases = Databases::on(Postgres::shared().await).await;
    let one = Shop::start(&databases.settings).await;
    one.fill().await;
    // A runtime of its own: dropped, everything in it ends at once, as in a process that is killed.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let settings = databases.settings.clone();
    let other = runtime.spawn(async move { Shop::start(&settings).await }).await.unwrap();
    let place = async |shop: &Shop, key: String| -> Accepted {
        OrdersClient::new(shop.caller()).place(&wish(), &key).await.unwrap()
    };
    for round in 0..5 {
        tokio::join!(place(&one, format!("one-{round}")), place(&other, format!("other-{round}")));
    }
    println!("{}", decided(&databases, 10).await);
    drop(other);
    runtime.shutdown_background();
    for round in 0..5 {
        place(&one, format!("after-{round}")).await;
    }
    // Those whose subscriptions the other followed are taken over when their leases have ended.
    println!("{}", decided(&databases, 15).await);
    let both = "select count(*) from reservation group by order_id having count(*) > 1";
    assert_eq!(told(&databases, "stock", both).await, "", "an event was handled twice");
    let sums = "select count(*) from item where reserved <> (select coalesce(sum(quantity), 0)
        from reservation where reservation.product_id = item.product_id and state in ('held', 'confirmed'))";
    assert_eq!(told(&databases, "stock", sums).await, "0");
    one.keeps_its_promises().await;
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_to_both_at_once_is_one_order() {
    let databases = Databases::on(Postgres::shared().await).await;
    let (one, other) = (Shop::start(&databases.settings).await, Shop::start(&databases.settings).await);
    one.fill().await;
    for round in 0..10 {
        let key = format!("key-{round}");
        let both = [&one, &other].map(|shop| shop.command("gateway/data-plane", ORDERS, &key, ORDER));
        let answers = join_all(both).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert!(statuses.contains(&202) && statuses.iter().all(|is| [202, 409].contains(is)), "{statuses:?}");
        if statuses == [202, 202] {
            assert_eq!(answers[0].header("location"), answers[1].header("location"));
        }
    }
    let first = "select count(*) from stream_event where version = 1";
    assert_eq!(told(&databases, "orders", first).await, "10");
    one.keeps_its_promises().await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_at_one_is_woken_by_what_the_other_did() {
    let databases = Databases::on(Postgres::shared().await).await;
    // The first one follows all subscriptions; the caller waits at the second.
    let one = Shop::start(&databases.settings).await;
    one.fill().await;
    let other = Shop::start(&databases.settings).await;
    let request = Request::new("POST", ORDERS).bearer(&ada()).header("Prefer", "wait=2");
    let request = request.header("Idempotency-Key", "waited").json(ORDER);
    let answer = request.send(other.door("gateway/data-plane")).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let place = answer.header("location").unwrap().to_owned();
    let order = other.get("gateway/data-plane", &place).await;
    let state: serde_json::Value = serde_json::from_str(&order.text()).unwrap();
    assert_eq!(state["state"], serde_json::to_value(OrderState::Open).unwrap(), "{}", order.text());
    one.keeps_its_promises().await;
    one.stop().await;
    other.stop().await;
}
