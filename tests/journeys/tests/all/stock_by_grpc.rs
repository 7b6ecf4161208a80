//! Stock by gRPC says what it says by REST, in memory and over sockets.

use tradewind_journeys::{Fleet, ada};
use tradewind_kernel::Slug;
use tradewind_problem::{CONFLICT, IDEMPOTENCY_KEY_REUSED, NOT_FOUND};
use tradewind_stock_contract::{ReceiveStock, RegisterItem, StockClient, StockGrpcClient};

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn public(fleet: &Fleet) -> StockGrpcClient {
    StockGrpcClient::new(fleet.caller("stock/public", &ada()))
}

fn internal(fleet: &Fleet) -> StockGrpcClient {
    StockGrpcClient::new(fleet.internal("stock"))
}

async fn says_the_same(fleet: Fleet) {
    let (grpc, rest) = (public(&fleet), StockClient::new(fleet.caller("stock/public", &ada())));
    let stocks = grpc.stocks().await.unwrap();
    assert_eq!(stocks, rest.stocks().await.unwrap());
    assert_eq!(stocks.len(), 5);
    assert_eq!(grpc.stocks_if_known().await.unwrap().value, Some(stocks.clone()));
    assert_eq!(grpc.stock(&slug("1")).await.unwrap(), stocks[0]);
    assert!(grpc.stock(&slug("none")).await.unwrap_err().is(&NOT_FOUND));
    let some = grpc.stocks_of(&["3", "none", "1"].map(slug)).await.unwrap();
    assert_eq!(some, [stocks[2].clone(), stocks[0].clone()]);
    changes_it_once(&fleet).await;
    fleet.shutdown().await;
}

async fn changes_it_once(fleet: &Fleet) {
    let admin = internal(fleet);
    let item = RegisterItem { sku: slug("sku-9") };
    for _ in 0..2 {
        admin.register(&slug("9"), &item, "register").await.unwrap();
    }
    let receipt = ReceiveStock { quantity: 7, reference: Some(slug("note-1")) };
    for _ in 0..3 {
        assert_eq!(admin.receive(&slug("9"), &receipt, "receive").await.unwrap().amount_available, 7);
    }
    // A note is booked once, whatever the key, and by whichever way.
    let rest = StockClient::new(fleet.internal("stock"));
    assert_eq!(rest.receive(&slug("9"), &receipt, "again").await.unwrap().amount_available, 7);
    let more = ReceiveStock { quantity: 8, ..receipt };
    for _ in 0..2 {
        assert!(admin.receive(&slug("9"), &more, "more").await.unwrap_err().is(&CONFLICT));
    }
    let reused = admin.receive(&slug("9"), &more, "receive").await.unwrap_err();
    assert!(reused.is(&IDEMPOTENCY_KEY_REUSED));
    let stock = public(fleet).stock(&slug("9")).await.unwrap();
    assert_eq!((stock.sku.as_str(), stock.amount_available), ("sku-9", 7));
}

#[tokio::test]
async fn over_sockets() {
    says_the_same(Fleet::start().await).await;
}

#[tokio::test(start_paused = true)]
async fn in_memory() {
    says_the_same(Fleet::simulated(1, &[]).await).await;
}

/// What an order takes is gone from what both say.
#[tokio::test]
async fn an_order_is_seen() {
    let fleet = Fleet::start().await;
    let before = public(&fleet).stock(&slug("1")).await.unwrap().amount_available;
    drop(fleet.order(&ada(), &[("1", 1)]).await);
    assert_eq!(public(&fleet).stock(&slug("1")).await.unwrap().amount_available, before - 1);
    fleet.shutdown().await;
}

/// With the setting the shop asks so, and shows the same.
#[tokio::test]
async fn the_shop_asks_so_when_it_is_told_to() {
    let mut shown = Vec::new();
    for protocol in ["http", "grpc"] {
        let setting = format!("shopfront.stock_protocol={protocol}");
        let fleet = Fleet::start_with(&[&setting]).await;
        let request = tradewind_testkit::Request::new("GET", "/products");
        shown.push(request.send(fleet.door("shopfront/public")).await.text());
        let metrics = tradewind_testkit::Request::new("GET", "/metrics");
        let metrics = metrics.send(fleet.door("stock/internal")).await.text();
        let asked = metrics.contains(r#"door="public",route="/tradewind.stock.v1.StockService/ListStocks""#);
        assert_eq!(asked, protocol == "grpc", "{metrics}");
        fleet.shutdown().await;
    }
    assert_eq!(shown[0], shown[1]);
    assert!(shown[0].contains(r#""stock":"known""#), "{}", shown[0]);
}
