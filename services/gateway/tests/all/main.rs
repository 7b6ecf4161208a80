//! The service as a process of its own, and the program as a gateway of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, shares what it needs, and owns its tasks"
)]

mod admin;
mod admission;
mod affinity;
mod backend;
mod backend_tls;
mod chain;
mod changes;
mod checks;
mod circuit_breaker;
mod compression;
mod controller;
mod documents;
mod faults;
mod fleet;
mod gateway;
mod guide;
mod keys;
mod killed;
mod listeners;
mod log;
mod objects;
mod passthrough;
mod policies;
mod ports;
mod retries;
mod start;
mod statuses;
mod stop;
mod upgrade;

#[tokio::test]
async fn it_starts_says_where_it_is_and_drains() {
    tradewind_testkit::serves_alone(
        env!("CARGO_BIN_EXE_tradewind-gateway"),
        "gateway",
        &[
            "accounts",
            "backoffice",
            "cart",
            "catalogue",
            "customers",
            "mail",
            "notification",
            "orders",
            "payments",
            "provider",
            "shipping",
            "shopfront",
            "stock",
            "storage",
            "webhooks",
        ],
    )
    .await;
}
