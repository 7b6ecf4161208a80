//! One SQL text, transactions as values, many of them committed in one fsync.
//!
//! A write is a [`Work`]: a value that runs inside a transaction and may run again. [`Db::write`] hands it
//! to the database's only writer, which takes all waiting works, runs them one after the other and commits
//! them together; nothing is answered before that commit. Inside a work nothing but the database is
//! awaited: a future that is pending after one poll is rolled back with [`DbError::ForeignAwait`].
//!
//! Statements are declared with [`sql!`], which registers them, so that one test can prepare every
//! statement of a program against its schema.

#![warn(missing_docs)]

mod beside;
mod database;
mod driver;
mod dump;
mod error;
mod export;
mod fault;
mod fault_points;
mod history;
mod job;
pub mod lease;
mod load;
mod migrate;
mod mutants;
mod postgres;
pub mod provision;
mod row;
pub mod shadow;
mod signal;
mod sql;
mod sqlite;
mod stats;
mod tx;
mod value;
mod volume;
mod work;

pub use database::{Db, Execution, Location, Options};
pub use driver::postgres::options::PostgresOptions;
pub use dump::{DumpError, DumpReader, DumpSummary};
pub use error::{ConnectCause, DbError};
pub use export::{Evidence, Export};
pub use fault_points::FAULT_POINTS;
pub use load::{Load, Loaded};
pub use migrate::{MigrateMode, Migration, MigrationSet};
pub use mutants::MUTANTS;
pub use row::{Column, FromColumn, FromRow, Row};
pub use signal::Signal;
pub use sql::{Engine, Sql, statements};
pub use stats::Stats;
pub use tx::Tx;
pub use value::{Bind, Json, ToBind};
pub use volume::Volume;
pub use work::{BoxedRun, Work, WorkFn, work};

#[doc(hidden)]
pub mod private {
    //! What the macros of this crate expand to.
    pub use crate::sql::{Registered, numbered};
    pub use inventory;
}
