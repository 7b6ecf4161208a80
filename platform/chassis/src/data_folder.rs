//! The folder that holds what a process keeps: databases, secrets, documents. One process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tradewind_kernel::{Entropy, Secret};

const LOCK: &str = "lock";
const SECRETS: &str = "secrets";

/// What tells the instances that share served databases apart.
const INSTANCE: &str = "instance";

/// The ending of database files.
const DATABASE: &str = "db";

/// The shortest text that can be a secret; those made here have 43 characters.
const SHORTEST_SECRET: usize = 32;

/// A data folder that is locked for as long as this value lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    is_new: bool,
    /// Closing the files ends the locks, even when the process dies.
    _locks: Vec<File>,
    /// Which of the replicas of a service this process is; the first of them, or the only one, has number 1.
    replica: u32,
    /// Tasks that need one secret at once must not make two.
    writing: Mutex<()>,
}

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process has it.
    #[error(
        "the data folder {} is in use by {}; stop it, or choose another folder with --data; several processes share \
         the data of one fleet only on PostgreSQL (database.url), each with a folder of its own",
        path.display(),
        owner(*process)
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The id of the process, where its lock file says so.
        process: Option<u32>,
    },
    /// The file system refuses.
    #[error(
        "{} cannot be {action}: {cause}; make sure that this user may write there and that there is space \
         left, or choose another folder with --data",
        path.display()
    )]
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// What was to be done with it.
        action: &'static str,
        /// What the operating system says.
        cause: io::Error,
    },
    /// Others could read a secret.
    #[error(
        "the secret {} has the permissions {mode:03o}, more than 600, which its owner needs; \
         run: chmod 600 '{}'",
        path.display(),
        path.display()
    )]
    WidePermissions {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A secret's file holds no secret.
    #[error(
        "the secret {} is empty, short or no plain text; remove the file to have a new secret made, or \
         write at least {SHORTEST_SECRET} letters, digits or signs without spaces into it",
        path.display()
    )]
    UnusableSecret {
        /// The file.
        path: PathBuf,
    },
    /// A name that cannot be a file here.
    #[error(
        "{name:?} cannot be a file in the data folder {}; use another name, of lower-case letters, digits \
         and '-_.'",
        path.display()
    )]
    Name {
        /// The folder.
        path: PathBuf,
        /// The name.
        name: String,
    },
}

impl DataFolderError {
    fn refused(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Refused { path, action, cause }
    }
}

fn owner(process: Option<u32>) -> String {
    process.map_or("another process".to_owned(), |id| format!("process {id}"))
}

impl DataFolder {
    /// Takes the folder at `path` for this process; creates it, for this user only, when it is absent.
    ///
    /// # Errors
    /// When another process has it, or the file system refuses.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        create_folder(path).map_err(DataFolderError::refused(path, "created"))?;
        let lock = take_lock(path)?;
        let is_new = !holds_database(path).map_err(DataFolderError::refused(path, "listed"))?;
        Ok(Self { path: path.to_owned(), is_new, _locks: vec![lock], replica: 1, writing: Mutex::new(()) })
    }

    /// Takes the part of the folder at `path` that belongs to `part`, such as one service, beside processes that have
    /// other parts of it. Who has the whole folder shares it with nobody. `replica` counts the processes that share
    /// what is served elsewhere, from 1: each has a part and a name of its own.
    ///
    /// # Errors
    /// When another process has the part or the whole, or the file system refuses.
    pub fn open_part(path: &Path, part: &str, replica: u32) -> Result<Self, DataFolderError> {
        create_folder(path).map_err(DataFolderError::refused(path, "created"))?;
        let name = if replica == 1 { part.to_owned() } else { format!("{part}-{replica}") };
        let shared = share_lock(path)?;
        let own = take_lock_of(path, &format!("{name}.{LOCK}"))?;
        let is_new = !path.join(format!("{part}.{DATABASE}")).exists();
        let locks = vec![shared, own];
        Ok(Self { path: path.to_owned(), is_new, _locks: locks, replica, writing: Mutex::new(()) })
    }

    /// Which of the replicas of a service this process is, from 1.
    #[must_use]
    pub fn replica(&self) -> u32 {
        self.replica
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a service's database.
    #[must_use]
    pub fn database(&self, service: &str) -> PathBuf {
        self.path.join(format!("{service}.{DATABASE}"))
    }

    /// Whether it held no database when it was opened.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The secret `name`; made of 32 random bytes when there is none yet, and the same ever after.
    ///
    /// # Errors
    /// When others may read its file, the file holds no secret, or the file system refuses.
    pub fn secret(&self, name: &str, entropy: &Entropy) -> Result<Secret, DataFolderError> {
        self.check_name(name)?;
        let folder = self.path.join(SECRETS);
        let path = folder.join(name);
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = read_secret(&path)? {
            return Ok(secret);
        }
        create_folder(&folder).map_err(DataFolderError::refused(&folder, "created"))?;
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        replace(&folder, name, &text).map_err(DataFolderError::refused(&path, "written"))?;
        Ok(Secret::new(text))
    }

    /// Reads the secret `name` of the folder at `path` without taking the folder: for the command line, beside
    /// a fleet that has it. `None` when there is none.
    ///
    /// # Errors
    /// When others may read its file, the file holds no secret, or the file system refuses.
    pub fn read_secret(path: &Path, name: &str) -> Result<Option<Secret>, DataFolderError> {
        read_secret(&path.join(SECRETS).join(name))
    }

    /// Writes `text` into the file `name`, in place of what was there: a reader sees the one or the other.
    ///
    /// # Errors
    /// When `name` is no file name or belongs to something else, or the file system refuses.
    pub fn write_document(&self, name: &str, text: &str) -> Result<(), DataFolderError> {
        self.check_name(name)?;
        let is_database = name.split('.').skip(1).any(|part| part.starts_with(DATABASE));
        let is_lock = name.split('.').any(|part| part == LOCK);
        if is_database || is_lock || name == SECRETS {
            return Err(self.bad_name(name));
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        replace(&self.path, name, text).map_err(DataFolderError::refused(&self.path.join(name), "written"))
    }

    /// The name of the instance whose folder this is: made when there is none yet, and the same ever after. Not among
    /// the secrets, which replicas share.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn instance(&self, entropy: &Entropy) -> Result<String, DataFolderError> {
        let name = self.folder_name(entropy)?;
        Ok(if self.replica == 1 { name } else { format!("{name}-{}", self.replica) })
    }

    fn folder_name(&self, entropy: &Entropy) -> Result<String, DataFolderError> {
        let path = self.path.join(INSTANCE);
        match std::fs::read_to_string(&path) {
            Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(DataFolderError::refused(&path, "read")(error));
            }
            _ => {}
        }
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        let name = URL_SAFE_NO_PAD.encode(bytes);
        self.write_document(INSTANCE, &name)?;
        Ok(name)
    }

    /// A name that stays within its folder and is no temporary file.
    fn check_name(&self, name: &str) -> Result<(), DataFolderError> {
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_good) {
            return Err(self.bad_name(name));
        }
        Ok(())
    }

    fn bad_name(&self, name: &str) -> DataFolderError {
        DataFolderError::Name { path: self.path.clone(), name: name.to_owned() }
    }
}

fn take_lock(folder: &Path) -> Result<File, DataFolderError> {
    take_lock_of(folder, LOCK)
}

fn open_lock(path: &Path) -> Result<File, DataFolderError> {
    let mut options = private();
    let opened = options.create(true).truncate(false).open(path);
    opened.map_err(DataFolderError::refused(path, "opened"))
}

/// The lock of the whole folder, shared with others that have parts of it.
fn share_lock(folder: &Path) -> Result<File, DataFolderError> {
    let path = folder.join(LOCK);
    let mut lock = open_lock(&path)?;
    match lock.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DataFolderError::InUse { path: folder.to_owned(), process: process_in(&mut lock) });
        }
        Err(TryLockError::Error(cause)) => return Err(DataFolderError::refused(&path, "locked")(cause)),
    }
    // None of those who share it is the one that has it.
    lock.set_len(0).map_err(DataFolderError::refused(&path, "written"))?;
    Ok(lock)
}

fn take_lock_of(folder: &Path, name: &str) -> Result<File, DataFolderError> {
    let path = folder.join(name);
    let mut lock = open_lock(&path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DataFolderError::InUse { path: folder.to_owned(), process: process_in(&mut lock) });
        }
        Err(TryLockError::Error(cause)) => return Err(DataFolderError::refused(&path, "locked")(cause)),
    }
    sign(&mut lock).map_err(DataFolderError::refused(&path, "written"))?;
    Ok(lock)
}

/// Leaves this process's id for the message that the next one shows.
fn sign(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    writeln!(lock, "{}", std::process::id())
}

fn process_in(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn holds_database(folder: &Path) -> io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        if Path::new(&entry?.file_name()).extension().is_some_and(|ending| ending == DATABASE) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The secret at `path`; nothing when there is no file.
fn read_secret(path: &Path) -> Result<Option<Secret>, DataFolderError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(DataFolderError::refused(path, "opened"))?,
    };
    check_permissions(path, &file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(DataFolderError::refused(path, "read"))?;
    let unusable = || DataFolderError::UnusableSecret { path: path.to_owned() };
    let text = String::from_utf8(bytes).map_err(|_| unusable())?;
    let text = text.trim();
    // It travels in headers, so it has to be visible ASCII.
    if text.len() < SHORTEST_SECRET || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable());
    }
    Ok(Some(Secret::new(text)))
}

#[cfg(unix)]
fn check_permissions(path: &Path, file: &File) -> Result<(), DataFolderError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = file.metadata().map_err(DataFolderError::refused(path, "read"))?;
    if tradewind_identity::is_private(&metadata) {
        return Ok(());
    }
    let mode = metadata.permissions().mode() & 0o7777;
    Err(DataFolderError::WidePermissions { path: path.to_owned(), mode })
}

/// Elsewhere the folder's own protection has to do.
#[cfg(not(unix))]
fn check_permissions(_path: &Path, _file: &File) -> Result<(), DataFolderError> {
    Ok(())
}

/// Puts a new file in the place of `name`, so that neither a reader nor a crash ever meets half of it.
fn replace(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.new"));
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().create_new(true).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, folder.join(name))?;
    sync_folder(folder)
}

/// Creates the folder, and those above it, for this user only.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    // Not every parent can be opened by its users; then the entry is on disk a little later.
    sync_folder(parent.unwrap_or(Path::new("."))).or(Ok(()))
}

/// For reading and writing by this user only.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes names in a folder last: a file's own sync does not.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
