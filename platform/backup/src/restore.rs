//! The way back.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use tradewind_chassis::Stored;
use tradewind_db::{Load, Loaded, MigrationSet};

use crate::files::{self, SECRETS};
use crate::{Backup, BackupError, Part, Progress};

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Each service with the rows that were loaded, read back and found to be the same.
    pub services: Vec<(String, u64)>,
}

impl Backup {
    /// Loads all databases, reads them back and compares them with the backup. Their schema is the one of the backup
    /// then; a start brings it up to date.
    ///
    /// Every database is marked as not whole before the first is loaded and until the last was compared: a start
    /// refuses it meanwhile, and for good when this fails.
    ///
    /// # Errors
    /// When a database is not empty, or the first that goes wrong.
    pub async fn restore(&self, stored: &[Stored], progress: Progress<'_>) -> Result<Restored, BackupError> {
        let parts = self.manifest().services.iter();
        let parts = parts.filter_map(|part| {
            let found = stored.iter().find(|stored| stored.service == part.service);
            found.map(|stored| (part, stored))
        });
        let parts: Vec<(&Part, &Stored)> = parts.collect();
        for (part, stored) in &parts {
            let occupied = stored.db.occupied().await.map_err(BackupError::db(&part.service))?;
            if let Some(table) = occupied {
                return Err(BackupError::NotEmpty { service: part.service.clone(), table });
            }
        }
        let mut loads = Vec::new();
        for (part, stored) in parts {
            let sets = schema_of(part, &stored.migrations);
            loads.push((part, stored.db.load(&sets).await.map_err(BackupError::dump(&part.service))?));
        }
        let mut loaded = Vec::new();
        for (part, load) in loads {
            loaded.push((part, self.fill(part, load).await?));
            progress(&part.service, part.rows(), part.file.bytes);
        }
        for (part, loaded) in &loaded {
            loaded.compare().await.map_err(BackupError::dump(&part.service))?;
        }
        let mut services = Vec::new();
        for (part, loaded) in loaded {
            let summary = loaded.accept().await.map_err(BackupError::dump(&part.service))?;
            services.push((part.service.clone(), summary.rows()));
        }
        Ok(Restored { services })
    }

    async fn fill(&self, part: &Part, mut load: Load) -> Result<Loaded, BackupError> {
        let path = self.folder.join(&part.file.name);
        let mut file = File::open(&path).map_err(BackupError::file(&path, "opened"))?;
        let mut piece = vec![0; PIECE];
        loop {
            let length = file.read(&mut piece).map_err(BackupError::file(&path, "read"))?;
            if length == 0 {
                break;
            }
            load.take(&piece[..length]).await.map_err(BackupError::dump(&part.service))?;
        }
        let loaded = load.finish().map_err(BackupError::dump(&part.service))?;
        // It was checked before, and may have changed since.
        if loaded.summary().tables != part.tables {
            return Err(BackupError::Damaged { path, reason: "it changed while it was read".to_owned() });
        }
        Ok(loaded)
    }

    /// Writes the secrets of the backup, if it has any, into the data folder `data`. Those that are there are kept:
    /// the password of a database belongs to that one.
    ///
    /// # Errors
    /// When one is not as it was written, or the file system refuses.
    pub fn restore_secrets(&self, data: &Path) -> Result<(), BackupError> {
        if self.manifest().secrets.is_empty() {
            return Ok(());
        }
        let folder = data.join(SECRETS);
        files::create(&folder).map_err(BackupError::file(&folder, "created"))?;
        let missing = self.manifest().secrets.iter().filter(|secret| !folder.join(&secret.name).exists());
        for secret in missing {
            files::write(&folder, &secret.name, &self.secret(secret)?)?;
        }
        files::sync_folder(&folder)
    }
}

/// The migrations that the databases of the backup had.
fn schema_of(part: &Part, sets: &[MigrationSet]) -> Vec<MigrationSet> {
    let known = sets.iter().filter_map(|set| {
        let version = part.schema.get(set.component)?;
        let count = set.migrations.iter().take_while(|migration| migration.version <= *version).count();
        Some(MigrationSet { component: set.component, migrations: &set.migrations[..count] })
    });
    known.collect()
}
