//! All tables on their way out of the served engine.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::{Executor as _, PgConnection, Row as _};
use tokio::sync::mpsc;

use crate::driver::postgres::failure::{Failure, classify};
use crate::driver::postgres::statement::{self, Kinds};
use crate::driver::postgres::values::column;
use crate::dump::{self, COLUMNS, LAST, REFERENCES, Table, tables};
use crate::export::{CHUNK, line, value};
use crate::history::{APPLIED, HISTORY, require_whole};
use crate::sql::{Engine, Sql};
use crate::{DbError, FromRow};

type Chunks = mpsc::Sender<Result<Vec<u8>, DbError>>;

/// Writes all tables in chunks, within the transaction that is open, until all are written or nobody reads any more.
///
/// The first chunk is the first line alone: when it has arrived, the state is chosen.
pub(crate) async fn write(
    connection: &mut PgConnection,
    kinds: &Kinds,
    whole: bool,
    to: &Chunks,
) -> Result<(), Failure> {
    // The first statement chooses the state.
    let columns = query(connection, kinds, &COLUMNS).await?;
    let references: Vec<(String, String)> = query(connection, kinds, &REFERENCES).await?;
    let tables = tables(columns, &references);
    if whole && tables.iter().any(|table| table.name == HISTORY) {
        let applied: Vec<(String, u32, String)> = query(connection, kinds, &APPLIED).await?;
        require_whole(applied.iter().map(|(component, ..)| component.as_str())).map_err(Failure::Error)?;
    }
    let last: Vec<(String, i64)> = query(connection, kinds, &LAST).await?;
    let last: BTreeMap<String, i64> = last.into_iter().collect();
    let mut chunk = Vec::new();
    line(&mut chunk, &dump::first(Engine::Postgres)).map_err(Failure::Error)?;
    give(&mut chunk, to).await?;
    let mut all = 0;
    for table in &tables {
        let number = last.get(&table.name).copied().unwrap_or(0);
        line(&mut chunk, &dump::heading(table, number)).map_err(Failure::Error)?;
        let rows = write_table(connection, table, &mut chunk, to).await?;
        line(&mut chunk, &dump::rows(rows)).map_err(Failure::Error)?;
        all += rows;
    }
    line(&mut chunk, &dump::end(tables.len(), all)).map_err(Failure::Error)?;
    give(&mut chunk, to).await
}

async fn query<R: FromRow>(
    connection: &mut PgConnection,
    kinds: &Kinds,
    sql: &Sql,
) -> Result<Vec<R>, Failure> {
    statement::query(connection, kinds, sql, &[]).await
}

/// Hands on what is there; fails when nobody reads any more.
async fn give(chunk: &mut Vec<u8>, to: &Chunks) -> Result<(), Failure> {
    let full = std::mem::replace(chunk, Vec::with_capacity(CHUNK));
    to.send(Ok(full)).await.map_err(|_| Failure::Error(DbError::Closed))
}

async fn write_table(
    connection: &mut PgConnection,
    table: &Table,
    chunk: &mut Vec<u8>,
    to: &Chunks,
) -> Result<u64, Failure> {
    let failed = |error: sqlx::Error| classify("DUMP", &error);
    // Made of the names of the schema, each quoted.
    let text = sqlx::AssertSqlSafe(table.select(Engine::Postgres));
    let mut rows = connection.fetch(sqlx::query(text).persistent(false));
    let mut count = 0;
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let values: Result<Vec<Value>, DbError> =
            (0..row.len()).map(|index| value(column(&row, index)?)).collect();
        line(chunk, &Value::Array(values.map_err(Failure::Error)?)).map_err(Failure::Error)?;
        count += 1;
        if chunk.len() >= CHUNK {
            give(chunk, to).await?;
        }
    }
    Ok(count)
}
