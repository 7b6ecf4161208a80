//! Opening connections with the settings on which durability rests.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::DbError;

/// The oldest engine without known defects in the write-ahead log (3.51.3).
const OLDEST_ENGINE: i32 = 3_051_003;

/// How long a statement waits for another process's lock, in milliseconds.
const BUSY_TIMEOUT_MS: u64 = 5_000;

/// Statements kept prepared per connection; a service has fewer.
const CACHED_STATEMENTS: usize = 128;

/// Opens the connection of the writer and creates the file when there is none.
pub(crate) fn writer(path: &Path) -> Result<Connection, DbError> {
    require_engine(rusqlite::version_number(), path)?;
    let connection = Connection::open(path).map_err(|error| failed(path, &error))?;
    configure(&connection, WRITER).map_err(|error| failed(path, &error))?;
    Ok(connection)
}

/// Opens a database that lives in memory and ends with its connection.
pub(crate) fn memory() -> Result<Connection, DbError> {
    let path = Path::new(":memory:");
    let connection = Connection::open_in_memory().map_err(|error| failed(path, &error))?;
    configure(&connection, MEMORY).map_err(|error| failed(path, &error))?;
    Ok(connection)
}

/// Opens the database in memory that has this address in the process.
pub(crate) fn shared(name: &str) -> Result<Connection, DbError> {
    let path = Path::new(name);
    require_engine(rusqlite::version_number(), path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let flags = flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(path, &error))?;
    configure(&connection, MEMORY).map_err(|error| failed(path, &error))?;
    Ok(connection)
}

/// Opens a connection that can only read.
pub(crate) fn reader(path: &Path) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(path, &error))?;
    configure(&connection, READER).map_err(|error| failed(path, &error))?;
    Ok(connection)
}

/// `FULL` syncs the log at every commit: what was answered survives a power cut. The journal is bounded,
/// and foreign keys are enforced on every connection because the engine's default is off.
const WRITER: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
     pragma cache_size = -2048; pragma journal_size_limit = 16777216; pragma temp_store = memory;";
const MEMORY: &str = "pragma foreign_keys = on; pragma temp_store = memory;";
const READER: &str = "pragma query_only = on; pragma cache_size = -512; pragma temp_store = memory;";

fn configure(connection: &Connection, pragmas: &str) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // A plan must not depend on bound values: beside a partial index the engine would prepare a cached statement
    // anew for each of them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(pragmas)
}

fn require_engine(version: i32, path: &Path) -> Result<(), DbError> {
    if version >= OLDEST_ENGINE {
        return Ok(());
    }
    let message = format!("the embedded engine is version {version}; {OLDEST_ENGINE} or newer is needed");
    Err(DbError::Open { path: path.display().to_string(), message })
}

pub(crate) fn failed(path: &Path, error: &rusqlite::Error) -> DbError {
    DbError::Open { path: path.display().to_string(), message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_engine_is_refused_and_this_one_is_not() {
        assert!(require_engine(3_051_002, Path::new("x")).is_err());
        assert!(require_engine(rusqlite::version_number(), Path::new("x")).is_ok());
    }
}
