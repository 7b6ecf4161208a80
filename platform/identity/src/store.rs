//! Files for this user only.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
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

/// Whether nobody but this user may read what is in the file; and, where the file is the superuser's, the group to which
/// it was given: so the kubelet hands secrets to processes that are not root (`fsGroup`).
#[cfg(unix)]
#[must_use]
pub fn is_private(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let mode = metadata.permissions().mode() & 0o7777;
    is_private_mode(mode, metadata.uid(), rustix::process::geteuid().as_raw())
}

/// Elsewhere the folder's own protection has to do.
#[cfg(not(unix))]
#[must_use]
pub fn is_private(_metadata: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn is_private_mode(mode: u32, owner: u32, user: u32) -> bool {
    const ROOT: u32 = 0;
    // Root opens any file, so nobody need give root one by its group.
    let given = owner == ROOT && user != ROOT;
    let allowed = if given { 0o640 } else { 0o600 };
    mode & !allowed == 0
}

#[cfg(unix)]
fn check_permissions(path: &Path, file: &File) -> Result<(), IdentityError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = file.metadata().map_err(|error| IdentityError::new(path, error))?;
    if is_private(&metadata) {
        return Ok(());
    }
    let mode = metadata.permissions().mode() & 0o7777;
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

#[cfg(all(test, unix))]
mod tests {
    use super::is_private_mode;

    #[test]
    fn a_group_may_read_what_the_superuser_gave_it_and_nothing_else() {
        let (root, user, other) = (0, 1000, 1001);
        for owner in [root, user, other] {
            for process in [root, user] {
                let given = owner == root && process != root;
                for (mode, is_private) in [
                    (0o600, true),
                    (0o400, true),
                    (0o640, given),
                    (0o440, given),
                    (0o660, false),
                    (0o444, false),
                    (0o604, false),
                    (0o700, false),
                    (0o4600, false),
                ] {
                    let found = is_private_mode(mode, owner, process);
                    assert_eq!(found, is_private, "{mode:o} of {owner} read by {process}");
                }
            }
        }
    }
}
