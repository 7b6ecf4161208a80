//! Executing statements on a connection of the served engine.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, Either, Executor as _, PgConnection, Statement as _};

use crate::driver::postgres::failure::{Failure, classify};
use crate::driver::postgres::values::Param;
use crate::{Bind, DbError, Engine, FromRow, Row, Sql};

/// The types that the server wants for the parameters of each statement, asked once.
///
/// A null has no type of its own, and the same number goes to columns of several sizes: the statement decides.
#[derive(Default)]
pub(crate) struct Kinds {
    /// By the address of the statement's text, which lives as long as the program.
    known: RwLock<HashMap<usize, Arc<[u32]>>>,
}

impl Kinds {
    async fn of(&self, connection: &mut PgConnection, sql: &Sql) -> Result<Arc<[u32]>, Failure> {
        let text = sql.text(Engine::Postgres);
        let address = text.as_ptr() as usize;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
        if let Some(kinds) = known {
            return Ok(kinds);
        }
        let kinds: Arc<[u32]> = describe(connection, sql).await?.into();
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(address, kinds.clone());
        Ok(kinds)
    }
}

/// Prepares a statement and gives the types of its parameters.
pub(crate) async fn describe(connection: &mut PgConnection, sql: &Sql) -> Result<Vec<u32>, Failure> {
    let prepared = connection.prepare(sqlx::SqlSafeStr::into_sql_str(sql.text(Engine::Postgres))).await;
    let prepared = prepared.map_err(|error| classify(sql.name(), &error))?;
    Ok(match prepared.parameters() {
        Some(Either::Left(types)) => types.iter().map(|kind| kind.oid().map_or(0, |oid| oid.0)).collect(),
        _ => Vec::new(),
    })
}

/// Executes a statement and gives the number of rows it changed.
pub(crate) async fn execute(
    connection: &mut PgConnection,
    kinds: &Kinds,
    sql: &Sql,
    params: &[Bind<'_>],
) -> Result<u64, Failure> {
    let arguments = bind(connection, kinds, sql, params).await?;
    let query = sqlx::query_with(sql.text(Engine::Postgres), arguments);
    let done = query.execute(connection).await.map_err(|error| classify(sql.name(), &error))?;
    Ok(done.rows_affected())
}

/// Executes a query and gives all its rows.
pub(crate) async fn query<R: FromRow>(
    connection: &mut PgConnection,
    kinds: &Kinds,
    sql: &Sql,
    params: &[Bind<'_>],
) -> Result<Vec<R>, Failure> {
    let arguments = bind(connection, kinds, sql, params).await?;
    let query = sqlx::query_with(sql.text(Engine::Postgres), arguments);
    let rows: Vec<PgRow> = query.fetch_all(connection).await.map_err(|error| classify(sql.name(), &error))?;
    let rows: Result<Vec<R>, DbError> = rows.iter().map(|row| R::from_row(&Row::new(row))).collect();
    rows.map_err(Failure::Error)
}

async fn bind(
    connection: &mut PgConnection,
    kinds: &Kinds,
    sql: &Sql,
    params: &[Bind<'_>],
) -> Result<PgArguments, Failure> {
    let kinds = kinds.of(connection, sql).await?;
    if kinds.len() != params.len() {
        return Err(Failure::Error(DbError::parameters(kinds.len(), params.len())));
    }
    let mut arguments = PgArguments::default();
    for (value, kind) in params.iter().zip(kinds.iter()) {
        value.check().map_err(|wrong| Failure::Error(DbError::column(format!("{}: {wrong}", sql.name()))))?;
        let added = arguments.add(Param { value, kind: *kind });
        added.map_err(|error| Failure::Error(DbError::column(format!("{}: {error}", sql.name()))))?;
    }
    Ok(arguments)
}

/// Runs text that has no parameters: the frame of a transaction, and changes of the schema.
pub(crate) async fn script(
    connection: &mut PgConnection,
    name: &'static str,
    text: &str,
) -> Result<(), Failure> {
    // Written by the program, never by whoever uses it.
    let ran = connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text))).await;
    ran.map(drop).map_err(|error| classify(name, &error))
}
