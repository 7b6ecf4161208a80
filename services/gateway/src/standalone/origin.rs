//! Where documents come from: a folder, or a cluster.

use std::path::Path;
use std::sync::Arc;

use crate::cluster::{Basis, Link, Reader, Reading};
use crate::source::{Read, Source};

/// Where documents come from.
pub(crate) enum Origin {
    /// The files of a folder.
    Folder(Source),
    /// The objects of a cluster.
    Cluster(Arc<Link>, Reader),
}

/// What was read.
pub(crate) struct Found {
    pub(crate) files: Vec<Arc<Read>>,
    /// Which objects that were, if they are objects.
    pub(crate) basis: Option<Basis>,
}

impl Origin {
    /// A folder.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(crate) fn folder(path: Option<&Path>) -> Result<Self, String> {
        let path = path.ok_or("--routes: which folder?")?;
        Source::new(Some(path), None, &[]).map(Self::Folder)
    }

    /// A cluster.
    ///
    /// # Errors
    ///
    /// Definitions cannot be read, which are part of the program.
    pub(crate) fn cluster(link: &Arc<Link>) -> Result<Self, String> {
        Ok(Self::Cluster(link.clone(), Reader::new()?))
    }

    /// What there is now; none where it is what there was.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(crate) fn read(&mut self) -> Result<Option<Found>, String> {
        match self {
            Self::Folder(source) => {
                let (files, has_changed) = source.read().map_err(told)?;
                Ok(has_changed.then_some(Found { files, basis: None }))
            }
            Self::Cluster(link, reader) => {
                let reading = link.view().and_then(|view| reader.read(&view));
                Ok(reading.map(|Reading { files, basis }| Found { files, basis: Some(basis) }))
            }
        }
    }
}

/// The folder is named by an option here, and by a setting in a fleet.
fn told(reason: String) -> String {
    match reason.strip_prefix("gateway.routes: ") {
        Some(rest) => format!("--routes {rest}"),
        None => reason,
    }
}
