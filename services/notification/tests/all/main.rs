//! The service as a process of its own.

#[tokio::test]
async fn it_starts_says_where_it_is_and_drains() {
    let peers = &["accounts", "customers", "orders", "payments", "shipping"];
    tradewind_testkit::serves_alone(env!("CARGO_BIN_EXE_tradewind-notification"), "notification", peers)
        .await;
}
