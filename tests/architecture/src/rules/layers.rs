//! Order within a crate: a service's modules know only what is below them, and no crate's modules form a
//! cycle.

use std::collections::{BTreeMap, BTreeSet};

use syn::Item;

use crate::mention::{Import, Mention};
use crate::violation::tidy;
use crate::{Member, Ring, Source, Violation, Workspace};

/// A service's layers, lowest first. `main` stands above them and is named by nobody.
const LAYERS: [&[&str]; 7] = [
    &["domain"],
    &["announce"],
    &["store", "views"],
    &["actions"],
    &["sagas"],
    &["http", "listen", "grpc"],
    &[ROOT],
];

/// The name given to what `lib.rs` itself defines.
const ROOT: &str = "lib";

/// References up a service's layers, and cycles among the top modules of any crate.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &workspace.members {
        let edges = edges(workspace, member);
        if member.ring == Ring::Services {
            found.extend(edges.iter().filter_map(upward));
        }
        found.extend(cycles(&edges));
    }
    tidy(found)
}

/// One module of a crate naming another.
struct Edge {
    from: String,
    to: String,
    path: String,
    line: usize,
}

fn upward(edge: &Edge) -> Option<Violation> {
    let report = |why: &str, instead: &str| {
        Some(Violation::new(&edge.path, edge.line, format!("{} uses {}: {why}", edge.from, edge.to), instead))
    };
    if edge.from == "domain" {
        return report(
            "the domain knows only itself and the kernel",
            "move what it needs into domain, or pass it in",
        );
    }
    match (rank(&edge.from), rank(&edge.to)) {
        (Some(from), Some(to)) if to > from => report("that is a higher layer", "move the shared part down"),
        _ => None,
    }
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&module))
}

fn edges(workspace: &Workspace, member: &Member) -> Vec<Edge> {
    let of_member = |source: &&Source| source.member == member.folder && !source.is_test;
    let sources: Vec<&Source> = workspace.sources.iter().filter(of_member).collect();
    let files = sources.iter().filter_map(|source| Some((top_module(source.inside_src()?)?, *source)));
    let names = Names::of(&sources);
    let mut edges = Vec::new();
    for (from, source) in files.filter(|(from, _)| from != ROOT && from != "main") {
        let depth = file_depth(source.inside_src().unwrap_or_default());
        for mention in source.mentions.iter().filter(|mention| !source.is_test_line(mention.line)) {
            if let Some(to) = target(mention, depth, &names).filter(|to| *to != from) {
                edges.push(Edge { from: from.clone(), to, path: source.path.clone(), line: mention.line });
            }
        }
    }
    edges
}

/// The top module a file belongs to; nothing for further binaries, whose root is their own.
fn top_module(inside_src: &str) -> Option<String> {
    let top = inside_src.split('/').next()?.trim_end_matches(".rs");
    (top != "bin").then(|| top.to_owned())
}

/// How many modules deep the file's own module is: one for `a.rs` and `a/mod.rs`, two for `a/b.rs`.
fn file_depth(inside_src: &str) -> usize {
    let module = inside_src.trim_end_matches(".rs").trim_end_matches("/mod");
    1 + module.matches('/').count()
}

/// The top module a path leads to, if it leaves its own.
fn target(mention: &Mention, file_depth: usize, names: &Names) -> Option<String> {
    let rest = match mention.segments.first()?.as_str() {
        "crate" => &mention.segments[1..],
        "super" => {
            let up = mention.segments.iter().take_while(|segment| *segment == "super").count();
            (up == file_depth + mention.depth).then(|| &mention.segments[up..])?
        }
        _ => return None,
    };
    names.module_of(rest.first()?)
}

/// What the names in a crate's root stand for.
struct Names {
    modules: BTreeSet<String>,
    /// Re-exports and imports of the root: the name, and the module it comes from.
    lent: BTreeMap<String, String>,
    /// What the root itself defines.
    own: BTreeSet<String>,
}

impl Names {
    fn of(sources: &[&Source]) -> Self {
        let roots = sources.iter().filter(|source| matches!(source.inside_src(), Some("lib.rs" | "main.rs")));
        let mut names = Self { modules: BTreeSet::new(), lent: BTreeMap::new(), own: BTreeSet::new() };
        for source in roots {
            source.tree.items.iter().for_each(|item| names.define(item));
            source
                .mentions
                .iter()
                .filter(|mention| mention.depth == 0)
                .for_each(|mention| names.lend(mention));
        }
        names
    }

    fn define(&mut self, item: &Item) {
        match item {
            Item::Mod(module) => drop(self.modules.insert(module.ident.to_string())),
            Item::Const(item) => drop(self.own.insert(item.ident.to_string())),
            Item::Enum(item) => drop(self.own.insert(item.ident.to_string())),
            Item::Fn(item) => drop(self.own.insert(item.sig.ident.to_string())),
            Item::Static(item) => drop(self.own.insert(item.ident.to_string())),
            Item::Struct(item) => drop(self.own.insert(item.ident.to_string())),
            Item::Trait(item) => drop(self.own.insert(item.ident.to_string())),
            Item::Type(item) => drop(self.own.insert(item.ident.to_string())),
            _ => {}
        }
    }

    fn lend(&mut self, mention: &Mention) {
        let Some(Import::Name(alias)) = &mention.import else {
            return;
        };
        let inside = mention.segments.iter().find(|segment| !matches!(segment.as_str(), "crate" | "self"));
        if let Some(module) = inside {
            // The library comes first; what `main.rs` imports under the same name is another thing.
            self.lent.entry(alias.clone()).or_insert_with(|| module.clone());
        }
    }

    fn module_of(&self, name: &str) -> Option<String> {
        if self.modules.contains(name) {
            return Some(name.to_owned());
        }
        match self.lent.get(name) {
            Some(module) => self.modules.get(module).cloned(),
            None => self.own.contains(name).then(|| ROOT.to_owned()),
        }
    }
}

/// One violation for each set of modules that all lead to each other. The root is left out: it names
/// everything.
fn cycles(edges: &[Edge]) -> Vec<Violation> {
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| edge.to != ROOT) {
        graph.entry(&edge.from).or_default().insert(&edge.to);
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|from| (*from, reachable(&graph, from))).collect();
    let leads = |from: &str, to: &str| reach.get(from).is_some_and(|seen| seen.contains(to));
    let knots: BTreeSet<Vec<&str>> = graph
        .keys()
        .filter(|module| leads(module, module))
        .map(|module| {
            graph.keys().copied().filter(|other| leads(module, other) && leads(other, module)).collect()
        })
        .collect();
    knots.iter().filter_map(|knot| report_cycle(knot, edges)).collect()
}

fn reachable<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        open.extend(graph.get(module).into_iter().flatten().copied().filter(|next| seen.insert(*next)));
    }
    seen
}

fn report_cycle(knot: &[&str], edges: &[Edge]) -> Option<Violation> {
    let mut inside: BTreeMap<(&str, &str), &Edge> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| knot.contains(&&*edge.from) && knot.contains(&&*edge.to)) {
        inside.entry((&edge.from, &edge.to)).or_insert(edge);
    }
    let first = inside.values().next()?;
    let steps: Vec<String> =
        inside.values().map(|e| format!("{} → {} at {}:{}", e.from, e.to, e.path, e.line)).collect();
    let what = format!("modules {} form a cycle ({})", knot.join(", "), steps.join(", "));
    Some(Violation::new(&first.path, first.line, what, "move what both need into a module below them"))
}
