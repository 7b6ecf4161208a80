//! Making a database and a role that can open nothing else, for whoever may.

use sqlx::{Connection as _, Executor as _, PgConnection};
use tradewind_kernel::{Clock, Secret};

use crate::driver::postgres::connect::connect;
use crate::driver::postgres::failure::{self, Failure};
use crate::{DbError, PostgresOptions};

/// The greatest length of a name that the engine keeps whole, in bytes.
const MAX_NAME: usize = 63;

/// What was done about one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioned {
    /// The role was made now.
    pub role_is_new: bool,
    /// The database was made now.
    pub database_is_new: bool,
}

/// Whether a name can be that of a role and a database without quotes: lower case letters, digits and underscores.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.len() > MAX_NAME {
        return Err(format!("`{name}` is longer than {MAX_NAME} bytes"));
    }
    if !name.bytes().all(fits) || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(format!("`{name}` has other characters than lower case letters, digits and underscores"));
    }
    Ok(())
}

/// Makes the role `name` with `password` and the database `name` that only it can open, as far as they are not
/// there; the password and the rights are set in every case. Can be run again at any time.
///
/// `admin` is a role that may create roles and databases, connected to any database.
///
/// # Errors
/// [`DbError::Connect`] when the server cannot be reached, [`DbError::Statement`] when `admin` may not do it.
pub async fn provision(
    admin: &PostgresOptions,
    name: &str,
    password: &Secret,
    clock: &Clock,
) -> Result<Provisioned, DbError> {
    check_name(name).map_err(|message| DbError::Statement { statement: "provision", message })?;
    let mut connection = Box::pin(connect(&admin.driver(), &admin.to_string(), clock)).await?;
    let done = make(&mut connection, name, password).await;
    drop(connection.close().await);
    let done = done.map_err(Failure::into_error)?;
    own_schema(admin, name, clock).await?;
    Ok(done)
}

async fn make(connection: &mut PgConnection, name: &str, password: &Secret) -> Result<Provisioned, Failure> {
    let role_is_new = !exists(connection, "select 1 from pg_roles where rolname = $1", name).await?;
    if role_is_new {
        run(connection, &format!("create role {name} login")).await?;
    }
    let attributes = "login nosuperuser nocreatedb nocreaterole noreplication";
    let quoted = quoted(password.expose());
    run(connection, &format!("alter role {name} with {attributes} password {quoted}")).await?;
    let database_is_new = !exists(connection, "select 1 from pg_database where datname = $1", name).await?;
    if database_is_new {
        // The owner of a database has to be a role of whoever makes it, unless that is a superuser.
        drop(run(connection, &format!("grant {name} to current_user")).await);
        run(connection, &format!("create database {name} owner {name} encoding 'UTF8' template template0"))
            .await?;
    }
    run(connection, &format!("revoke all on database {name} from public")).await?;
    run(connection, &format!("grant connect, temporary on database {name} to {name}")).await?;
    Ok(Provisioned { role_is_new, database_is_new })
}

/// Within the database: before version 15 everybody may create tables in the schema `public`.
async fn own_schema(admin: &PostgresOptions, name: &str, clock: &Clock) -> Result<(), DbError> {
    let inside = admin.clone().database(name);
    let mut connection = Box::pin(connect(&inside.driver(), &inside.to_string(), clock)).await?;
    let text = format!("revoke all on schema public from public; grant all on schema public to {name}");
    let done = run(&mut connection, &text).await;
    drop(connection.close().await);
    done.map_err(Failure::into_error)
}

async fn exists(connection: &mut PgConnection, text: &'static str, name: &str) -> Result<bool, Failure> {
    let found = connection.fetch_optional(sqlx::query(text).bind(name)).await;
    found.map(|row| row.is_some()).map_err(|error| failure::classify("provision", &error))
}

async fn run(connection: &mut PgConnection, text: &str) -> Result<(), Failure> {
    // Names are checked and texts are quoted: such statements take no parameters.
    let ran = connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text))).await;
    ran.map(drop).map_err(|error| failure::classify("provision", &error))
}

/// A text constant, also when the server takes backslashes for escapes.
fn quoted(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_need_quotes_are_refused() {
        assert!(check_name("tradewind_notes").is_ok());
        for name in ["Notes", "a-b", "a b", "a\"b", "1a", "a;drop", &"a".repeat(64)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_password_may_hold_anything() {
        assert_eq!(quoted("a'b\\c"), "E'a''b\\\\c'");
    }
}
