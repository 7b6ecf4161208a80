//! A backup that was taken: whether it is whole, and whether this program can use it.

use std::path::{Path, PathBuf};

use tradewind_chassis::Assembly;
use tradewind_db::{DumpReader, MigrationSet};

use crate::files::{self, SECRETS};
use crate::{BackupError, Document, Manifest, Part, Progress};

/// A backup, as its manifest describes it.
#[derive(Debug, Clone)]
pub struct Backup {
    pub(crate) folder: PathBuf,
    manifest: Manifest,
}

impl Backup {
    /// Reads the manifest in `folder`.
    ///
    /// # Errors
    /// When there is none, it is damaged, or a newer program wrote it.
    pub fn open(folder: &Path) -> Result<Self, BackupError> {
        Ok(Self { folder: folder.to_owned(), manifest: Manifest::read(folder)? })
    }

    /// What it holds.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads every file and makes sure that it is as it was written: length, SHA-256, every line, every count.
    ///
    /// # Errors
    /// The first file that is not.
    pub fn check(&self, progress: Progress<'_>) -> Result<(), BackupError> {
        for part in &self.manifest.services {
            self.check_part(part)?;
            progress(&part.service, part.rows(), part.file.bytes);
        }
        for document in &self.manifest.documents {
            self.content(document)?;
        }
        for secret in &self.manifest.secrets {
            self.secret(secret)?;
        }
        Ok(())
    }

    fn check_part(&self, part: &Part) -> Result<(), BackupError> {
        let path = self.folder.join(&part.file.name);
        let damaged = |reason: String| BackupError::Damaged { path: path.clone(), reason };
        let (mut reader, mut wrong) = (DumpReader::default(), None);
        files::read(&self.folder, &part.file, &mut |piece| {
            // Length and SHA-256 are told first: they say more to whoever has to find another copy.
            if wrong.is_none() {
                wrong = reader.take(piece).err();
            }
            Ok(())
        })?;
        if let Some(error) = wrong {
            return Err(damaged(error.to_string()));
        }
        let summary = reader.finish().map_err(|error| damaged(error.to_string()))?;
        if summary.schema != part.schema || summary.tables != part.tables {
            return Err(damaged("the manifest tells of other tables or another schema".to_owned()));
        }
        Ok(())
    }

    /// Makes sure that `assembly` knows everything that the backup holds.
    ///
    /// # Errors
    /// The first service or component that it does not know, or not in this version.
    pub fn fits(&self, assembly: &Assembly) -> Result<(), BackupError> {
        let known = assembly.schemas();
        let newer = |what: String| BackupError::NewerSchema { what, program: self.manifest.program.clone() };
        for part in &self.manifest.services {
            let Some((_, sets)) = known.iter().find(|(service, _)| *service == part.service) else {
                return Err(newer(format!("the backup holds the service {}", part.service)));
            };
            for (component, version) in &part.schema {
                let newest = sets.iter().find(|set| set.component == component).map_or(0, newest);
                if *version > newest {
                    let what = format!("the schema {component} of {} is at version {version}", part.service);
                    return Err(newer(what));
                }
            }
        }
        Ok(())
    }

    /// What a document of the backup holds.
    ///
    /// # Errors
    /// When it is not as it was written.
    pub fn content(&self, document: &Document) -> Result<Vec<u8>, BackupError> {
        whole(&self.folder, document)
    }

    pub(crate) fn secret(&self, secret: &Document) -> Result<Vec<u8>, BackupError> {
        whole(&self.folder.join(SECRETS), secret)
    }
}

fn newest(set: &MigrationSet) -> u32 {
    set.migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}

fn whole(folder: &Path, document: &Document) -> Result<Vec<u8>, BackupError> {
    let mut content = Vec::new();
    files::read(folder, document, &mut |piece| {
        content.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(content)
}
