use tradewind_architecture::rules::layers::check;

use crate::support::{expect_at, expect_none, here, planted};

#[test]
fn every_module_knows_only_what_is_below() {
    expect_none(&check(&here()));
}

const LIB: &str = "mod actions;\nmod config;\nmod domain;\nmod error;\nmod http;\nmod store;\n\
                   pub use config::Settings;\npub fn service() {}\n";

#[test]
fn references_up_the_layers_are_found() {
    let workspace = planted(&[
        ("services/orders/src/lib.rs", LIB),
        (
            "services/orders/src/main.rs",
            "use tradewind_orders::Settings;\nfn main() { tradewind_orders::service(); }\n",
        ),
        (
            "services/orders/src/http.rs",
            "use crate::{actions::place, error::Refusal, Settings};\nuse crate::domain;\n",
        ),
        ("services/orders/src/actions/place.rs", "use super::shared;\nuse super::super::http::Reply;\n"),
        (
            "services/orders/src/store.rs",
            "use crate::{domain, error, actions::{self, place}};\nfn a() { crate::service() }\n",
        ),
        (
            "services/orders/src/domain/line.rs",
            "use crate::error::Refusal;\nuse crate::domain::Order;\nuse tradewind_kernel::Money;\n",
        ),
        ("services/orders/src/error.rs", "use std::fmt;\n"),
        ("services/orders/src/config.rs", "use super::store;\n"),
    ]);
    let wrong = [
        "services/orders/src/actions/place.rs:2",
        "services/orders/src/actions/place.rs:2",
        "services/orders/src/domain/line.rs:1",
        "services/orders/src/store.rs:1",
        "services/orders/src/store.rs:2",
    ];
    expect_at(&check(&workspace), &wrong);
}

#[test]
fn cycles_among_modules_are_found() {
    let workspace = planted(&[
        (
            "platform/db/src/lib.rs",
            "mod pool;\nmod tx;\nmod row;\nmod error;\npub use tx::Tx;\npub use error::Error;\n",
        ),
        ("platform/db/src/pool.rs", "use crate::Tx;\nuse crate::Error;\n"),
        ("platform/db/src/tx/mod.rs", "use crate::row::Row;\nuse super::Error;\n"),
        ("platform/db/src/row.rs", "fn a() -> Option<crate::pool::Pool> { None }\n"),
        ("platform/db/src/error.rs", "#[cfg(test)]\nmod tests {\n    use crate::pool::Pool;\n}\n"),
    ]);
    let found = check(&workspace);
    expect_at(&found, &["platform/db/src/pool.rs:1"]);
    assert!(found[0].what.starts_with("modules pool, row, tx form a cycle"), "{}", found[0].what);
}

#[test]
fn a_chain_of_modules_is_no_cycle() {
    let workspace = planted(&[
        ("apps/tradewind/src/main.rs", "mod a;\nmod b;\nmod c;\nuse a::run;\nfn main() { run() }\n"),
        (
            "apps/tradewind/src/a.rs",
            "use super::b::B;\nmod inner {\n    use super::super::c;\n    use super::x;\n}\n",
        ),
        ("apps/tradewind/src/b.rs", "use crate::c::C;\nuse crate::b::own;\n"),
        ("apps/tradewind/src/c.rs", "macro_rules! m { () => { $crate::a::run() } }\n"),
    ]);
    expect_none(&check(&workspace));
}
