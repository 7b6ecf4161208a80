//! Every path a Rust file names, found in its tokens.
//!
//! Tokens rather than the syntax tree, because the tree stops at a macro: what stands inside `select!` or
//! `assert!` must keep the rules too.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::UseTree;
use syn::spanned::Spanned;

/// A path somewhere in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The names between the double colons.
    pub segments: Vec<String>,
    /// The line it stands on.
    pub line: usize,
    /// How many inline modules are around it.
    pub depth: usize,
    /// What it brings into scope, if it is an import.
    pub import: Option<Import>,
}

/// What a leaf of a `use` brings into scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// One name, renamed or not.
    Name(String),
    /// Everything below the path.
    Glob,
}

/// Lists the paths of `tokens`; single names too, because an import may have shortened a path to one.
pub fn mentions(tokens: &TokenStream) -> Vec<Mention> {
    let mut reader = Reader::default();
    reader.level(tokens, 0);
    reader.found
}

/// What a `use` imports, one entry for each name.
pub fn use_leaves(tree: &UseTree) -> Vec<Mention> {
    let mut leaves = Vec::new();
    collect_leaves(tree, &mut Vec::new(), &mut leaves);
    leaves
}

fn collect_leaves(tree: &UseTree, prefix: &mut Vec<String>, leaves: &mut Vec<Mention>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            collect_leaves(&path.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|item| collect_leaves(item, prefix, leaves)),
        UseTree::Name(name) => leaves.push(leaf(prefix, &name.ident, &name.ident)),
        UseTree::Rename(rename) => leaves.push(leaf(prefix, &rename.ident, &rename.rename)),
        UseTree::Glob(glob) => {
            let line = glob.star_token.span().start().line;
            leaves.push(Mention { segments: prefix.clone(), line, depth: 0, import: Some(Import::Glob) });
        }
    }
}

/// `a::b as c`; a `self` in braces stands for the path before it.
fn leaf(prefix: &[String], name: &Ident, alias: &Ident) -> Mention {
    let own = (name != "self").then(|| name.to_string());
    let segments: Vec<String> = prefix.iter().cloned().chain(own).collect();
    let alias =
        if alias == "self" { segments.last().cloned().unwrap_or_default() } else { alias.to_string() };
    Mention { segments, line: name.span().start().line, depth: 0, import: Some(Import::Name(alias)) }
}

/// Shows `see` every level of `tokens`, outermost first.
pub fn each_level(tokens: &TokenStream, see: &mut dyn FnMut(&[TokenTree])) {
    let level: Vec<TokenTree> = tokens.clone().into_iter().collect();
    see(&level);
    for token in &level {
        if let TokenTree::Group(group) = token {
            each_level(&group.stream(), see);
        }
    }
}

/// The line a token starts on.
pub fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// Whether `token` is this word.
pub fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

/// Whether `token` is this sign.
pub fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

#[derive(Default)]
struct Reader {
    found: Vec<Mention>,
}

impl Reader {
    fn level(&mut self, tokens: &TokenStream, depth: usize) {
        let level: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while at < level.len() {
            at += self.step(&level, at, depth);
        }
    }

    /// Reads what starts at `at` and says how many tokens that took.
    fn step(&mut self, level: &[TokenTree], at: usize, depth: usize) -> usize {
        match &level[at] {
            TokenTree::Group(group) => self.level(&group.stream(), depth),
            TokenTree::Ident(word) if word == "use" => return self.import(&level[at..], depth),
            TokenTree::Ident(word) if word == "mod" => return self.module(&level[at..], depth),
            TokenTree::Ident(_) => return self.path(level, at, depth),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        1
    }

    fn module(&mut self, level: &[TokenTree], depth: usize) -> usize {
        match level.get(2) {
            Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
                self.level(&body.stream(), depth + 1);
                3
            }
            _ => 2,
        }
    }

    /// A `use` declaration; anything else that starts with the word (`impl Trait + use<'a>`) is left alone.
    fn import(&mut self, level: &[TokenTree], depth: usize) -> usize {
        let length = level.iter().take_while(|token| !is_sign(Some(token), ';')).count() + 1;
        let tokens: TokenStream = level.iter().take(length).cloned().collect();
        let Ok(item) = syn::parse2::<syn::ItemUse>(tokens) else {
            return 1;
        };
        let leaves = use_leaves(&item.tree).into_iter();
        self.found.extend(leaves.map(|leaf| Mention { depth, ..leaf }));
        length
    }

    fn path(&mut self, level: &[TokenTree], at: usize, depth: usize) -> usize {
        let mut segments = Vec::new();
        let mut next = at;
        while let Some(TokenTree::Ident(name)) = level.get(next) {
            segments.push(name.to_string());
            next += 1;
            let colons = is_sign(level.get(next), ':') && is_sign(level.get(next + 1), ':');
            if !colons || !matches!(level.get(next + 2), Some(TokenTree::Ident(_))) {
                break;
            }
            next += 2;
        }
        if !starts_elsewhere(&level[..at]) {
            self.found.push(Mention { segments, line: line(&level[at]), depth, import: None });
        }
        next - at
    }
}

/// Whether what comes before a name makes it no path of its own: a method's dot, the `>` of a qualified path,
/// or the dollar of a macro, whose paths belong to whoever expands it.
fn starts_elsewhere(before: &[TokenTree]) -> bool {
    let back = |steps: usize| before.len().checked_sub(steps).and_then(|at| before.get(at));
    let method = is_sign(back(1), '.') && !is_sign(back(2), '.');
    let qualified = is_sign(back(1), ':') && is_sign(back(2), ':') && is_sign(back(3), '>');
    method || qualified || is_sign(back(1), '$')
}
