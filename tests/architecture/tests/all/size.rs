use tradewind_architecture::rules::size::{census, check};

use crate::support::{expect_at, expect_none, here, planted};

#[test]
fn files_and_functions_keep_their_limits() {
    let workspace = here();
    let census = census(&workspace);
    println!("{census}");
    expect_none(&check(&workspace));
}

/// A function of `lines` lines.
fn function(lines: usize) -> String {
    format!("/// Not counted.\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2))
}

#[test]
fn long_files_and_functions_are_found() {
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(71));
    let workspace = planted(&[
        ("platform/a/src/lib.rs", &function(70)),
        ("platform/a/src/long.rs", &format!("\nimpl A {{\n{}}}\n", function(71))),
        ("platform/a/src/even.rs", &format!("{}{tests}", "// A line.\n".repeat(600))),
        ("platform/a/src/over.rs", &"// A line.\n".repeat(601)),
        ("platform/a/tests/all.rs", &format!("{}{}", function(71), "// A line.\n".repeat(601))),
    ]);
    expect_at(&check(&workspace), &["platform/a/src/long.rs:4", "platform/a/src/over.rs:601"]);
}

#[test]
fn the_census_counts_what_is_above_the_aim() {
    let workspace = planted(&[
        ("platform/a/src/lib.rs", &function(30)),
        ("platform/a/src/b.rs", &function(31)),
        ("platform/a/src/c.rs", &"// A line.\n".repeat(351)),
    ]);
    let line = "1 of 3 files above 350 lines, 1 of 2 functions above 30";
    assert_eq!(census(&workspace).to_string(), line);
}
