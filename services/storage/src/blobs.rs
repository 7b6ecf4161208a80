//! The bytes of objects: files in a folder, or memory where nothing is kept in files. What is called how by whom is not
//! known here: a blob has an id of ours, and nothing that anybody said becomes a part of a path.

use std::fs::File;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload};
use tradewind_chassis::Blocking;
use tradewind_kernel::Id;
use tradewind_problem::{Problem, UNAVAILABLE};

/// How long a read or write waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the library puts behind the name of a file that is not whole yet; ids are used once, so that there is one at most.
const UNFINISHED: &str = "#1";

/// The bytes of objects.
#[derive(Clone)]
pub(crate) struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// `None` when they are in memory.
    folder: Option<PathBuf>,
    /// So many reads and writes go on at once. The library does them on the threads for work that blocks.
    disk: Blocking,
}

impl Blobs {
    /// Those in a folder, which is there, or in memory.
    pub(crate) fn new(folder: Option<PathBuf>, disk: Blocking) -> Result<Self, String> {
        let store: Arc<dyn ObjectStore> = match &folder {
            Some(folder) => {
                Arc::new(LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string())?)
            }
            None => Arc::new(InMemory::new()),
        };
        Ok(Self { store, folder, disk })
    }

    /// Keeps bytes under an id that has none. When it has succeeded they outlast a failure of the power.
    pub(crate) async fn write(&self, blob: Id, bytes: Bytes) -> Result<(), Problem> {
        let (path, payload) = (Path::from(place(blob)), PutPayload::from_bytes(bytes));
        let put = self.disk.hold(PATIENCE, self.store.put(&path, payload)).await?;
        put.map_err(|error| unwritten(&error))?;
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let synced = self.disk.run(PATIENCE, move || sync(&folder, &place(blob))).await?;
        synced.map_err(|error| unwritten(&error))
    }

    /// The bytes from `first` to before `end`, which it has; `None` when there is nothing under this id.
    pub(crate) async fn read(&self, blob: Id, (first, end): (u64, u64)) -> Result<Option<Bytes>, Problem> {
        if first >= end {
            return Ok(Some(Bytes::new()));
        }
        let (path, part) = (Path::from(place(blob)), first..end);
        let read = self.store.get_ranges(&path, std::slice::from_ref(&part));
        let read = self.disk.hold(PATIENCE, read).await?;
        match read {
            Ok(parts) => Ok(parts.into_iter().next()),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Problem::internal(format!("blob {blob} cannot be read: {error}"))),
        }
    }

    /// Whether there is something under this id.
    pub(crate) async fn has(&self, blob: Id) -> Result<bool, Problem> {
        let path = Path::from(place(blob));
        match self.disk.hold(PATIENCE, self.store.head(&path)).await? {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(Problem::internal(format!("blob {blob} cannot be found: {error}"))),
        }
    }

    /// Removes what there is under an id, whole or not.
    pub(crate) async fn remove(&self, blob: Id) -> Result<(), Problem> {
        let path = Path::from(place(blob));
        match self.disk.hold(PATIENCE, self.store.delete(&path)).await? {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(Problem::internal(format!("blob {blob} cannot be removed: {error}"))),
        }
        let Some(folder) = &self.folder else { return Ok(()) };
        let unfinished = folder.join(format!("{}{UNFINISHED}", place(blob)));
        let removed = self.disk.run(PATIENCE, move || std::fs::remove_file(unfinished)).await?;
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Problem::internal(format!("blob {blob} cannot be removed: {error}")))
            }
            _ => Ok(()),
        }
    }
}

/// Where a blob is: by its last two digits, which are random, so that no folder gets too full.
fn place(blob: Id) -> String {
    let name = blob.to_string();
    let start = name.len().saturating_sub(2);
    format!("{}/{name}", name.get(start..).unwrap_or_default())
}

/// The library does not wait for the disk.
fn sync(folder: &FilePath, place: &str) -> std::io::Result<()> {
    let file = folder.join(place);
    File::open(&file)?.sync_all()?;
    // A name is on disk when its folder is, and that one's name with the folder around it.
    if let Some(parent) = file.parent() {
        File::open(parent)?.sync_all()?;
    }
    File::open(folder)?.sync_all()
}

fn unwritten(error: &dyn std::error::Error) -> Problem {
    Problem::new(&UNAVAILABLE)
        .detail("The object could not be kept now. Send it again.")
        .operator(error)
        .retry_after(Duration::from_secs(1))
}
