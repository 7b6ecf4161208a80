//! Taking a backup: what is the same whether the fleet runs or not.

use std::path::{Path, PathBuf};

use tradewind_chassis::Stored;
use tradewind_db::{DumpReader, DumpSummary};
use tradewind_kernel::Timestamp;

use crate::files::{self, SECRETS, Writing};
use crate::manifest::NAME;
use crate::{BackupError, FORMAT, Manifest, Part, Progress, Taken};

/// What a backup takes from the data folder besides the databases.
#[derive(Debug, Clone)]
pub struct Extras {
    /// The data folder.
    pub data: PathBuf,
    /// Files that are taken where they are there.
    pub documents: Vec<String>,
    /// Whether its secrets are taken too.
    pub secrets: bool,
}

/// The databases of a fleet that does not run.
#[derive(Debug)]
pub struct Stopped {
    /// The databases, in the order in which their services start.
    pub stored: Vec<Stored>,
}

impl Stopped {
    /// Copies all databases into `folder`, which is new or empty. `now` is the time of the backup, `program` the
    /// version of the program. Services without tables are left out: they have not run there yet.
    ///
    /// # Errors
    /// When the folder is not empty, or something cannot be read or written. What is there then has no manifest.
    pub async fn copy(
        &self,
        folder: &Path,
        extras: &Extras,
        (now, program): (Timestamp, &str),
        progress: Progress<'_>,
    ) -> Result<Manifest, BackupError> {
        files::new_folder(folder)?;
        let mut parts = Vec::new();
        for Stored { service, db, .. } in &self.stored {
            let mut dump = db.dump().await.map_err(BackupError::db(service))?;
            let mut copy = Copy::begin(folder, service)?;
            while let Some(piece) = dump.next().await {
                copy.take(&piece.map_err(BackupError::db(service))?)?;
            }
            let (part, summary) = copy.finish()?;
            progress(service, part.rows(), part.file.bytes);
            parts.push((part, summary.engine));
        }
        complete(folder, extras, (Taken::Stopped, now, program), parts)
    }
}

/// The copy of one database on its way.
pub(crate) struct Copy {
    service: String,
    file: Writing,
    reader: DumpReader,
}

impl Copy {
    pub(crate) fn begin(folder: &Path, service: &str) -> Result<Self, BackupError> {
        let file = Writing::begin(folder, &format!("{service}.ndjson"))?;
        Ok(Self { service: service.to_owned(), file, reader: DumpReader::default() })
    }

    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), BackupError> {
        self.reader.take(piece).map_err(BackupError::dump(&self.service))?;
        self.file.write(piece)
    }

    pub(crate) fn finish(self) -> Result<(Part, DumpSummary), BackupError> {
        let summary = self.reader.finish().map_err(BackupError::dump(&self.service))?;
        let DumpSummary { schema, tables, .. } = summary.clone();
        let part = Part { service: self.service, file: self.file.finish()?, schema, tables };
        Ok((part, summary))
    }
}

/// Adds what else belongs to a backup, and last the manifest.
pub(crate) fn complete(
    folder: &Path,
    extras: &Extras,
    (taken, taken_at, program): (Taken, Timestamp, &str),
    parts: Vec<(Part, String)>,
) -> Result<Manifest, BackupError> {
    let engine = parts.first().map(|(_, engine)| engine.clone()).unwrap_or_default();
    let (services, empty): (Vec<Part>, Vec<Part>) =
        parts.into_iter().map(|(part, _)| part).partition(|part| !part.tables.is_empty());
    for part in empty {
        let path = folder.join(&part.file.name);
        std::fs::remove_file(&path).map_err(BackupError::file(&path, "removed"))?;
    }
    if services.is_empty() {
        return Err(BackupError::Nothing);
    }
    let mut documents = Vec::new();
    for name in &extras.documents {
        if let Some(content) = content(&extras.data.join(name))? {
            documents.push(files::write(folder, name, &content)?);
        }
    }
    let secrets = if extras.secrets { copy_secrets(folder, &extras.data)? } else { Vec::new() };
    let program = program.to_owned();
    let manifest =
        Manifest { format: FORMAT, program, taken_at, taken, engine, services, documents, secrets };
    files::sync_folder(folder)?;
    files::write(folder, NAME, manifest.to_json().as_bytes())?;
    files::sync_folder(folder)?;
    Ok(manifest)
}

fn copy_secrets(folder: &Path, data: &Path) -> Result<Vec<crate::Document>, BackupError> {
    let from = data.join(SECRETS);
    let entries = std::fs::read_dir(&from).map_err(BackupError::file(&from, "listed"))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(BackupError::file(&from, "listed"))?.file_name();
        // What begins with a dot is on its way to its place.
        names.extend(name.into_string().ok().filter(|name| !name.starts_with('.')));
    }
    names.sort();
    let to = folder.join(SECRETS);
    files::create(&to).map_err(BackupError::file(&to, "created"))?;
    let mut copied = Vec::new();
    for name in names {
        if let Some(content) = content(&from.join(&name))? {
            copied.push(files::write(&to, &name, &content)?);
        }
    }
    files::sync_folder(&to)?;
    Ok(copied)
}

/// What a small file holds; nothing where it is not there.
fn content(path: &Path) -> Result<Option<Vec<u8>>, BackupError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(BackupError::file(path, "read")),
    }
}
