//! Folders of one test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::memory;

/// A folder that nobody else uses, removed at the end. Its files lie in memory where there are 4 GiB for them
/// (`/dev/shm`) and `TMPDIR` does not name another place: a shop has seventeen databases, and each commit waits.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new, empty folder.
    #[must_use]
    pub fn new(label: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let parent = memory::folder().unwrap_or_else(std::env::temp_dir);
        let path = parent.join(format!("tradewind-{label}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own tidying.
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}
