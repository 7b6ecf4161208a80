use tradewind_architecture::rules::direction::check;

use crate::support::{expect_at, expect_none, here, manifest, planted};

#[test]
fn every_crate_depends_downwards() {
    expect_none(&check(&here()));
}

#[test]
fn manifests_that_point_the_wrong_way_are_found() {
    let needs = |package: &str, needed: &str| {
        manifest(package, &format!("[dependencies]\n{needed} = {{ workspace = true }}\n"))
    };
    let workspace = planted(&[
        ("platform/kernel/Cargo.toml", &needs("tradewind-kernel", "tradewind-stock-contract")),
        ("platform/testkit/src/lib.rs", ""),
        ("contracts/stock/Cargo.toml", &needs("tradewind-stock-contract", "tradewind-kernel")),
        ("contracts/orders/Cargo.toml", &needs("tradewind-orders-contract", "tradewind-stock-contract")),
        ("services/stock/Cargo.toml", &needs("tradewind-stock", "tradewind-orders-contract")),
        ("services/orders/Cargo.toml", &needs("tradewind-orders", "tradewind-stock")),
        ("apps/fleet/Cargo.toml", &needs("tradewind-fleet", "tradewind-stock")),
        ("apps/tradewind/Cargo.toml", &needs("tradewind", "tradewind-stock")),
        ("tests/sim/Cargo.toml", &needs("tradewind-sim", "tradewind-fleet")),
        ("tests/journeys/Cargo.toml", &needs("tradewind-journeys", "tradewind-stock")),
        ("tests/load/Cargo.toml", &needs("tradewind-load", "tradewind")),
        ("examples/lamps/Cargo.toml", &needs("tradewind-example-lamps", "tradewind-kernel")),
        ("examples/rooms/Cargo.toml", &needs("tradewind-example-rooms", "tradewind-stock-contract")),
        ("tests/lamps/Cargo.toml", &needs("tradewind-lamps", "tradewind-example-lamps")),
    ]);
    let wrong = [
        "apps/fleet/Cargo.toml:1",
        "apps/tradewind/Cargo.toml:10",
        "contracts/orders/Cargo.toml:10",
        "examples/rooms/Cargo.toml:10",
        "platform/kernel/Cargo.toml:10",
        "services/orders/Cargo.toml:10",
        "tests/journeys/Cargo.toml:10",
        "tests/lamps/Cargo.toml:10",
        "tests/load/Cargo.toml:10",
    ];
    expect_at(&check(&workspace), &wrong);
}

#[test]
fn a_dev_dependency_counts_unless_it_is_the_testkit() {
    let needs = "[dev-dependencies]\ntradewind-testkit.workspace = true\n\
                 stock = { package = \"tradewind-stock\", path = \"x\" }\n";
    let workspace = planted(&[
        ("platform/testkit/src/lib.rs", ""),
        ("services/stock/src/lib.rs", ""),
        ("services/orders/Cargo.toml", &manifest("tradewind-orders", needs)),
    ]);
    expect_at(&check(&workspace), &["services/orders/Cargo.toml:11"]);
}

#[test]
fn paths_that_point_the_wrong_way_are_found() {
    let workspace = planted(&[
        ("platform/kernel/src/lib.rs", "pub fn f() {\n    tradewind_stock::service();\n}\n"),
        ("services/stock/src/main.rs", "use tradewind_stock as me;\nuse tradewind_kernel::{f, f as g};\n"),
        (
            "services/orders/src/lib.rs",
            "/// Not tradewind_stock::service.\nuse {\n    tradewind_stock::A\n};\n",
        ),
        ("services/orders/tests/all.rs", "fn a() {\n    assert!(tradewind_stock::b());\n}\n"),
    ]);
    let wrong =
        ["platform/kernel/src/lib.rs:2", "services/orders/src/lib.rs:3", "services/orders/tests/all.rs:2"];
    expect_at(&check(&workspace), &wrong);
}
