//! The service as a process of its own.

#[tokio::test]
async fn it_starts_says_where_it_is_and_drains() {
    tradewind_testkit::serves_alone(
        env!("CARGO_BIN_EXE_tradewind-shopfront"),
        "shopfront",
        &["catalogue", "stock", "accounts", "cart", "orders", "customers", "payments", "shipping"],
    )
    .await;
}
