//! YAML documents as trees whose values know where they stand (YAML 1.2.2).

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bytes of a file. The API server takes no larger object either.
const MAX_FILE_BYTES: usize = 1024 * 1024;
/// Values within values. A `HTTPRoute` needs twelve.
pub(crate) const MAX_DEPTH: usize = 32;

/// A position in a file, counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// What makes a file unreadable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) place: Place,
    pub(crate) reason: String,
}

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Where the value begins; of a value that was left out, and of a list below its key, where the key begins.
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// A value, with plain scalars resolved as the programs of a cluster resolve them.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Text(String),
    /// A whole or decimal number, as written.
    Number(String),
    Boolean(bool),
    /// One of the other words that YAML 1.1 reads as true or false (`yes`, `off`), as written.
    Word(String),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A field of a mapping.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key begins.
    pub(crate) place: Place,
    pub(crate) node: Node,
}

/// The documents of a file that are not empty, up to the first flaw, and the flaw if there is one.
pub(crate) fn read(text: &str) -> (Vec<Node>, Option<Flaw>) {
    let mut documents = Vec::new();
    if text.len() > MAX_FILE_BYTES {
        let reason = format!("the file must not exceed {MAX_FILE_BYTES} bytes");
        return (documents, Some(Flaw { place: Place { line: 1, column: 1 }, reason }));
    }
    let mut source = Source { parser: Parser::new_from_str(text) };
    let flaw = source.documents(&mut documents).err();
    (documents, flaw)
}

/// The events of the YAML parser, with places.
struct Source<'text> {
    parser: Parser<'text, StrInput<'text>>,
}

impl<'text> Source<'text> {
    fn next(&mut self) -> Result<(Event<'text>, Place), Flaw> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, place(span.start))),
            Some(Err(error)) => Err(syntax(&error)),
            // The stream ends with an event of its own, after which nobody asks.
            None => Ok((Event::StreamEnd, Place { line: 1, column: 1 })),
        }
    }

    fn documents(&mut self, documents: &mut Vec<Node>) -> Result<(), Flaw> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), _) => {
                    let (event, place) = self.next()?;
                    let root = self.node(event, place, 0)?;
                    if !matches!(root.value, Value::Null) {
                        documents.push(root);
                    }
                }
                _ => {}
            }
        }
    }

    /// Builds the value that begins with `event`.
    fn node(&mut self, event: Event<'text>, place: Place, depth: usize) -> Result<Node, Flaw> {
        let refuse = |reason: &str| Err(Flaw { place, reason: reason.to_owned() });
        if depth > MAX_DEPTH {
            return refuse(&format!("values are nested more than {MAX_DEPTH} deep"));
        }
        let value = match event {
            Event::Scalar(.., Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return refuse("YAML tags are not supported");
            }
            Event::Scalar(text, ScalarStyle::Plain, ..) => resolve(text),
            Event::Scalar(text, ..) => Value::Text(text.into_owned()),
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.mapping(depth)?,
            // An alias lets a short file grow without bound, and one place of it change many rules.
            Event::Alias(_) => return refuse("YAML aliases are not supported: repeat the value"),
            _ => return refuse("expected a value"),
        };
        Ok(Node { place, value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Flaw> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, place) => items.push(self.node(event, place, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Flaw> {
        let mut entries = Vec::new();
        let mut lines = BTreeMap::new();
        loop {
            let (key, place) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Mapping(entries)),
                (Event::Scalar(key, _, _, None), place) => (key.into_owned(), place),
                (_, place) => {
                    return Err(Flaw { place, reason: "a key must be plain text".to_owned() });
                }
            };
            if let Some(first) = lines.insert(key.clone(), place.line) {
                let reason = format!("`{key}` stands here a second time; the first is in line {first}");
                return Err(Flaw { place, reason });
            }
            let node = self.entry_value(place, depth)?;
            entries.push(Entry { key, place, node });
        }
    }

    fn entry_value(&mut self, key_place: Place, depth: usize) -> Result<Node, Flaw> {
        let (event, place) = self.next()?;
        let is_left_out = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text.is_empty());
        // The parser's place of a list that begins in a line of its own is somewhere behind its first dash.
        let is_below = matches!(&event, Event::SequenceStart(..)) && place.line > key_place.line;
        self.node(event, if is_left_out || is_below { key_place } else { place }, depth + 1)
    }
}

/// What a plain scalar means.
///
/// Follows the core schema (YAML 1.2.2 §10.3.2), and YAML 1.1 in its words for true and false, because
/// cluster tools read those so. What one reader takes for a text and another for a boolean is no text here.
fn resolve(text: Cow<'_, str>) -> Value {
    let text = text.into_owned();
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        _ if is_ambiguous(&text) => Value::Word(text),
        _ if is_number(&text) => Value::Number(text),
        _ => Value::Text(text),
    }
}

fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        }
    }
    // Rust's own parser also knows words such as `infinity`, so the first character decides.
    unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.parse::<f64>().is_ok()
}

fn place(marker: Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

fn syntax(error: &ScanError) -> Flaw {
    Flaw { place: place(*error.marker()), reason: format!("this is not well-formed YAML: {}", error.info()) }
}
