//! The model itself: what is not read cannot be judged.

use crate::support::{expect_none, here, planted};

#[test]
fn every_manifest_and_source_is_readable() {
    expect_none(&here().unreadable);
}

#[test]
fn this_repository_is_the_one_that_is_read() {
    let workspace = here();
    assert!(workspace.files.contains_key("Cargo.toml"));
    assert_eq!(workspace.folder_of("tradewind-architecture"), Some("tests/architecture"));
    assert!(workspace.sources.iter().any(|source| source.path == "tests/architecture/src/lib.rs"));
}

#[test]
fn a_broken_source_is_reported_with_its_line() {
    let files = [
        ("platform/x/Cargo.toml", "[package]\nname = \"tradewind-x\"\n"),
        ("platform/x/src/lib.rs", "fn a() {}\nfn b( {}\n"),
    ];
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let workspace = tradewind_architecture::Workspace::new(files);
    assert_eq!(workspace.unreadable.len(), 1);
    assert_eq!(workspace.unreadable[0].line, 2);
}

#[test]
fn what_only_tests_see_is_known() {
    let workspace = planted(&[
        ("platform/x/src/lib.rs", "fn shipped() {}\n\n#[cfg(test)]\nmod tests {\n    fn helper() {}\n}\n"),
        ("platform/x/src/queue.rs", "#[cfg(test)]\nmod tests;\n#[cfg(all(test, unix))]\nfn helper() {}\n"),
        ("platform/x/src/queue/tests.rs", "fn helper() {}\n"),
        ("platform/x/src/queue/tests/more.rs", "fn helper() {}\n"),
        ("platform/x/src/queue/inner.rs", "#[cfg(any(test, unix))]\nfn shipped() {}\n"),
        ("platform/x/tests/all.rs", "fn helper() {}\n"),
    ]);
    let source = |path| workspace.sources.iter().find(|source| source.path == path).unwrap();
    let lib = source("platform/x/src/lib.rs");
    assert!(!lib.is_test_line(1) && lib.is_test_line(3) && lib.is_test_line(5));
    assert_eq!(lib.shipped_lines(), 2);
    assert!(source("platform/x/src/queue.rs").is_test_line(4));
    assert!(source("platform/x/src/queue/tests.rs").is_test);
    assert!(source("platform/x/src/queue/tests/more.rs").is_test);
    assert!(!source("platform/x/src/queue/inner.rs").is_test_line(2));
    assert!(source("platform/x/tests/all.rs").is_test);
}
