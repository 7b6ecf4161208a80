//! Rows of one state of the database, as lines of JSON, for whoever examines it from outside.

use std::fmt;

use rusqlite::Connection;
use tokio::sync::mpsc;
use tradewind_kernel::Id;

use crate::driver::sqlite::column;
use crate::{Column, DbError, Engine, Sql, fault};

/// The size at which a chunk is handed on, in bytes.
pub(crate) const CHUNK: usize = 64 * 1024;

/// Chunks that wait for a slow reader.
pub(crate) const CHUNKS: usize = 4;

/// Rows that a service shows: a name and the query that gives them.
///
/// The query has no parameters. Its columns keep their names.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// What the rows are, such as `event_log`.
    pub table: &'static str,
    /// The query.
    pub rows: &'static Sql,
}

/// What is wanted of a database.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// The rows of some queries.
    Evidence(Vec<Evidence>),
    /// All tables; `whole` refuses a database that is being loaded.
    Dump { whole: bool },
}

/// Rows on their way out, all of one state of the database: newline-delimited JSON.
///
/// Each table begins with an object, `{"table":"…","columns":["…"]}`, followed by an array per row. The last
/// line is `{"end":true}`; what ends without it is not whole. Ids are written as UUIDs and other bytes as
/// hexadecimal digits; a document in a column is a text.
///
/// Dropping it ends the reading.
pub struct Export {
    chunks: mpsc::Receiver<Result<Vec<u8>, DbError>>,
}

impl Export {
    pub(crate) fn new(chunks: mpsc::Receiver<Result<Vec<u8>, DbError>>) -> Self {
        Self { chunks }
    }

    /// The next piece; `None` behind the last one. Pieces end at the end of a line.
    ///
    /// # Errors
    /// Any of the engine's failures; nothing follows it.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, DbError>> {
        self.chunks.recv().await
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Export")
    }
}

/// Writes the rows of `tables` in chunks to `give`, which says whether anybody still reads.
pub(crate) fn write(
    connection: &Connection,
    tables: &[Evidence],
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<(), DbError> {
    let begun = connection.execute_batch("begin");
    begun.map_err(|error| fault::classify("begin", &error))?;
    let outcome = write_all(connection, tables, give);
    if let Err(error) = connection.execute_batch("rollback") {
        tracing::error!(%error, "an export could not be ended");
    }
    outcome
}

fn write_all(
    connection: &Connection,
    tables: &[Evidence],
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<(), DbError> {
    let mut chunk = Vec::with_capacity(CHUNK);
    for table in tables {
        let failed = |error: &rusqlite::Error| fault::classify(table.rows.name(), error);
        let text = table.rows.text(Engine::Sqlite);
        let mut statement = connection.prepare(text).map_err(|error| failed(&error))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        line(&mut chunk, &serde_json::json!({ "table": table.table, "columns": columns }))?;
        let mut rows = statement.query([]).map_err(|error| failed(&error))?;
        while let Some(row) = rows.next().map_err(|error| failed(&error))? {
            let values: Result<Vec<_>, DbError> =
                (0..columns.len()).map(|index| sqlite_value(row.get_ref(index))).collect();
            line(&mut chunk, &serde_json::Value::Array(values?))?;
            if chunk.len() >= CHUNK && !give(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK))) {
                return Ok(());
            }
        }
    }
    line(&mut chunk, &serde_json::json!({ "end": true }))?;
    give(chunk);
    Ok(())
}

pub(crate) fn line(chunk: &mut Vec<u8>, value: &serde_json::Value) -> Result<(), DbError> {
    serde_json::to_writer(&mut *chunk, value).map_err(|error| DbError::column(error.to_string()))?;
    chunk.push(b'\n');
    Ok(())
}

pub(crate) fn sqlite_value(
    value: rusqlite::Result<rusqlite::types::ValueRef<'_>>,
) -> Result<serde_json::Value, DbError> {
    let read = value.map_err(|error| DbError::column(error.to_string()))?;
    self::value(column(read).map_err(|()| DbError::column("a text is not UTF-8"))?)
}

/// A value as it is shown outside.
pub(crate) fn value(column: Column<'_>) -> Result<serde_json::Value, DbError> {
    Ok(match column {
        Column::Null => serde_json::Value::Null,
        Column::Int(number) => number.into(),
        Column::Real(number) => number.into(),
        Column::Text(text) => text.into(),
        Column::Bytes(bytes) => match <[u8; 16]>::try_from(bytes) {
            Ok(id) => Id::from_u128(u128::from_be_bytes(id)).to_string().into(),
            Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        },
    })
}
