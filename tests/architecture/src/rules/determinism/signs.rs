//! What only the tokens show: words that may be a method's, `select!`, statics with state, addresses as text.

use proc_macro2::{Delimiter, TokenTree};

use super::refuse;
use super::refused::{Name, REFUSED};
use crate::mention::{is_sign, is_word, line};
use crate::{Source, Violation};

/// Types that can be changed through a shared reference: a static of one outlives every simulated process.
const CELLS: &[&str] = &[
    "Mutex",
    "RwLock",
    "OnceLock",
    "OnceCell",
    "LazyLock",
    "Lazy",
    "Once",
    "Cell",
    "RefCell",
    "UnsafeCell",
    "Notify",
    "Semaphore",
    "Condvar",
];

pub(super) fn in_level(source: &Source, level: &[TokenTree]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, token) in level.iter().enumerate().filter(|(_, token)| !source.is_test_line(line(token))) {
        found.extend(words(source, level, at));
        let sign = if is_word(Some(token), "select")
            && is_sign(level.get(at + 1), '!')
            && !is_biased(level.get(at + 2))
        {
            ("a select! without `biased;`", "begin it with `biased;` and say the order")
        } else if is_static(level, at) {
            ("a static that changes", "state belongs to the instance, not to the process: keep it in a value")
        } else if is_address(level, at) {
            ("an address", "it is another in every process: give the thing a number or a name")
        } else {
            continue;
        };
        found.push(refuse(source, line(token), sign.0, sign.1));
    }
    found
}

fn words(source: &Source, level: &[TokenTree], at: usize) -> Vec<Violation> {
    let after_dot = at > 0 && is_sign(level.get(at - 1), '.');
    let is = |name: &Name| match name {
        Name::Word(word) => is_word(level.get(at), word),
        Name::Method(word) => after_dot && is_word(level.get(at), word),
        Name::Begins(_) | Name::Ends(_) => false,
    };
    let refused = REFUSED.iter().filter(|(name, _)| is(name));
    refused.map(|(_, instead)| refuse(source, line(&level[at]), &level[at].to_string(), instead)).collect()
}

fn is_biased(body: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = body else {
        return true;
    };
    let inner: Vec<TokenTree> = group.stream().into_iter().take(2).collect();
    group.delimiter() != Delimiter::None && is_word(inner.first(), "biased") && is_sign(inner.get(1), ';')
}

/// `static mut`, or a static whose type can be changed; `'static` is a lifetime.
fn is_static(level: &[TokenTree], at: usize) -> bool {
    let is_lifetime = at > 0 && is_sign(level.get(at - 1), '\'');
    if is_lifetime || !is_word(level.get(at), "static") {
        return false;
    }
    let kind = level[at + 1..].iter().take_while(|token| !is_sign(Some(token), '=')).map(ToString::to_string);
    let mut words = kind.take_while(|word| word != ";");
    words.any(|word| word == "mut" || word.starts_with("Atomic") || CELLS.contains(&word.as_str()))
}

/// A pointer written as text (`{:p}`), or made a number (`as *const T as usize`); not within a comment, which is a
/// literal as well.
fn is_address(level: &[TokenTree], at: usize) -> bool {
    let is_comment = at > 1 && is_word(level.get(at - 2), "doc");
    match &level[at] {
        TokenTree::Literal(literal) if !is_comment => {
            let text = literal.to_string();
            text.contains(":p}") || text.contains(":#p}")
        }
        TokenTree::Ident(word) if word == "as" => is_sign(level.get(at + 1), '*'),
        _ => false,
    }
}
