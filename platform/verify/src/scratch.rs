//! The scratch database: the evidence of all services in one place.

use std::fmt;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::Deserialize;

/// The longest line of evidence, in bytes: a row is far shorter.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// The evidence could not be taken in, or a query does not fit it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScratchError {
    /// The scratch database failed.
    #[error("the scratch database failed: {0}")]
    Engine(String),
    /// The evidence is not what was agreed.
    #[error("the evidence of {service} cannot be read: {reason}")]
    Malformed {
        /// Whose evidence.
        service: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The evidence breaks off before its last line.
    #[error("the evidence of {service} is not whole; ask for it again")]
    Incomplete {
        /// Whose evidence.
        service: String,
    },
}

impl From<rusqlite::Error> for ScratchError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error.to_string())
    }
}

/// A private database, on disk when it grows, gone with the handle.
pub struct Scratch {
    connection: Connection,
}

impl Scratch {
    /// An empty one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, ScratchError> {
        // An empty name means: temporary, in memory while small, removed when closed.
        let connection = Connection::open("")?;
        connection.execute_batch("pragma journal_mode = off; pragma synchronous = off;")?;
        Ok(Self { connection })
    }

    /// Takes in the evidence of `service`, given in pieces to the loader.
    ///
    /// # Errors
    /// When the database fails.
    pub fn load(&self, service: &str) -> Result<Loader<'_>, ScratchError> {
        self.connection.execute_batch("begin")?;
        let (service, rest) = (service.to_owned(), Vec::new());
        Ok(Loader { connection: &self.connection, service, rest, table: None, whole: false })
    }

    /// Adds rows that are known without asking, to `table` with these columns.
    ///
    /// # Errors
    /// When the database fails.
    pub fn add(&self, table: &str, columns: &[&str], rows: &[Vec<String>]) -> Result<(), ScratchError> {
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let create = format!("create table if not exists {} ({})", quoted(table), names.join(", "));
        self.connection.execute_batch(&create)?;
        let insert = insert(table, columns.len());
        for row in rows {
            self.connection.prepare_cached(&insert)?.execute(params_from_iter(row))?;
        }
        Ok(())
    }

    /// Changes what was taken in: to see whether an oracle notices.
    ///
    /// # Errors
    /// When the statement does not fit the evidence.
    pub fn tamper(&self, statement: &str) -> Result<usize, ScratchError> {
        Ok(self.connection.execute(statement, [])?)
    }

    /// The only number that `query` gives.
    ///
    /// # Errors
    /// When the query does not fit the evidence.
    pub fn count(&self, query: &str) -> Result<i64, ScratchError> {
        Ok(self.connection.query_row(query, [], |row| row.get(0))?)
    }

    /// The first `limit` rows that `query` gives, each as `column=value …`, and how many there are in all.
    ///
    /// # Errors
    /// When the query does not fit the evidence.
    pub fn rows(&self, query: &str, limit: usize) -> Result<(usize, Vec<String>), ScratchError> {
        let mut statement = self.connection.prepare(query)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        let (mut count, mut shown) = (0, Vec::new());
        while let Some(row) = rows.next()? {
            count += 1;
            if shown.len() < limit {
                let cells = names
                    .iter()
                    .enumerate()
                    .map(|(index, name)| Ok(format!("{name}={}", text(&row.get::<_, Value>(index)?))));
                shown.push(cells.collect::<Result<Vec<_>, rusqlite::Error>>()?.join(" "));
            }
        }
        Ok((count, shown))
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch")
    }
}

/// Takes the evidence of one service in.
pub struct Loader<'a> {
    connection: &'a Connection,
    service: String,
    /// A line that has not ended yet.
    rest: Vec<u8>,
    /// How to insert a row of the present table, and its number of columns.
    table: Option<(String, usize)>,
    whole: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Row(Vec<serde_json::Value>),
    Table { table: String, columns: Vec<String> },
    End { end: bool },
}

impl Loader<'_> {
    /// Takes the next piece.
    ///
    /// # Errors
    /// When it is not evidence, or the database fails.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), ScratchError> {
        self.rest.extend_from_slice(piece);
        let rest = std::mem::take(&mut self.rest);
        let mut lines = rest.split_inclusive(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            if line.last() != Some(&b'\n') && lines.peek().is_none() {
                if line.len() > MAX_LINE {
                    return Err(self.malformed("a line is too long"));
                }
                self.rest = line.to_vec();
                break;
            }
            self.line(line)?;
        }
        Ok(())
    }

    /// Says that nothing follows.
    ///
    /// # Errors
    /// When the evidence is not whole, or the database fails.
    pub fn finish(self) -> Result<(), ScratchError> {
        self.connection.execute_batch("commit")?;
        if self.whole { Ok(()) } else { Err(ScratchError::Incomplete { service: self.service }) }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), ScratchError> {
        if self.whole {
            return Err(self.malformed("something follows its last line"));
        }
        match serde_json::from_slice(line).map_err(|error| self.malformed(&error.to_string()))? {
            Line::Row(values) => self.row(values),
            Line::Table { table, columns } => self.table(&table, &columns),
            Line::End { end } => {
                self.whole = end;
                Ok(())
            }
        }
    }

    fn table(&mut self, table: &str, columns: &[String]) -> Result<(), ScratchError> {
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let names = names.join(", ");
        let create = format!("create table if not exists {} (service, {names})", quoted(table));
        self.connection.execute_batch(&create)?;
        self.table = Some((insert(table, columns.len() + 1), columns.len()));
        Ok(())
    }

    fn row(&mut self, values: Vec<serde_json::Value>) -> Result<(), ScratchError> {
        let Some((insert, columns)) = &self.table else {
            return Err(self.malformed("a row stands before its table"));
        };
        if values.len() != *columns {
            return Err(self.malformed("a row has not as many values as its table has columns"));
        }
        let service = Value::Text(self.service.clone());
        let values = std::iter::once(service).chain(values.into_iter().map(value));
        self.connection.prepare_cached(insert)?.execute(params_from_iter(values))?;
        Ok(())
    }

    fn malformed(&self, reason: &str) -> ScratchError {
        ScratchError::Malformed { service: self.service.clone(), reason: reason.to_owned() }
    }
}

impl fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loader({})", self.service)
    }
}

fn value(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Integer(i64::from(truth)),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::Text(text),
        nested @ (serde_json::Value::Array(_) | serde_json::Value::Object(_)) => {
            Value::Text(nested.to_string())
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// A name from outside, as an identifier whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn insert(table: &str, columns: usize) -> String {
    let places = vec!["?"; columns].join(", ");
    format!("insert into {} values ({places})", quoted(table))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str =
        "{\"table\":\"thing\",\"columns\":[\"id\",\"size\"]}\n[\"a\",1]\n[\"b\",null]\n{\"end\":true}\n";

    #[test]
    fn evidence_that_is_not_whole_or_not_evidence_is_refused() {
        let scratch = Scratch::new().unwrap();
        let cut = TEXT.rsplit_once("{\"end\"").unwrap().0;
        let mut loader = scratch.load("one").unwrap();
        loader.take(cut.as_bytes()).unwrap();
        assert_eq!(loader.finish(), Err(ScratchError::Incomplete { service: "one".to_owned() }));
        for wrong in ["[1]\n", "nonsense\n", "{\"table\":\"t\",\"columns\":[\"a\"]}\n[1,2]\n"] {
            let scratch = Scratch::new().unwrap();
            let mut loader = scratch.load("one").unwrap();
            let refused = loader.take(wrong.as_bytes());
            assert!(matches!(refused, Err(ScratchError::Malformed { .. })), "{wrong}");
        }
    }

    #[test]
    fn tables_of_several_services_become_one() {
        let scratch = Scratch::new().unwrap();
        for service in ["one", "two"] {
            let mut loader = scratch.load(service).unwrap();
            loader.take(TEXT.as_bytes()).unwrap();
            loader.finish().unwrap();
        }
        assert_eq!(scratch.count("select count(*) from thing where service = 'two'").unwrap(), 2);
        let (count, shown) = scratch.rows("select * from thing order by service, id", 1).unwrap();
        assert_eq!((count, shown), (4, vec!["service=one id=a size=1".to_owned()]));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_pieces_are_cut(cuts in prop::collection::vec(0..TEXT.len(), 0..8)) {
            let scratch = Scratch::new().unwrap();
            let mut loader = scratch.load("one").unwrap();
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut from = 0;
            for cut in cuts.into_iter().chain([TEXT.len()]) {
                loader.take(&TEXT.as_bytes()[from..cut]).unwrap();
                from = cut;
            }
            loader.finish().unwrap();
            prop_assert_eq!(scratch.count("select count(*) from thing").unwrap(), 2);
        }
    }
}
