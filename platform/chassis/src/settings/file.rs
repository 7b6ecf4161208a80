//! TOML into values that know their line.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml_edit::{Document, Item, TableLike, TomlError, Value as TomlValue};

use super::error::SettingsError;
use super::node::{Node, Place, Table, Value};

/// The sections of a settings file.
pub(super) fn read(path: &Path, text: &str) -> Result<Table, SettingsError> {
    let lines = Lines::new(path, text);
    let document = Document::parse(text).map_err(|error| lines.refusal(&error))?;
    let places = |span| lines.place(span);
    let sections = table(document.as_table(), &places);
    let is_section = |node: &Node| matches!(node.value, Value::Table(_));
    match sections.iter().find(|(_, node)| !is_section(node)) {
        Some((name, node)) => Err(SettingsError::no_section(name, &node.place)),
        None => Ok(sections),
    }
}

/// A value in the notation of TOML from within a text; every part of it has the text's place.
pub(super) fn inline(text: &str, place: &Place) -> Result<Value, String> {
    let parsed: Result<TomlValue, TomlError> = text.trim().parse();
    let places = |_| place.clone();
    parsed.map(|parsed| value(&parsed, &places)).map_err(|error| one_line(error.message()))
}

type Places<'a> = dyn Fn(Option<Range<usize>>) -> Place + 'a;

fn table(from: &dyn TableLike, places: &Places<'_>) -> Table {
    let node = |(name, content): (&str, &Item)| {
        let key_span = from.key(name).and_then(|key| key.span());
        let place = places(key_span.or_else(|| content.span()));
        Some((name.to_owned(), Node::new(item(content, places)?, place)))
    };
    from.iter().filter_map(node).collect()
}

fn item(from: &Item, places: &Places<'_>) -> Option<Value> {
    match from {
        Item::None => None,
        Item::Value(inner) => Some(value(inner, places)),
        Item::Table(inner) => Some(Value::Table(table(inner, places))),
        Item::ArrayOfTables(tables) => {
            let nodes = tables
                .iter()
                .map(|inner| Node::new(Value::Table(table(inner, places)), places(inner.span())));
            Some(Value::List(nodes.collect()))
        }
    }
}

fn value(from: &TomlValue, places: &Places<'_>) -> Value {
    match from {
        TomlValue::String(text) => Value::String(text.value().clone()),
        TomlValue::Integer(number) => Value::Integer(*number.value()),
        TomlValue::Float(number) => Value::Float(*number.value()),
        TomlValue::Boolean(flag) => Value::Boolean(*flag.value()),
        TomlValue::Datetime(moment) => Value::String(moment.value().to_string()),
        TomlValue::Array(elements) => {
            let nodes =
                elements.iter().map(|element| Node::new(value(element, places), places(element.span())));
            Value::List(nodes.collect())
        }
        TomlValue::InlineTable(inner) => Value::Table(table(inner, places)),
    }
}

/// The lines of a file: turns offsets into places.
struct Lines<'a> {
    path: Arc<Path>,
    text: &'a str,
}

impl<'a> Lines<'a> {
    fn new(path: &Path, text: &'a str) -> Self {
        Self { path: Arc::from(path), text }
    }

    fn place(&self, span: Option<Range<usize>>) -> Place {
        Place::File { path: Arc::clone(&self.path), line: span.map_or(1, |span| self.position(span.start).0) }
    }

    /// Line and column, both from 1; columns count characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The parser's own rendering quotes the line, which may hold a secret: only its message is used.
    fn refusal(&self, error: &TomlError) -> SettingsError {
        let (line, column) = self.position(error.span().map_or(0, |span| span.start));
        SettingsError::syntax(&self.path, line, column, &one_line(error.message()))
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
