//! Where route documents come from: those that are built in, and folders that may change.

use std::ffi::OsString;
use std::fs::{DirEntry, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tradewind_gateway_api::{Definitions, Document, DocumentError, Reading, RefusedPolicy};

/// The documents of `deploy/routes/`, so that a single binary needs no files.
const BUILT_IN: [(&str, &str); 15] = [
    ("deploy/routes/accounts.yaml", include_str!("../../../deploy/routes/accounts.yaml")),
    ("deploy/routes/backoffice.yaml", include_str!("../../../deploy/routes/backoffice.yaml")),
    ("deploy/routes/cart.yaml", include_str!("../../../deploy/routes/cart.yaml")),
    ("deploy/routes/catalogue.yaml", include_str!("../../../deploy/routes/catalogue.yaml")),
    ("deploy/routes/customers.yaml", include_str!("../../../deploy/routes/customers.yaml")),
    ("deploy/routes/mail.yaml", include_str!("../../../deploy/routes/mail.yaml")),
    ("deploy/routes/notification.yaml", include_str!("../../../deploy/routes/notification.yaml")),
    ("deploy/routes/orders.yaml", include_str!("../../../deploy/routes/orders.yaml")),
    ("deploy/routes/payments.yaml", include_str!("../../../deploy/routes/payments.yaml")),
    ("deploy/routes/provider.yaml", include_str!("../../../deploy/routes/provider.yaml")),
    ("deploy/routes/shipping.yaml", include_str!("../../../deploy/routes/shipping.yaml")),
    ("deploy/routes/shopfront.yaml", include_str!("../../../deploy/routes/shopfront.yaml")),
    ("deploy/routes/stock.yaml", include_str!("../../../deploy/routes/stock.yaml")),
    ("deploy/routes/storage.yaml", include_str!("../../../deploy/routes/storage.yaml")),
    ("deploy/routes/webhooks.yaml", include_str!("../../../deploy/routes/webhooks.yaml")),
];

/// The greatest file that is opened, in bytes; of a greater one no document is taken, so it need not be read.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Where documents come from. A file is read again only when it has changed.
pub(crate) struct Source {
    definitions: Definitions,
    /// The setting that names each folder, and the folder.
    folders: Vec<(&'static str, PathBuf)>,
    built_in: Vec<Arc<Read>>,
    /// Of each folder, by name.
    files: Mutex<Vec<Vec<Kept>>>,
}

/// A file as it was read.
struct Kept {
    name: OsString,
    stamp: Stamp,
    read: Arc<Read>,
}

/// What tells that a file is another one than before.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// A file that takes the place of another one may be as long and as old.
    number: u64,
}

/// The documents of a file, and what is wrong in it.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) documents: Vec<Arc<Document>>,
    pub(crate) errors: Vec<DocumentError>,
    /// Policies with a mistake: what they are about must not be served as if there were none.
    pub(crate) refused: Vec<Arc<RefusedPolicy>>,
}

impl Source {
    pub(crate) fn new(
        folder: Option<&Path>,
        more: Option<&Path>,
        built_in: &[Arc<Read>],
    ) -> Result<Self, String> {
        let folders = [("routes", folder), ("more_routes", more)];
        let folders = folders.into_iter().filter_map(|(setting, path)| Some((setting, path?.to_owned())));
        Ok(Self {
            definitions: Definitions::standard()?,
            folders: folders.collect(),
            built_in: if folder.is_none() { built_in.to_vec() } else { Vec::new() },
            files: Mutex::default(),
        })
    }

    /// Whether it can change.
    pub(crate) fn has_folders(&self) -> bool {
        !self.folders.is_empty()
    }

    /// All files, and whether any of them has changed since they were read last.
    ///
    /// # Errors
    ///
    /// A folder that cannot be listed or holds no document.
    pub(crate) fn read(&self) -> Result<(Vec<Arc<Read>>, bool), String> {
        let listed = self.listed()?;
        let before = std::mem::take(&mut *self.files.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut before, mut has_changed) = (before.into_iter(), false);
        let mut now = Vec::new();
        for ((_, folder), names) in self.folders.iter().zip(listed) {
            let known = before.next().unwrap_or_default();
            now.push(self.follow(folder, names, known, &mut has_changed));
        }
        let files = now.iter().flatten().map(|kept: &Kept| kept.read.clone());
        let found = self.built_in.iter().cloned().chain(files).collect();
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok((found, has_changed))
    }

    /// What each folder holds.
    fn listed(&self) -> Result<Vec<Vec<(OsString, Stamp)>>, String> {
        let listed = |(setting, folder): &(&str, PathBuf)| {
            let found = listed(folder)
                .map_err(|error| format!("gateway.{setting}: {}: {error}", folder.display()))?;
            if found.is_empty() {
                return Err(format!("gateway.{setting}: {} holds no .yaml file", folder.display()));
            }
            Ok(found)
        };
        self.folders.iter().map(listed).collect()
    }

    /// Reads of a folder what is not as it was. Both lists are by name.
    fn follow(
        &self,
        folder: &Path,
        listed: Vec<(OsString, Stamp)>,
        before: Vec<Kept>,
        has_changed: &mut bool,
    ) -> Vec<Kept> {
        let mut before = before.into_iter().peekable();
        let follow = |(name, stamp): (OsString, Stamp)| {
            while before.next_if(|kept| kept.name < name).is_some() {
                *has_changed = true;
            }
            match before.next_if(|kept| kept.name == name) {
                Some(kept) if kept.stamp == stamp => kept,
                older => {
                    *has_changed = true;
                    let read = Arc::new(
                        self.file(&folder.join(&name)).or_older(older.as_ref().map(|older| &*older.read)),
                    );
                    std::thread::yield_now();
                    Kept { name, stamp, read }
                }
            }
        };
        let now = listed.into_iter().map(follow).collect();
        *has_changed |= before.next().is_some();
        now
    }

    /// A file that cannot be read, such as one that is being replaced, is a mistake like others.
    fn file(&self, path: &Path) -> Read {
        let name = path.display().to_string();
        match text(path) {
            Ok(text) => self.parse(&name, &text),
            Err(reason) => {
                let error = DocumentError { file: name, line: 1, column: 1, reason };
                Read { errors: vec![error], ..Read::default() }
            }
        }
    }

    fn parse(&self, file: &str, text: &str) -> Read {
        Read::from(self.definitions.read(file, text))
    }
}

impl From<Reading> for Read {
    fn from(reading: Reading) -> Self {
        Self {
            documents: reading.documents.into_iter().map(Arc::new).collect(),
            errors: reading.errors,
            refused: reading.refused.into_iter().map(Arc::new).collect(),
        }
    }
}

impl Read {
    /// With the older reading of each policy that has got a mistake: what it protects goes on being protected so.
    pub(crate) fn or_older(mut self, older: Option<&Self>) -> Self {
        for refused in &self.refused {
            let is_same = |document: &&Arc<Document>| {
                document.body.kind() == refused.kind
                    && document.metadata.name == refused.metadata.name
                    && document.metadata.namespace == refused.metadata.namespace
            };
            let kept = older.and_then(|older| older.documents.iter().find(is_same));
            self.documents.extend(kept.cloned());
        }
        self
    }
}

/// The documents that are built in. A test checks them.
///
/// # Errors
///
/// Why they cannot be read; they are part of the program.
pub(crate) fn built_in() -> Result<Vec<Arc<Read>>, String> {
    let definitions = Definitions::standard()?;
    let read = |(file, text): (&str, &str)| Arc::new(Read::from(definitions.read_checked(file, text)));
    Ok(BUILT_IN.map(read).to_vec())
}

/// After so many files, or documents, others get their turn.
pub(crate) const TURN: usize = 64;

/// The documents of a folder, by name; names that begin with a dot are for programs.
fn listed(folder: &Path) -> std::io::Result<Vec<(OsString, Stamp)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        let extension = Path::new(&name).extension();
        let is_document = extension.is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_document && !is_hidden {
            found.push((name, stamp(&entry)));
            if found.len().is_multiple_of(TURN) {
                std::thread::yield_now();
            }
        }
    }
    found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// Follows links: a mounted volume changes by a link that leads elsewhere.
fn stamp(entry: &DirEntry) -> Stamp {
    let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
    // What is known to be no link is found from the folder on, which costs the system half as much.
    let metadata = if is_file { entry.metadata() } else { std::fs::metadata(entry.path()) };
    let of = |metadata: &Metadata| Stamp {
        modified: metadata.modified().ok(),
        length: metadata.len(),
        number: metadata.ino(),
    };
    metadata.as_ref().map_or(Stamp { modified: None, length: 0, number: 0 }, of)
}

fn text(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_FILE_BYTES {
        return Err(format!("the file must not exceed {MAX_FILE_BYTES} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use tradewind_routing::BackendId;

    use super::*;
    use crate::routes::gather;

    #[test]
    fn the_documents_that_are_built_in_have_no_mistake() {
        let definitions = Definitions::standard().unwrap();
        for (file, text) in BUILT_IN {
            let reading = definitions.read(file, text);
            assert!(reading.errors.is_empty() && !reading.documents.is_empty(), "{:?}", reading.errors);
        }
        let gathered = gather(&built_in().unwrap(), &|_: &BackendId| true).unwrap();
        assert!(gathered.errors.is_empty(), "{:?}", gathered.errors);
        assert_eq!(gathered.built.routes.len(), BUILT_IN.len());
        let parents = gathered.built.routes.iter().flat_map(|route| &route.parents);
        assert!(parents.flat_map(|parent| &parent.conditions).all(|condition| condition.holds));
    }
}
