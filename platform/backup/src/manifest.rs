//! The manifest: what a backup holds, and by what it can be told that nothing is missing or changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tradewind_kernel::Timestamp;

use crate::BackupError;

/// The version of the form of a backup; what is newer is refused.
pub const FORMAT: u32 = 1;

/// Its file in the folder.
pub(crate) const NAME: &str = "manifest.json";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of its form.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When the state of the databases was chosen.
    pub taken_at: Timestamp,
    /// Whether the fleet ran.
    pub taken: Taken,
    /// The engine of the databases; any other takes the backup too.
    pub engine: String,
    /// The services, in the order in which they start.
    pub services: Vec<Part>,
    /// Files of the data folder.
    pub documents: Vec<Document>,
    /// Secrets of the data folder; empty unless they were asked for.
    pub secrets: Vec<Document>,
}

/// Whether the fleet ran while the backup was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Taken {
    /// It ran, and took commands.
    Running,
    /// It did not.
    Stopped,
}

/// The database of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The service.
    pub service: String,
    /// Its file in the folder.
    pub file: Document,
    /// The components of its schema, each with the version it is at.
    pub schema: BTreeMap<String, u32>,
    /// Its tables, each with the number of its rows.
    pub tables: Vec<(String, u64)>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

impl Part {
    /// The rows of all its tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// What every format has, to be told apart by.
#[derive(Deserialize)]
struct Head {
    format: u32,
    program: String,
}

impl Manifest {
    /// Reads the manifest of a backup.
    pub(crate) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(NAME);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackupError::NoBackup(folder.to_owned()));
            }
            read => read.map_err(BackupError::file(&path, "read"))?,
        };
        let damaged = |error: serde_json::Error| BackupError::Manifest {
            path: path.clone(),
            reason: error.to_string(),
        };
        let Head { format, program } = serde_json::from_slice(&text).map_err(damaged)?;
        if format > FORMAT {
            return Err(BackupError::NewerFormat { found: format, known: FORMAT, program });
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(damaged)?;
        let files = manifest.services.iter().map(|part| &part.file);
        let files = files.chain(&manifest.documents).chain(&manifest.secrets);
        match files.into_iter().find(|file| !is_plain(&file.name)) {
            Some(file) => {
                Err(BackupError::Manifest { path, reason: format!("{:?} is no file name", file.name) })
            }
            None => Ok(manifest),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        // It holds nothing that could not be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A name that stays within its folder.
fn is_plain(name: &str) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_good)
}
