//! One Rust file: its syntax tree, the paths it names, and which of its lines are test code.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Meta, Token, punctuated::Punctuated};

use crate::mention::{self, Import, Mention};

/// A parsed Rust file of a member.
pub struct Source {
    /// The file, from the root of the workspace.
    pub path: String,
    /// The folder of the crate it belongs to.
    pub member: String,
    /// Whether the whole file is compiled for tests only.
    pub is_test: bool,
    /// Its syntax tree.
    pub tree: syn::File,
    /// Its tokens, macros included.
    pub tokens: TokenStream,
    /// Every path it names.
    pub mentions: Vec<Mention>,
    /// How many lines it has.
    pub lines: usize,
    imports: BTreeMap<String, Vec<String>>,
    tests: TestCode,
}

impl Source {
    /// Reads the file at `path`, which belongs to the crate in the folder `member`.
    pub fn parse(path: &str, member: &str, text: &str) -> syn::Result<Self> {
        let tokens: TokenStream = text.parse()?;
        let tree: syn::File = syn::parse2(tokens.clone())?;
        let mut tests = TestCode::default();
        tests.visit_file(&tree);
        let mentions = mention::mentions(&tokens);
        let inside = path.strip_prefix(member).unwrap_or(path);
        let is_test = ["/tests/", "/benches/", "/examples/"].iter().any(|folder| inside.starts_with(folder));
        Ok(Self {
            path: path.to_owned(),
            member: member.to_owned(),
            is_test,
            imports: imports(&mentions),
            lines: text.lines().count(),
            tree,
            tokens,
            mentions,
            tests,
        })
    }

    /// Whether this line is compiled for tests only.
    pub fn is_test_line(&self, line: usize) -> bool {
        self.is_test || self.tests.lines.iter().any(|range| range.contains(&line))
    }

    /// How many of the file's lines are not test code.
    pub fn shipped_lines(&self) -> usize {
        (1..=self.lines).filter(|line| !self.is_test_line(*line)).count()
    }

    /// The path with its first name replaced by what the file imported under that name.
    pub fn resolve(&self, segments: &[String]) -> Vec<String> {
        match segments.split_first() {
            Some((first, rest)) => match self.imports.get(first) {
                Some(full) if full != segments => full.iter().chain(rest).cloned().collect(),
                _ => segments.to_vec(),
            },
            None => Vec::new(),
        }
    }

    /// The file below the crate's `src/`, if it is there.
    pub fn inside_src(&self) -> Option<&str> {
        self.path.strip_prefix(&self.member)?.strip_prefix("/src/")
    }

    /// Where the modules this file declares for tests only live, without `.rs`.
    pub(crate) fn test_modules(&self) -> impl Iterator<Item = String> + '_ {
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let stem = name.trim_end_matches(".rs");
        let home = match stem {
            "lib" | "main" | "mod" => folder.to_owned(),
            _ => format!("{folder}/{stem}"),
        };
        self.tests.modules.iter().map(move |module| format!("{home}/{module}"))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("path", &self.path).finish_non_exhaustive()
    }
}

fn imports(mentions: &[Mention]) -> BTreeMap<String, Vec<String>> {
    let named = mentions.iter().filter_map(|mention| match &mention.import {
        Some(Import::Name(alias)) => Some((alias.clone(), mention.segments.clone())),
        _ => None,
    });
    named.collect()
}

/// The parts of a file that only tests see.
#[derive(Debug, Default)]
struct TestCode {
    lines: Vec<RangeInclusive<usize>>,
    modules: Vec<String>,
}

impl TestCode {
    fn note(&mut self, attributes: &[Attribute], span: Span) -> bool {
        let test = attributes.iter().any(|attribute| is_test_attribute(&attribute.meta));
        if test {
            self.lines.push(span.start().line..=span.end().line);
        }
        test
    }
}

macro_rules! noting {
    ($($visit:ident: $node:ident),* $(,)?) => {
        $(fn $visit(&mut self, node: &'ast syn::$node) {
            self.note(&node.attrs, node.span());
            visit::$visit(self, node);
        })*
    };
}

impl<'ast> Visit<'ast> for TestCode {
    noting! {
        visit_item_fn: ItemFn,
        visit_item_impl: ItemImpl,
        visit_item_use: ItemUse,
        visit_item_struct: ItemStruct,
        visit_item_enum: ItemEnum,
        visit_item_trait: ItemTrait,
        visit_item_const: ItemConst,
        visit_item_static: ItemStatic,
        visit_item_macro: ItemMacro,
        visit_impl_item_fn: ImplItemFn,
    }

    fn visit_item_mod(&mut self, node: &'ast syn::ItemMod) {
        if self.note(&node.attrs, node.span()) && node.content.is_none() {
            self.modules.push(node.ident.to_string());
        }
        visit::visit_item_mod(self, node);
    }
}

/// `#[test]`, `#[tokio::test]` and the like, and `#[cfg(test)]`, alone or as one of `all(…)`.
fn is_test_attribute(meta: &Meta) -> bool {
    match meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args::<Meta>().is_ok_and(|m| needs_test(&m))
        }
        _ => meta.path().segments.last().is_some_and(|last| last.ident == "test"),
    }
}

fn needs_test(meta: &Meta) -> bool {
    let Meta::List(list) = meta else {
        return meta.path().is_ident("test");
    };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
    let all = list.path.is_ident("all") && parts.iter().any(needs_test);
    all || (list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(needs_test))
}
