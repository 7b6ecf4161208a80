use tradewind_architecture::rules::pure_domain::check;

use crate::support::{expect_at, expect_none, here, planted};

#[test]
fn every_domain_is_pure() {
    expect_none(&check(&here()));
}

#[test]
fn technology_in_a_domain_is_found() {
    let workspace = planted(&[
        (
            "services/stock/src/domain.rs",
            "use http::StatusCode;\n// http::Uri may be spoken of\nfn f() -> u8 { 1 }\n",
        ),
        (
            "services/orders/src/domain/line.rs",
            "fn a(tx: &mut tradewind_db::Tx) {}\n\nasync fn b() {\n    c().await;\n}\n",
        ),
        ("services/orders/src/domain/mod.rs", "fn a(http: u8) -> u8 {\n    http\n}\n"),
        ("services/orders/src/store.rs", "use tradewind_db::Tx;\nasync fn a() {}\n"),
        ("platform/kernel/src/domain.rs", "use tokio::sync::mpsc;\n"),
    ]);
    let wrong = [
        "services/orders/src/domain/line.rs:1",
        "services/orders/src/domain/line.rs:3",
        "services/orders/src/domain/line.rs:4",
        "services/stock/src/domain.rs:1",
    ];
    expect_at(&check(&workspace), &wrong);
}
