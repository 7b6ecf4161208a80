//! Elsewhere there is no such disk: the file system interface is Linux's.

use std::path::Path;

use super::{Loss, Lost};

pub(crate) enum Disk {}

impl Disk {
    pub(crate) fn missing() -> Option<String> {
        Some("such a disk needs Linux".to_owned())
    }

    pub(crate) fn mount(_path: &Path) -> Result<Self, String> {
        Err("such a disk needs Linux".to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        match *self {}
    }

    pub(crate) fn cut(&mut self, _loss: Loss<'_>) -> Result<Lost, String> {
        match *self {}
    }
}
