use tradewind_architecture::rules::vocabulary::check;

use crate::support::{expect_none, here, manifest, planted};

#[test]
fn the_platform_says_no_business_word() {
    expect_none(&check(&here()));
}

#[test]
fn business_words_are_found_whole_and_inside_names() {
    let lines = [
        "// The order of orderly words, restocked.", // says nothing of the business
        "// For example a customer.",
        "fn take_payments() {}",
        "struct NewSKUs;",
        "struct SkuList;",
        "const TOPIC: &str = \"tradewind.orders.placed\";",
        "const PAYMENTS2: u8 = 1;",
        "fn ordering() {}",
        "mod shipping {}",
    ];
    let workspace = planted(&[
        ("platform/db/src/lib.rs", &lines.join("\n")),
        ("platform/db/tests/all.rs", "// Tests may speak of stock."),
        ("platform/db/Cargo.toml", &manifest("tradewind-db", "# for the catalogue\n")),
        ("services/stock/src/lib.rs", "// A service may speak of stock."),
    ]);
    let found = check(&workspace);
    let lines: Vec<usize> = found.iter().map(|violation| violation.line).collect();
    assert_eq!(lines, [9, 2, 3, 4, 5, 6, 7, 9], "{found:#?}");
    assert_eq!(found[0].path, "platform/db/Cargo.toml");
    assert!(found[1..].iter().all(|violation| violation.path == "platform/db/src/lib.rs"));
}
