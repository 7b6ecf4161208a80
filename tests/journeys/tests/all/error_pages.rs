//! Every problem that a caller can be given has a page that explains it.

use std::path::{Path, PathBuf};

use tradewind_fleet::assembly;
use tradewind_problem::PLATFORM;

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

#[test]
fn every_code_has_a_page_that_names_it() {
    let described = assembly().descriptions();
    let codes = described.iter().flat_map(|service| service.problems.iter().map(String::as_str));
    let codes: Vec<&str> = codes.chain(PLATFORM.iter().map(|kind| kind.code)).collect();
    assert!(codes.contains(&"sold-out") && codes.contains(&"not-found"), "{codes:?}");
    let explains = |code: &str| {
        let page = std::fs::read_to_string(pages().join(format!("{code}.md")));
        page.is_ok_and(|text| text.contains(code) && text.lines().count() > 1)
    };
    let without: Vec<_> = codes.into_iter().filter(|code| !explains(code)).collect();
    assert_eq!(without, Vec::<&str>::new(), "docs/errors/<code>.md is missing or says nothing");
}
