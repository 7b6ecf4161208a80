//! What the layers hold: values that remember where they were written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Keys and their values. Sorted, so that the first error is the same in every run.
pub(super) type Table = BTreeMap<String, Node>;

/// A value and where it was written.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// A value, typed as far as its layer knows. No `Debug`: any value may be a secret.
#[derive(Clone)]
pub(super) enum Value {
    /// As written in the environment or on the command line; the setting decides what it becomes.
    Text(String),
    /// The path that a variable ending in `_FILE` gave.
    FileReference(PathBuf),
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
}

/// Where a value was written.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In no layer.
    Nowhere,
    /// In this line of a file, counted from 1.
    File { path: Arc<Path>, line: usize },
    /// In a variable.
    Variable { name: String },
    /// In the file that a variable names.
    VariableFile { name: String, path: PathBuf },
    /// On the command line.
    Override { key: String, value: String },
}

impl Node {
    pub(super) fn new(value: Value, place: Place) -> Self {
        Self { value, place }
    }
}

impl Place {
    /// Words for an error message. An assignment is shown with its value only where the message may show it,
    /// and never with an inline table or list: a part of it may be a secret.
    pub(super) fn words(&self, show_value: bool) -> Option<String> {
        match self {
            Self::Nowhere => None,
            Self::File { path, line } => Some(format!("{}:{line}", path.display())),
            Self::Variable { name } => Some(name.clone()),
            Self::VariableFile { name, path } => Some(format!("{name}, the file {}", path.display())),
            Self::Override { key, value } if show_value && !value.trim_start().starts_with(['{', '[']) => {
                Some(format!("--set {key}={value}"))
            }
            Self::Override { key, .. } => Some(format!("--set {key}")),
        }
    }
}

/// Lays `upper` over `lower`: tables merge, anything else replaces what was there.
///
/// A merged table keeps the place of the lower one: a missing key is most likely to be added there.
pub(super) fn overlay(lower: &mut Table, upper: Table) {
    for (key, node) in upper {
        match (lower.get_mut(&key).map(|below| &mut below.value), node.value) {
            (Some(Value::Table(below)), Value::Table(above)) => overlay(below, above),
            (_, value) => {
                lower.insert(key, Node::new(value, node.place));
            }
        }
    }
}

/// A table that holds nothing but `node`, under these keys.
pub(super) fn nested(keys: &[&str], node: Node) -> Table {
    let Some((first, rest)) = keys.split_first() else {
        return Table::new();
    };
    let inner = if rest.is_empty() {
        node
    } else {
        let place = node.place.clone();
        Node::new(Value::Table(nested(rest, node)), place)
    };
    Table::from([((*first).to_owned(), inner)])
}

/// Adds `node` under these keys; where the table already says something else there, gives back its place.
pub(super) fn insert(table: &mut Table, keys: &[&str], node: Node) -> Result<(), Place> {
    let Some((first, rest)) = keys.split_first() else {
        return Ok(());
    };
    match table.get_mut(*first) {
        None => {
            table.append(&mut nested(keys, node));
            Ok(())
        }
        Some(Node { value: Value::Table(inner), .. }) if !rest.is_empty() => insert(inner, rest, node),
        Some(existing) => Err(existing.place.clone()),
    }
}
