//! Reading a dump, wherever its pieces are cut.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{DumpError, FORMAT, HISTORY};

/// The longest line, in bytes: a bound on memory, far above what a row holds.
const MAX_LINE: usize = 64 * 1024 * 1024;

/// What a dump holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DumpSummary {
    /// The engine that it was taken from.
    pub engine: String,
    /// Its tables in order, each with the number of its rows.
    pub tables: Vec<(String, u64)>,
    /// The components of its schema, each with the version it is at.
    pub schema: BTreeMap<String, u32>,
}

impl DumpSummary {
    /// The rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Reads a dump piece by piece and makes sure that it is one, whole.
#[derive(Debug, Default)]
pub struct DumpReader {
    /// A line that has not ended yet.
    rest: Vec<u8>,
    line: u64,
    state: State,
    summary: DumpSummary,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Nothing,
    /// Between two tables.
    Between,
    /// In a table with so many columns, after so many rows.
    Table {
        columns: usize,
        rows: u64,
        history: Option<(usize, usize)>,
    },
    Ended,
}

/// A line of a dump.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    Row(Vec<Value>),
    Table(Heading),
    End { end: bool, tables: u64, rows: u64 },
    Rows { rows: u64 },
    Begin { dump: u32, engine: String },
}

/// The line before the rows of a table.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Heading {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
    /// A column that counts up, and the greatest number that it gave.
    #[serde(default)]
    pub(crate) identity: Option<(String, i64)>,
}

impl DumpReader {
    /// Takes the next piece.
    ///
    /// # Errors
    /// When it is not a dump, or a newer program wrote it.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), DumpError> {
        self.lines(piece).map(drop)
    }

    /// Says that nothing follows.
    ///
    /// # Errors
    /// [`DumpError::Incomplete`] when its last line is missing.
    pub fn finish(self) -> Result<DumpSummary, DumpError> {
        match self.state {
            State::Ended if self.rest.is_empty() => Ok(self.summary),
            _ => Err(DumpError::Incomplete { line: self.line }),
        }
    }

    /// The lines that end in this piece.
    pub(crate) fn lines(&mut self, piece: &[u8]) -> Result<Vec<Line>, DumpError> {
        self.rest.extend_from_slice(piece);
        let mut lines = Vec::new();
        let mut text = std::mem::take(&mut self.rest);
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.rest = text.split_off(whole);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            self.line += 1;
            let line: Line =
                serde_json::from_slice(line).map_err(|_| self.malformed("it is no line of a dump"))?;
            self.step(&line)?;
            lines.push(line);
        }
        if self.rest.len() > MAX_LINE {
            self.line += 1;
            return Err(self.malformed("it is too long"));
        }
        Ok(lines)
    }

    /// The number of the last line that was read.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    fn malformed(&self, reason: &str) -> DumpError {
        DumpError::Malformed { line: self.line, reason: reason.to_owned() }
    }

    /// Whether `line` may stand where it stands.
    fn step(&mut self, line: &Line) -> Result<(), DumpError> {
        let state = std::mem::take(&mut self.state);
        self.state = match (state, line) {
            (State::Nothing, Line::Begin { dump, .. }) if *dump > FORMAT => {
                return Err(DumpError::Newer { found: *dump, known: FORMAT });
            }
            (State::Nothing, Line::Begin { engine, .. }) => {
                self.summary.engine.clone_from(engine);
                State::Between
            }
            (State::Nothing, _) => return Err(self.malformed("a dump begins with its version")),
            (State::Between, Line::Table(heading)) => self.begin_table(heading)?,
            (State::Table { columns, rows, history }, Line::Row(values)) => {
                if values.len() != columns {
                    return Err(self.malformed("the row has not as many values as its table has columns"));
                }
                if let Some(at) = history {
                    self.applied(&values[at.0], &values[at.1])?;
                }
                State::Table { columns, rows: rows + 1, history }
            }
            (State::Table { rows, .. }, Line::Rows { rows: told }) => {
                if rows != *told {
                    return Err(self.malformed(&format!("it tells of {told} rows, and there are {rows}")));
                }
                if let Some((_, counted)) = self.summary.tables.last_mut() {
                    *counted = rows;
                }
                State::Between
            }
            (State::Between, Line::End { end: true, tables, rows }) => {
                let found = (self.summary.tables.len() as u64, self.summary.rows());
                if found != (*tables, *rows) {
                    let told = format!("it tells of {tables} tables and {rows} rows");
                    return Err(self.malformed(&format!("{told}, and there are {} and {}", found.0, found.1)));
                }
                State::Ended
            }
            _ => return Err(self.malformed("it cannot stand here")),
        };
        Ok(())
    }

    fn begin_table(&mut self, heading: &Heading) -> Result<State, DumpError> {
        if self.summary.tables.iter().any(|(name, _)| *name == heading.table) {
            return Err(self.malformed(&format!("the table {} is there twice", heading.table)));
        }
        self.summary.tables.push((heading.table.clone(), 0));
        let place = |name: &str| heading.columns.iter().position(|column| column == name);
        let history = if heading.table == HISTORY {
            let places = place("component").zip(place("version"));
            Some(places.ok_or_else(|| self.malformed("the history of the schema lacks a column"))?)
        } else {
            None
        };
        Ok(State::Table { columns: heading.columns.len(), rows: 0, history })
    }

    fn applied(&mut self, component: &Value, version: &Value) -> Result<(), DumpError> {
        let version = version.as_u64().and_then(|version| u32::try_from(version).ok());
        let (Some(component), Some(version)) = (component.as_str(), version) else {
            return Err(self.malformed("it is no migration"));
        };
        let newest = self.summary.schema.entry(component.to_owned()).or_default();
        *newest = version.max(*newest);
        Ok(())
    }
}
