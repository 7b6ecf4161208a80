//! Files that only their owner may read: they hold personal data.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{BackupError, Document};

/// The folder in a data folder, and in a backup, that holds secrets.
pub(crate) const SECRETS: &str = "secrets";

/// Makes an empty folder for this user only; one that is there must be empty.
pub(crate) fn new_folder(path: &Path) -> Result<(), BackupError> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::Occupied(path.to_owned())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(path).map_err(BackupError::file(path, "created"))
        }
        Err(error) => Err(BackupError::file(path, "listed")(error)),
    }
}

pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file on its way to the disk, counted and hashed.
#[derive(Debug)]
pub(crate) struct Writing {
    path: PathBuf,
    name: String,
    file: File,
    bytes: u64,
    hash: Sha256,
}

impl Writing {
    /// A new file `name` in `folder`.
    pub(crate) fn begin(folder: &Path, name: &str) -> Result<Self, BackupError> {
        let path = folder.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(BackupError::file(&path, "created"))?;
        Ok(Self { path, name: name.to_owned(), file, bytes: 0, hash: Sha256::new() })
    }

    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<(), BackupError> {
        self.file.write_all(piece).map_err(BackupError::file(&self.path, "written"))?;
        self.bytes += piece.len() as u64;
        self.hash.update(piece);
        Ok(())
    }

    /// Says that it is whole, and waits until it is on the disk.
    pub(crate) fn finish(self) -> Result<Document, BackupError> {
        self.file.sync_all().map_err(BackupError::file(&self.path, "written"))?;
        Ok(Document { name: self.name, bytes: self.bytes, sha256: digits(self.hash) })
    }
}

/// Writes a small file at once.
pub(crate) fn write(folder: &Path, name: &str, content: &[u8]) -> Result<Document, BackupError> {
    let mut file = Writing::begin(folder, name)?;
    file.write(content)?;
    file.finish()
}

/// Makes the names in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::file(folder, "written"))?;
    Ok(())
}

/// Reads a file in pieces and makes sure that it is the one that was written.
pub(crate) fn read(
    folder: &Path,
    document: &Document,
    take: &mut dyn FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let path = folder.join(&document.name);
    let mut file = File::open(&path).map_err(BackupError::file(&path, "opened"))?;
    let (mut piece, mut bytes, mut hash) = (vec![0; PIECE], 0, Sha256::new());
    let damaged = |reason: String| BackupError::Damaged { path: path.clone(), reason };
    loop {
        let length = io::Read::read(&mut file, &mut piece).map_err(BackupError::file(&path, "read"))?;
        if length == 0 {
            break;
        }
        bytes += length as u64;
        hash.update(&piece[..length]);
        take(&piece[..length])?;
    }
    if bytes != document.bytes {
        return Err(damaged(format!("it has {bytes} bytes, and had {}", document.bytes)));
    }
    if digits(hash) != document.sha256 {
        return Err(damaged("its SHA-256 is another one".to_owned()));
    }
    Ok(())
}

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

fn digits(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
