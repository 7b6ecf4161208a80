//! Why there is no backup, or no way back from it.

use std::io;
use std::path::{Path, PathBuf};

use tradewind_db::{DbError, DumpError};
use tradewind_problem::Problem;

/// A backup was not taken, or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder to write to holds something.
    #[error("{} is not empty; name a folder that is not there yet", .0.display())]
    Occupied(PathBuf),
    /// The file system refuses.
    #[error("{} cannot be {action}: {cause}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was to be done with it.
        action: &'static str,
        /// What the operating system says.
        cause: io::Error,
    },
    /// There is no manifest.
    #[error(
        "{} is no backup: it has no manifest.json, which is written last; take the backup again, or name its folder",
        .0.display()
    )]
    NoBackup(PathBuf),
    /// The manifest cannot be read.
    #[error("{}: {reason}; the manifest is damaged, use another backup", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A newer program made it.
    #[error(
        "the backup has format {found}, this program knows {known}: restore it with tradewind {program} or newer"
    )]
    NewerFormat {
        /// Its format.
        found: u32,
        /// The newest format that is known.
        known: u32,
        /// The program that made it.
        program: String,
    },
    /// A file is not what the manifest says.
    #[error("{} is not as it was written: {reason}; use another backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// It holds what this program does not know.
    #[error("{what}, which this program does not know: restore it with tradewind {program} or newer")]
    NewerSchema {
        /// What is not known.
        what: String,
        /// The program that made it.
        program: String,
    },
    /// Nothing is there to be copied.
    #[error("there is nothing to copy: no service has a database there; name the data folder with --data")]
    Nothing,
    /// The place to restore to has tables.
    #[error(
        "the database of {service} is not empty, it has a table {table}; restore into a new data folder, or into a \
         new and empty database"
    )]
    NotEmpty {
        /// The service.
        service: String,
        /// One of them.
        table: String,
    },
    /// A dump could not be taken or loaded.
    #[error("{service}: {cause}")]
    Dump {
        /// The service.
        service: String,
        /// What is wrong.
        cause: DumpError,
    },
    /// A service refused or did not answer.
    #[error("{service}: {problem}")]
    Refused {
        /// The service.
        service: String,
        /// What it said.
        problem: Box<Problem>,
    },
    /// The copy of a running service broke off.
    #[error("{service}: the copy broke off; see the log of the fleet, and take the backup again")]
    BrokeOff {
        /// The service.
        service: String,
    },
    /// The subscriptions were not held until the state of every database was chosen.
    #[error(
        "{service} went on before every database was looked at, so the copies do not belong together; \
         take the backup again when the fleet is less busy"
    )]
    HoldLost {
        /// The service.
        service: String,
    },
}

impl BackupError {
    pub(crate) fn file(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { path, action, cause }
    }

    pub(crate) fn dump(service: &str) -> impl Fn(DumpError) -> Self {
        let service = service.to_owned();
        move |cause| match cause {
            DumpError::NotEmpty { table } => Self::NotEmpty { service: service.clone(), table },
            cause => Self::Dump { service: service.clone(), cause },
        }
    }

    pub(crate) fn db(service: &str) -> impl Fn(DbError) -> Self {
        let service = service.to_owned();
        move |cause| Self::Dump { service: service.clone(), cause: DumpError::Db(cause) }
    }

    pub(crate) fn refused(service: &str) -> impl Fn(Problem) -> Self {
        let service = service.to_owned();
        move |problem| Self::Refused { service: service.clone(), problem: Box::new(problem) }
    }
}
