//! Backups of a shop, and shops from backups.

use std::path::Path;

use tradewind_backup::{Backup, BackupError, Extras, Manifest};
use tradewind_chassis::DataFolder;
use tradewind_fleet::{assembly, services};
use tradewind_kernel::{Clock, Entropy};

use crate::{Fleet, Home};

impl Fleet {
    /// The shop as a backup sees it: through its internal doors.
    #[must_use]
    pub fn copied(&self) -> tradewind_backup::Fleet {
        tradewind_backup::Fleet {
            services: services().iter().map(|each| each.description().name.clone()).collect(),
            book: self.running.book().clone(),
            secret: self.secret().clone(),
            clock: self.running.clock().clone(),
            entropy: self.running.entropy().clone(),
        }
    }

    /// Takes a backup while the shop runs.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn back_up(&self, to: &Path) -> Result<Manifest, BackupError> {
        let extras = Extras { data: to.to_owned(), documents: Vec::new(), secrets: false };
        self.copied().copy(to, &extras, "0.0.0", &mut |_, _, _| ()).await
    }
}

/// Restores a backup into this place, after checking it.
///
/// # Errors
/// What is wrong with it.
///
/// # Panics
/// When the databases cannot be opened.
pub async fn restore(from: &Path, home: &Home) -> Result<(), BackupError> {
    let backup = Backup::open(from)?;
    backup.fits(&assembly())?;
    backup.check(&mut |_, _, _| ())?;
    let locked = DataFolder::open(home.folder().path()).unwrap();
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let stored = assembly().open(&locked, &home.settings(), &clock, &entropy).await.unwrap();
    let restored = backup.restore(&stored, &mut |_, _, _| ()).await;
    for stored in stored {
        stored.db.close().await;
    }
    restored.map(drop)
}
