//! What can be wrong with a dump, or with the database that takes it in.

use crate::DbError;

/// A dump could not be read or loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DumpError {
    /// It is not what a dump is.
    #[error("line {line}: {reason}")]
    Malformed {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// It breaks off.
    #[error("it breaks off after line {line}, before its last line")]
    Incomplete {
        /// The last line that is whole.
        line: u64,
    },
    /// A newer program wrote it.
    #[error("its form is version {found}; this program reads {known} and older")]
    Newer {
        /// Its version.
        found: u32,
        /// The newest version that can be read.
        known: u32,
    },
    /// The database to load into has tables.
    #[error("the database is not empty: it has a table {table}")]
    NotEmpty {
        /// One of them.
        table: String,
    },
    /// The tables of the database are not those of the dump.
    #[error("the schema of the database is not that of the dump: {reason}")]
    Schema {
        /// What differs.
        reason: String,
    },
    /// What was loaded and read again is something else.
    #[error("{table} was loaded and holds something else than the dump")]
    Differs {
        /// The table.
        table: String,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}
