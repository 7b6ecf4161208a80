use tradewind_architecture::rules::manifests::check;

use crate::support::{expect_at, expect_none, here, manifest, planted};

#[test]
fn every_manifest_inherits() {
    expect_none(&check(&here()));
}

#[test]
fn what_is_not_inherited_is_found() {
    let own = "[package]\nname = \"tradewind-a\"\nversion = \"0.1.0\"\n\n[dependencies]\nserde = \"1\"\n\n\
               [target.'cfg(unix)'.dev-dependencies]\nlibc = { version = \"0.2\" }\n\
               http = { workspace = true }\n";
    let workspace = planted(&[("services/a/Cargo.toml", own)]);
    let lines = [3, 1, 1, 6, 9].map(|line| format!("services/a/Cargo.toml:{line}"));
    expect_at(&check(&workspace), &lines.each_ref().map(String::as_str));
}

#[test]
fn a_package_is_named_after_its_folder() {
    let workspace = planted(&[
        ("contracts/stock/Cargo.toml", &manifest("tradewind-stock-contract", "")),
        ("contracts/stock/src/lib.rs", "#![deny(missing_docs)]\n"),
        ("contracts/orders/Cargo.toml", &manifest("tradewind-orders", "")),
        ("contracts/orders/src/lib.rs", "#![warn(missing_docs)]\n"),
        ("apps/tradewind/Cargo.toml", &manifest("tradewind", "")),
        ("apps/fleet/Cargo.toml", &manifest("fleet", "")),
        ("services/stock/Cargo.toml", &manifest("tradewind-stock", "")),
    ]);
    expect_at(&check(&workspace), &["apps/fleet/Cargo.toml:2", "contracts/orders/Cargo.toml:2"]);
}

#[test]
fn platform_and_contracts_ask_for_documentation() {
    let workspace = planted(&[
        ("platform/a/src/lib.rs", "#![allow(missing_docs)]\n"),
        ("platform/b/src/lib.rs", "//! Text.\n#![warn(missing_docs, unused)]\n"),
        ("contracts/c/src/lib.rs", "#[warn(missing_docs)]\nmod a {}\n"),
        ("contracts/d/src/main.rs", ""),
        ("services/e/src/lib.rs", ""),
    ]);
    expect_at(
        &check(&workspace),
        &["platform/a/src/lib.rs:1", "contracts/c/src/lib.rs:1", "contracts/d/src/lib.rs:1"],
    );
}
