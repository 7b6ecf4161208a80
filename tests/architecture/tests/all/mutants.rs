use tradewind_architecture::rules::mutants::check;

use crate::support::{expect_at, expect_none, here, planted};

#[test]
fn every_mutant_here_is_planted_and_listed() {
    expect_none(&check(&here()));
}

#[test]
fn one_that_is_forgotten_is_found() {
    let declared = "pub(crate) const A: Mutant = Mutant::new(1);\npub(crate) const B: Mutant =\n    x;\n\
                    pub(crate) const C: Mutant = Mutant::new(3);\n\
                    pub const MUTANTS: &[Mutant] = &[\n    A,\n    inner::B,\n];\n";
    let workspace = planted(&[
        ("platform/a/src/mutants.rs", declared),
        ("platform/a/src/lib.rs", "fn f() { mutants::A.is_planted(); mutants::C.is_planted(); }\n"),
        ("platform/b/src/lib.rs", "fn f() { mutants::B.is_planted(); }\n"),
    ]);
    expect_at(&check(&workspace), &["platform/a/src/mutants.rs:2", "platform/a/src/mutants.rs:4"]);
}
