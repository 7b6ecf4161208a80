//! Rows on their way out of the served engine.

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::{Column as _, Executor as _, PgConnection, Row as _};
use tokio::sync::mpsc;

use crate::driver::postgres::failure::{Failure, classify};
use crate::driver::postgres::values::column;
use crate::export::{CHUNK, Evidence, line, value};
use crate::{DbError, Engine};

/// Writes the rows of `tables` in chunks until all are written or nobody reads any more.
pub(crate) async fn write(
    connection: &mut PgConnection,
    tables: &[Evidence],
    to: &mpsc::Sender<Result<Vec<u8>, DbError>>,
) -> Result<(), Failure> {
    let mut chunk = Vec::with_capacity(CHUNK);
    for table in tables {
        let failed = |error: sqlx::Error| classify(table.rows.name(), &error);
        let text = table.rows.text(Engine::Postgres);
        let prepared = connection.prepare(sqlx::SqlSafeStr::into_sql_str(text)).await.map_err(failed)?;
        let columns: Vec<&str> = sqlx::Statement::columns(&prepared).iter().map(|each| each.name()).collect();
        let head = serde_json::json!({ "table": table.table, "columns": columns });
        line(&mut chunk, &head).map_err(Failure::Error)?;
        let mut rows = connection.fetch(sqlx::query(text));
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            let values: Result<Vec<Value>, DbError> =
                (0..row.len()).map(|index| value(column(&row, index)?)).collect();
            line(&mut chunk, &Value::Array(values.map_err(Failure::Error)?)).map_err(Failure::Error)?;
            if chunk.len() >= CHUNK {
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
                if to.send(Ok(full)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    line(&mut chunk, &serde_json::json!({ "end": true })).map_err(Failure::Error)?;
    drop(to.send(Ok(chunk)).await);
    Ok(())
}
