use tradewind_architecture::rules::test_targets::check;

use crate::support::{expect_at, expect_none, here, manifest, planted};

#[test]
fn no_test_is_in_a_target_that_is_not_tested() {
    expect_none(&check(&here()));
}

#[test]
fn a_test_that_nobody_would_run_is_found() {
    let test = "#[test]\nfn a() {}\n";
    let timed = "mod tests {\n    #[tokio::test(start_paused = true)]\n    async fn a() {}\n}\n";
    let bin = "[[bin]]\nname = \"a\"\npath = \"src/main.rs\"\ntest = false\n";
    let workspace = planted(&[
        ("services/a/Cargo.toml", &manifest("tradewind-a", bin)),
        ("services/a/src/main.rs", test),
        ("services/a/src/lib.rs", test),
        ("services/b/Cargo.toml", &manifest("tradewind-b", "[lib]\ntest = false\n")),
        ("services/b/src/lib.rs", "mod c;\n"),
        ("services/b/src/c.rs", timed),
        ("services/b/src/main.rs", test),
        ("services/b/tests/all/main.rs", test),
        ("services/c/src/lib.rs", test),
    ]);
    expect_at(&check(&workspace), &["services/a/src/main.rs:1", "services/b/src/c.rs:1"]);
}
