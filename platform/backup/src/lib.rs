//! Copies of all databases of a fleet, of one moment, and the way back.
//!
//! A backup is a folder: a [`Manifest`], and for each service one file with all its tables in the form of
//! `tradewind_db::Db::dump`, which no engine owns. The manifest is written last: a folder without it is no backup.
//!
//! [`Stopped`] copies the databases of a fleet that does not run, [`Fleet`] those of one that does: it holds all
//! subscriptions until the state of every database is chosen, so that no effect is in the backup without its cause.
//! [`Backup`] reads, checks and restores.

#![warn(missing_docs)]

mod error;
mod files;
mod manifest;
mod read;
mod restore;
mod running;
mod take;

pub use error::BackupError;
pub use manifest::{Document, FORMAT, Manifest, Part, Taken};
pub use read::Backup;
pub use restore::Restored;
pub use running::Fleet;
pub use take::{Extras, Stopped};

/// Hears how far it is: the service that is done, its rows and its bytes.
pub type Progress<'a> = &'a mut (dyn FnMut(&str, u64, u64) + Send);
