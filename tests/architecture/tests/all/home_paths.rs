use tradewind_architecture::rules::home_paths::check;

use crate::support::{expect_at, expect_none, here, planted};

#[test]
fn no_file_names_a_machine_it_was_written_on() {
    expect_none(&check(&here()));
}

#[test]
fn paths_of_a_build_machine_are_found() {
    // Put together here, or this file would break the rule.
    let (work, root, library) =
        (["", "work", "x"].join("/"), ["", "root", "x"].join("/"), [".", "library"].concat());
    let text = format!(
        "see {work}\nfile://{root}\nin {library}/a\n$HOME{work}\ndocs{work}\nhttps://x.example{root}\n"
    );
    let workspace = planted(&[("docs/a.md", &text), ("deploy/b.yaml", &format!("path: \"{root}\"\n"))]);
    expect_at(&check(&workspace), &["deploy/b.yaml:1", "docs/a.md:1", "docs/a.md:2", "docs/a.md:3"]);
}
