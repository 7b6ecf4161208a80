//! A `Cargo.toml`, with the line of every entry.

use std::collections::BTreeSet;
use std::ops::Range;

use toml_edit::{Document, Item, TableLike, TomlError, Value};

/// Which build of a crate a dependency belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// `[dependencies]`
    Normal,
    /// `[build-dependencies]`
    Build,
    /// `[dev-dependencies]`
    Dev,
}

impl Section {
    const ALL: [(&'static str, Section); 3] = [
        ("dependencies", Self::Normal),
        ("build-dependencies", Self::Build),
        ("dev-dependencies", Self::Dev),
    ];
}

/// One dependency of a member.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package it names.
    pub package: String,
    /// The name the sources know it by.
    pub extern_name: String,
    /// Where in the manifest it stands.
    pub section: Section,
    /// Whether its version comes from the workspace.
    pub inherited: bool,
    /// The line it stands on.
    pub line: usize,
}

/// One parsed manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The file, from the root of the workspace.
    pub path: String,
    /// Every dependency, target tables included.
    pub dependencies: Vec<Dependency>,
    document: Document<String>,
}

impl Manifest {
    /// Reads the manifest at `path` from its text.
    pub fn parse(path: &str, text: &str) -> Result<Self, TomlError> {
        let document = Document::parse(text.to_owned())?;
        let mut dependencies = Vec::new();
        collect(document.as_table(), document.raw(), &mut dependencies);
        if let Some(targets) = document.get("target").and_then(Item::as_table_like) {
            for (_, target) in targets.iter() {
                target
                    .as_table_like()
                    .into_iter()
                    .for_each(|t| collect(t, document.raw(), &mut dependencies));
            }
        }
        Ok(Self { path: path.to_owned(), dependencies, document })
    }

    /// The package's name, if this manifest has one.
    pub fn package_name(&self) -> Option<&str> {
        self.document.get("package")?.get("name")?.as_str()
    }

    /// The line of `[package]`'s entry `key`, or of the header, or the first.
    pub fn package_line(&self, key: &str) -> usize {
        let package = self.document.get("package");
        let entry = package.and_then(Item::as_table_like).and_then(|table| table.get_key_value(key));
        let span = entry.and_then(|(key, _)| key.span()).or_else(|| package.and_then(Item::span));
        line(self.document.raw(), span)
    }

    /// Whether `[package]` says `key.workspace = true`.
    pub fn inherits(&self, key: &str) -> bool {
        self.document.get("package").and_then(|package| package.get(key)).is_some_and(says_workspace)
    }

    /// Where this manifest turns on `feature` unasked: in what its default features lead to, or in what it asks of
    /// a dependency.
    pub fn turns_on(&self, feature: &str) -> Vec<usize> {
        let mut lines: Vec<usize> = self.asks_of_dependencies(feature).collect();
        let features = self.document.get("features").and_then(Item::as_table_like);
        let (mut open, mut seen) = (vec!["default".to_owned()], BTreeSet::new());
        while let (Some(name), Some(features)) = (open.pop(), features) {
            let Some((_, item)) = features.get_key_value(&name).filter(|_| seen.insert(name.clone())) else {
                continue;
            };
            let entries = || item.as_array().into_iter().flatten().filter_map(Value::as_str);
            if entries().any(|entry| entry.rsplit('/').next() == Some(feature)) {
                lines.push(line(self.document.raw(), item.span()));
            }
            open.extend(entries().map(str::to_owned));
        }
        lines
    }

    /// The lines of dependencies, the workspace's own list included, for which `feature` is wanted.
    fn asks_of_dependencies(&self, feature: &str) -> impl Iterator<Item = usize> {
        let root = self.document.as_table() as &dyn TableLike;
        let targets = root.get("target").and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter);
        let inner = root.get("workspace").and_then(Item::as_table_like).into_iter();
        let tables = inner.chain(targets.filter_map(|(_, target)| target.as_table_like())).chain([root]);
        let lists = tables.flat_map(|table| Section::ALL.map(|(name, _)| table.get(name)));
        let items = lists.flatten().filter_map(Item::as_table_like).flat_map(TableLike::iter);
        let asks = move |item: &Item| {
            let features = item.get("features").and_then(Item::as_array);
            features.into_iter().flatten().any(|entry| entry.as_str() == Some(feature))
        };
        items.filter(move |(_, item)| asks(item)).map(|(_, item)| line(self.document.raw(), item.span()))
    }

    /// Whether `[lints]` says `workspace = true`.
    pub fn inherits_lints(&self) -> bool {
        self.document.get("lints").is_some_and(says_workspace)
    }

    /// Whether the library (`lib`), or a program (`bin`), says `test = false`.
    pub fn omits_tests(&self, target: &str) -> bool {
        let says = |table: &dyn TableLike| table.get("test").and_then(Item::as_bool) == Some(false);
        let Some(item) = self.document.get(target) else { return false };
        let programs = item.as_array_of_tables().into_iter().flatten();
        item.as_table_like().is_some_and(says) || programs.into_iter().any(|table| says(table))
    }

    /// The packages of `[workspace.dependencies]` that have a path, and that path.
    pub fn workspace_paths(&self) -> Vec<(String, String)> {
        let table = self.document.get("workspace").and_then(|workspace| workspace.get("dependencies"));
        let entries = table.and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter);
        let path = |item: &Item| Some(item.get("path")?.as_str()?.to_owned());
        entries.filter_map(|(name, item)| Some((name.to_owned(), path(item)?))).collect()
    }
}

fn collect(table: &dyn TableLike, text: &str, into: &mut Vec<Dependency>) {
    for (name, section) in Section::ALL {
        let entries = table.get(name).and_then(Item::as_table_like);
        for (key, item) in entries.into_iter().flat_map(TableLike::iter) {
            let span = entries.and_then(|table| table.get_key_value(key)).and_then(|(key, _)| key.span());
            into.push(Dependency {
                package: item.get("package").and_then(Item::as_str).unwrap_or(key).to_owned(),
                extern_name: key.replace('-', "_"),
                section,
                inherited: says_workspace(item),
                line: line(text, span),
            });
        }
    }
}

fn says_workspace(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

fn line(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start);
    1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count()
}
