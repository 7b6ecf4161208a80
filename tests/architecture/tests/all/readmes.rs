use tradewind_architecture::rules::readmes::check;

use crate::support::{expect_at, expect_none, here, planted};

#[test]
fn every_service_says_what_it_is() {
    expect_none(&check(&here()));
}

#[test]
fn missing_long_and_incomplete_readmes_are_found() {
    let whole = "# Orders\n\n## Owns\n\n## Promises\n\n## Listens to\n\n## Calls\n";
    let workspace = planted(&[
        ("services/README.md", "# Services\n"),
        ("services/orders/README.md", whole),
        ("services/stock/src/lib.rs", ""),
        ("services/mail/README.md", &whole.replace("## Calls", "It calls nobody.")),
        ("services/cart/README.md", &format!("{whole}{}", "A line.\n".repeat(32))),
    ]);
    expect_at(
        &check(&workspace),
        &["services/cart/README.md:41", "services/mail/README.md:1", "services/stock/README.md:1"],
    );
}
