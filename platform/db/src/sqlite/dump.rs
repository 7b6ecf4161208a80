//! All tables on their way out of the embedded engine.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;

use crate::driver::sqlite as statement;
use crate::dump::{self, COLUMNS, LAST, REFERENCES, Table, tables};
use crate::export::{self, CHUNK, Content, line, sqlite_value};
use crate::history::{APPLIED, HISTORY, require_whole};
use crate::sql::{Engine, Sql};
use crate::{DbError, FromRow, fault};

/// Writes what is wanted, in chunks, to `give`, which says whether anybody still reads.
pub(crate) fn content(
    connection: &Connection,
    content: &Content,
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<(), DbError> {
    match content {
        Content::Evidence(tables) => export::write(connection, tables, give),
        Content::Dump { whole } => write(connection, *whole, give),
    }
}

/// The first chunk is the first line alone: when it has arrived, the state is chosen.
fn write(connection: &Connection, whole: bool, give: &mut dyn FnMut(Vec<u8>) -> bool) -> Result<(), DbError> {
    let begun = connection.execute_batch("begin");
    begun.map_err(|error| fault::classify("begin", &error))?;
    let outcome = write_all(connection, whole, give);
    if let Err(error) = connection.execute_batch("rollback") {
        tracing::error!(%error, "a dump could not be ended");
    }
    outcome
}

fn query<R: FromRow>(connection: &Connection, sql: &Sql) -> Result<Vec<R>, DbError> {
    statement::query(connection, sql, &[]).map_err(|fault| fault.named(sql))
}

fn write_all(
    connection: &Connection,
    whole: bool,
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<(), DbError> {
    // The first statement chooses the state.
    let tables = tables(query(connection, &COLUMNS)?, &query(connection, &REFERENCES)?);
    if whole && tables.iter().any(|table| table.name == HISTORY) {
        let applied: Vec<(String, u32, String)> = query(connection, &APPLIED)?;
        require_whole(applied.iter().map(|(component, ..)| component.as_str()))?;
    }
    let last: BTreeMap<String, i64> = if tables.iter().any(|table| table.identity.is_some()) {
        query(connection, &LAST)?.into_iter().collect()
    } else {
        BTreeMap::new()
    };
    let mut chunk = Vec::new();
    line(&mut chunk, &dump::first(Engine::Sqlite))?;
    let mut reading = give(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)));
    let mut all = 0;
    for table in &tables {
        if !reading {
            return Ok(());
        }
        line(&mut chunk, &dump::heading(table, last.get(&table.name).copied().unwrap_or(0)))?;
        let rows = write_table(connection, table, &mut chunk, give)?;
        line(&mut chunk, &dump::rows(rows))?;
        all += rows;
        reading = chunk.len() < CHUNK || give(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)));
    }
    line(&mut chunk, &dump::end(tables.len(), all))?;
    give(chunk);
    Ok(())
}

/// Gives the number of rows; ends when nobody reads any more.
fn write_table(
    connection: &Connection,
    table: &Table,
    chunk: &mut Vec<u8>,
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<u64, DbError> {
    let failed = |error: &rusqlite::Error| fault::classify("DUMP", error);
    let text = table.select(Engine::Sqlite);
    let mut statement = connection.prepare(&text).map_err(|error| failed(&error))?;
    let mut rows = statement.query([]).map_err(|error| failed(&error))?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(|error| failed(&error))? {
        let values: Result<Vec<_>, DbError> =
            (0..table.columns.len()).map(|index| sqlite_value(row.get_ref(index))).collect();
        line(chunk, &Value::Array(values?))?;
        count += 1;
        if chunk.len() >= CHUNK && !give(std::mem::replace(chunk, Vec::with_capacity(CHUNK))) {
            return Err(DbError::Closed);
        }
    }
    Ok(count)
}
