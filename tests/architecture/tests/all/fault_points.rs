use tradewind_architecture::rules::fault_points::check;

use crate::support::{expect_at, expect_none, here, manifest, planted};

#[test]
fn nothing_here_turns_fault_points_or_mutants_on_unasked() {
    expect_none(&check(&here()));
}

#[test]
fn a_default_that_leads_to_them_is_found() {
    let direct = "[features]\ndefault = [\"fault-points\"]\nfault-points = []\n";
    let around = "[features]\ndefault = [\"extra\"]\nextra = [\"tradewind-a/fault-points\"]\n";
    let asked = "[features]\ndefault = []\nfault-points = [\"tradewind-a/fault-points\"]\n";
    let workspace = planted(&[
        ("platform/a/Cargo.toml", &manifest("tradewind-a", direct)),
        ("platform/b/Cargo.toml", &manifest("tradewind-b", around)),
        ("platform/c/Cargo.toml", &manifest("tradewind-c", asked)),
    ]);
    expect_at(&check(&workspace), &["platform/a/Cargo.toml:10", "platform/b/Cargo.toml:11"]);
}

#[test]
fn a_dependency_that_asks_for_them_is_found() {
    let wants = "[dependencies]\ntradewind-b = { workspace = true, features = [\"fault-points\"] }\n\
                 [target.'cfg(unix)'.dev-dependencies.tradewind-c]\nworkspace = true\n\
                 features = [\"other\", \"fault-points\"]\n";
    let root = "[workspace.dependencies]\ntradewind-a = { path = \"a\", features = [\"fault-points\"] }\n";
    let workspace =
        planted(&[("platform/a/Cargo.toml", &manifest("tradewind-a", wants)), ("Cargo.toml", root)]);
    let found = check(&workspace);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert_eq!(found.iter().filter(|violation| violation.path == "Cargo.toml").count(), 1, "{found:#?}");
}

#[test]
fn mutants_are_kept_out_as_well() {
    let direct = "[features]\ndefault = [\"mutants\"]\nmutants = []\n";
    let asked = "[features]\ndefault = []\nmutants = [\"tradewind-a/mutants\"]\n";
    let workspace = planted(&[
        ("platform/a/Cargo.toml", &manifest("tradewind-a", direct)),
        ("platform/c/Cargo.toml", &manifest("tradewind-c", asked)),
    ]);
    expect_at(&check(&workspace), &["platform/a/Cargo.toml:10"]);
}

#[test]
fn a_script_that_builds_with_them_is_found() {
    let workspace = planted(&[
        (".ci/run", "cargo build --release\ncargo build --release --features mutants\n"),
        ("deploy/image", "RUN cargo build --all-features\nRUN cargo test --all-features\n"),
        ("docs/mutants.md", "cargo build --release --features mutants\n"),
    ]);
    expect_at(&check(&workspace), &[".ci/run:2", "deploy/image:1"]);
}
