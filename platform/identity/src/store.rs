//! Files for this user only.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use crate::error::IdentityError;

/// The greatest file that is read, in bytes: bundles of authorities are a few kilobytes.
const MAX_FILE: u64 = 1024 * 1024;

/// Reads a file that is small and need not be secret.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    let failed = |error: std::io::Error| IdentityError::new(path, format!("cannot be read: {error}"));
    read_open(path, File::open(path).map_err(failed)?)
}

/// Reads a file that nobody else may read.
pub(crate) fn read_secret(path: &Path) -> Result<Vec<u8>, IdentityError> {
    let failed = |error: std::io::Error| IdentityError::new(path, format!("cannot be read: {error}"));
    let file = File::open(path).map_err(failed)?;
    check_permissions(path, &file)?;
    read_open(path, file)
}

fn read_open(path: &Path, file: File) -> Result<Vec<u8>, IdentityError> {
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| IdentityError::new(path, format!("cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE) {
        return Err(IdentityError::new(path, format!("is larger than {MAX_FILE} bytes")));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn check_permissions(path: &Path, file: &File) -> Result<(), IdentityError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = file.metadata().map_err(|error| IdentityError::new(path, error))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & !0o600 == 0 {
        return Ok(());
    }
    let shown = path.display();
    let reason =
        format!("holds a key and has the permissions {mode:03o}, more than 600; run: chmod 600 '{shown}'");
    Err(IdentityError::new(path, reason))
}

/// Elsewhere the folder's own protection has to do.
#[cfg(not(unix))]
fn check_permissions(_path: &Path, _file: &File) -> Result<(), IdentityError> {
    Ok(())
}

/// Creates a folder for this user only, and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), IdentityError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| IdentityError::new(path, format!("cannot be created: {error}")))
}

/// Puts a new file for this user only in the place of `name`: a reader sees the one or the other, and so does whoever
/// starts after a loss of power.
pub(crate) fn replace(folder: &Path, name: &str, text: &str) -> Result<(), IdentityError> {
    let path = folder.join(name);
    put(folder, name, text).map_err(|error| IdentityError::new(&path, format!("cannot be written: {error}")))
}

fn put(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let temporary = folder.join(format!(".{name}.new"));
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, folder.join(name))?;
    // Not every file system can do this for a folder.
    File::open(folder).and_then(|folder| folder.sync_all()).or(Ok(()))
}
