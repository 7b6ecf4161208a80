//! Executing statements on a connection of the embedded engine.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::row::Columns;
use crate::{Bind, Column, DbError, Engine, FromRow, Row, Sql, fault};

/// A failure of the engine, or one that this crate found.
pub(crate) enum Fault {
    Engine(rusqlite::Error),
    Ours(DbError),
}

impl Fault {
    pub(crate) fn named(self, sql: &Sql) -> DbError {
        match self {
            Self::Engine(error) => fault::classify(sql.name(), &error),
            Self::Ours(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self::Ours(error)
    }
}

/// Executes a statement and gives the number of rows it changed.
pub(crate) fn execute(connection: &Connection, sql: &Sql, params: &[Bind<'_>]) -> Result<u64, Fault> {
    let mut statement = connection.prepare_cached(sql.text(Engine::Sqlite))?;
    bind(&mut statement, params)?;
    Ok(statement.raw_execute()? as u64)
}

/// Executes a query and gives all its rows.
pub(crate) fn query<R: FromRow>(
    connection: &Connection,
    sql: &Sql,
    params: &[Bind<'_>],
) -> Result<Vec<R>, Fault> {
    let mut statement = connection.prepare_cached(sql.text(Engine::Sqlite))?;
    bind(&mut statement, params)?;
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(R::from_row(&Row::new(row))?);
    }
    Ok(out)
}

impl Columns for rusqlite::Row<'_> {
    fn column(&self, index: usize) -> Result<Column<'_>, DbError> {
        let value =
            self.get_ref(index).map_err(|error| DbError::column(format!("column {index}: {error}")))?;
        column(value).map_err(|()| DbError::column(format!("column {index}: not UTF-8")))
    }
}

/// The value as the engine gives it; an error when a text is not UTF-8.
pub(crate) fn column(value: ValueRef<'_>) -> Result<Column<'_>, ()> {
    Ok(match value {
        ValueRef::Null => Column::Null,
        ValueRef::Integer(number) => Column::Int(number),
        ValueRef::Real(number) => Column::Real(number),
        ValueRef::Text(bytes) => Column::Text(std::str::from_utf8(bytes).map_err(drop)?),
        ValueRef::Blob(bytes) => Column::Bytes(bytes),
    })
}

fn bind(statement: &mut rusqlite::CachedStatement<'_>, params: &[Bind<'_>]) -> Result<(), Fault> {
    if statement.parameter_count() != params.len() {
        return Err(DbError::parameters(statement.parameter_count(), params.len()).into());
    }
    for (index, value) in params.iter().enumerate() {
        let index = index + 1;
        value.check().map_err(DbError::column)?;
        match value {
            Bind::Null => statement.raw_bind_parameter(index, rusqlite::types::Null)?,
            Bind::Bool(value) => statement.raw_bind_parameter(index, value)?,
            Bind::Int(value) => statement.raw_bind_parameter(index, value)?,
            Bind::Id(id) => statement.raw_bind_parameter(index, &id.as_bytes()[..])?,
            Bind::Text(text) => statement.raw_bind_parameter(index, text.as_ref())?,
            Bind::Json(text) => statement.raw_bind_parameter(index, text.as_str())?,
            Bind::Bytes(bytes) => statement.raw_bind_parameter(index, *bytes)?,
            Bind::Invalid(message) => return Err(DbError::column(message.clone()).into()),
        }
    }
    Ok(())
}
