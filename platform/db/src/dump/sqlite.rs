//! Writing a dump of the embedded engine.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::json;

use super::catalogue::{COLUMNS, LAST, REFERENCES, Table, tables};
use super::{FORMAT, HISTORY};
use crate::export::{CHUNK, line, value};
use crate::migrate::APPLIED;
use crate::sql::{Engine, Sql};
use crate::{DbError, FromRow, fault, tx};

/// Writes all tables in chunks to `give`, which says whether anybody still reads.
///
/// The first chunk is the first line alone: when it has arrived, the state is chosen. `whole` refuses a database
/// that is being loaded.
pub(crate) fn write(
    connection: &Connection,
    whole: bool,
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<(), DbError> {
    let begun = connection.execute_batch("begin");
    begun.map_err(|error| fault::classify("begin", &error))?;
    let outcome = write_all(connection, whole, give);
    if let Err(error) = connection.execute_batch("rollback") {
        tracing::error!(%error, "a dump could not be ended");
    }
    outcome
}

fn query<R: FromRow>(connection: &Connection, sql: &Sql) -> Result<Vec<R>, DbError> {
    tx::query(connection, sql, &[]).map_err(|fault| fault.named(sql))
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
        crate::migrate::require_whole(applied.iter().map(|(component, ..)| component.as_str()))?;
    }
    let last: BTreeMap<String, i64> = if tables.iter().any(|table| table.identity.is_some()) {
        query(connection, &LAST)?.into_iter().collect()
    } else {
        BTreeMap::new()
    };
    let mut chunk = Vec::new();
    line(&mut chunk, &json!({ "dump": FORMAT, "engine": Engine::Sqlite.name() }))?;
    let mut writing = give(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)));
    let mut all = 0;
    for table in &tables {
        if !writing {
            return Ok(());
        }
        let number = last.get(&table.name).copied().unwrap_or(0);
        line(&mut chunk, &heading(table, number))?;
        let rows = write_table(connection, table, &mut chunk, give)?;
        line(&mut chunk, &json!({ "rows": rows }))?;
        all += rows;
        writing = chunk.len() < CHUNK || give(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)));
    }
    line(&mut chunk, &json!({ "end": true, "tables": tables.len(), "rows": all }))?;
    give(chunk);
    Ok(())
}

fn heading(table: &Table, last: i64) -> serde_json::Value {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    match &table.identity {
        Some(column) => json!({ "table": table.name, "columns": columns, "identity": [column, last] }),
        None => json!({ "table": table.name, "columns": columns }),
    }
}

/// Stops early, without an error, when nobody reads any more: the last line is missing then.
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
            (0..table.columns.len()).map(|index| value(row.get_ref(index))).collect();
        line(chunk, &serde_json::Value::Array(values?))?;
        count += 1;
        if chunk.len() >= CHUNK && !give(std::mem::replace(chunk, Vec::with_capacity(CHUNK))) {
            return Err(DbError::Closed);
        }
    }
    Ok(count)
}
