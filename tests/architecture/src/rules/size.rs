//! How long a file and a function may be. Test code is not counted.

use std::fmt;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Signature};

use crate::{Source, Violation, Workspace};

const FILE_AIM: usize = 350;
const FILE_LIMIT: usize = 600;
const FUNCTION_AIM: usize = 30;
const FUNCTION_LIMIT: usize = 70;

/// Files and functions above the limit.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    workspace
        .shipped()
        .flat_map(|source| long_file(source).into_iter().chain(long_functions(source)))
        .collect()
}

fn long_file(source: &Source) -> Option<Violation> {
    let lines = source.shipped_lines();
    let what = format!("{lines} lines, {FILE_LIMIT} are allowed");
    let report = || Violation::new(&source.path, FILE_LIMIT + 1, what, "split it along what its parts know");
    (lines > FILE_LIMIT).then(report)
}

fn long_functions(source: &Source) -> Vec<Violation> {
    let report = |function: Function| {
        let what = format!("{} has {} lines, {FUNCTION_LIMIT} are allowed", function.name, function.lines);
        Violation::new(&source.path, function.start, what, "give its steps names of their own")
    };
    functions(source).into_iter().filter(|function| function.lines > FUNCTION_LIMIT).map(report).collect()
}

/// How many files and functions are longer than they aim to be.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Census {
    /// Files counted.
    pub files: usize,
    /// Those above the aim: path and lines.
    pub long_files: Vec<(String, usize)>,
    /// Functions counted.
    pub functions: usize,
    /// Those above the aim: where, and lines.
    pub long_functions: Vec<(String, usize)>,
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, long_files, functions, long_functions } = self;
        write!(
            f,
            "{} of {files} files above {FILE_AIM} lines, {} of {functions} functions above {FUNCTION_AIM}",
            long_files.len(),
            long_functions.len(),
        )
    }
}

/// Counts what [`check`] still allows but is longer than it should be.
pub fn census(workspace: &Workspace) -> Census {
    let mut census = Census::default();
    for source in workspace.shipped() {
        census.files += 1;
        let lines = source.shipped_lines();
        if lines > FILE_AIM {
            census.long_files.push((source.path.clone(), lines));
        }
        for function in functions(source) {
            census.functions += 1;
            if function.lines > FUNCTION_AIM {
                let place = format!("{}:{} {}", source.path, function.start, function.name);
                census.long_functions.push((place, function.lines));
            }
        }
    }
    census
}

struct Function {
    name: String,
    start: usize,
    lines: usize,
}

fn functions(source: &Source) -> Vec<Function> {
    let mut counter = Counter { source, found: Vec::new() };
    counter.visit_file(&source.tree);
    counter.found
}

struct Counter<'a> {
    source: &'a Source,
    found: Vec<Function>,
}

impl Counter<'_> {
    /// Attributes and documentation do not count, the signature does.
    fn count(&mut self, signature: &Signature, body: Span) {
        let start = signature.span().start().line;
        if !self.source.is_test_line(start) {
            let lines = body.end().line + 1 - start;
            self.found.push(Function { name: signature.ident.to_string(), start, lines });
        }
    }
}

impl<'ast> Visit<'ast> for Counter<'_> {
    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        self.count(&node.sig, node.block.span());
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.count(&node.sig, node.block.span());
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast syn::TraitItemFn) {
        if let Some(block) = &node.default {
            self.count(&node.sig, Block::span(block));
        }
        visit::visit_trait_item_fn(self, node);
    }
}
