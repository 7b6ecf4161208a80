//! A target with `test = false` is not built for tests, which saves a link for each: so it must have none.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::{Source, Violation, Workspace};

/// Files with tests that nobody would run.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &workspace.members {
        let main = format!("{}/src/main.rs", member.folder);
        let inside = format!("{}/src/", member.folder);
        let (library, program) = (member.manifest.omits_tests("lib"), member.manifest.omits_tests("bin"));
        for source in workspace.sources.iter().filter(|source| source.path.starts_with(&inside)) {
            let is_omitted = if source.path == main { program } else { library };
            if is_omitted && has_tests(source) {
                let what = "its tests are not run: the target says `test = false`";
                found.push(Violation::new(&source.path, 1, what, "take that out of the manifest"));
            }
        }
    }
    found
}

fn has_tests(source: &Source) -> bool {
    holds_test(source.tokens.clone())
}

/// Whether `#[test]` or `#[….::test]` is among the tokens, those inside of macros included.
fn holds_test(tokens: TokenStream) -> bool {
    let mut behind_hash = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token
            && (behind_hash && is_test(group) || holds_test(group.stream()))
        {
            return true;
        }
        behind_hash = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '#');
    }
    false
}

fn is_test(attribute: &Group) -> bool {
    let path = attribute.stream().into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    attribute.delimiter() == Delimiter::Bracket && path.last().is_some_and(|last| last.to_string() == "test")
}
