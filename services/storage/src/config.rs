//! Settings, section `storage`.

use std::path::PathBuf;

use serde::Deserialize;

/// The settings of storage.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where the bytes of objects lie; without it `storage-objects` in the data folder. Replicas share one.
    pub(crate) folder: Option<PathBuf>,
    /// The greatest object, in bytes.
    pub(crate) max_object_bytes: u32,
    /// The most objects.
    pub(crate) max_objects: u32,
    /// The most bytes of all objects together.
    pub(crate) max_total_bytes: u64,
    /// Objects that are taken in at a time, each of them in memory.
    pub(crate) uploads: u16,
    /// Reads and writes of files at a time.
    pub(crate) at_once: u16,
    /// Requests that wait for one of these places.
    pub(crate) waiting: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: None,
            max_object_bytes: 4 * 1024 * 1024,
            max_objects: 100_000,
            max_total_bytes: 4 * 1024 * 1024 * 1024,
            uploads: 8,
            at_once: 4,
            waiting: 256,
        }
    }
}

/// Bounds on what is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) object_bytes: usize,
    pub(crate) objects: i64,
    pub(crate) total_bytes: i64,
}

/// The greatest object that a setting may allow: it is taken in as a whole.
const GREATEST: u32 = 64 * 1024 * 1024;

impl Settings {
    /// Makes sure that what is promised can be kept.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=GREATEST).contains(&self.max_object_bytes) {
            return Err(format!("storage.max_object_bytes is 1 to {GREATEST}"));
        }
        if self.max_objects == 0 {
            return Err("storage.max_objects is at least 1".to_owned());
        }
        if self.max_total_bytes < u64::from(self.max_object_bytes)
            || i64::try_from(self.max_total_bytes).is_err()
        {
            return Err("storage.max_total_bytes is at least storage.max_object_bytes".to_owned());
        }
        for (name, places) in [("uploads", self.uploads), ("at_once", self.at_once)] {
            if !(1..=256).contains(&places) {
                return Err(format!("storage.{name} is 1 to 256"));
            }
        }
        Ok(())
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            object_bytes: usize::try_from(self.max_object_bytes).unwrap_or(usize::MAX),
            objects: self.max_objects.into(),
            total_bytes: i64::try_from(self.max_total_bytes).unwrap_or(i64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_kept_are_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        let usual = Settings::default;
        for (settings, name) in [
            (Settings { max_object_bytes: 0, ..usual() }, "storage.max_object_bytes"),
            (Settings { max_object_bytes: u32::MAX, ..usual() }, "storage.max_object_bytes"),
            (Settings { max_objects: 0, ..usual() }, "storage.max_objects"),
            (Settings { max_total_bytes: 1, ..usual() }, "storage.max_total_bytes"),
            (Settings { max_total_bytes: u64::MAX, ..usual() }, "storage.max_total_bytes"),
            (Settings { uploads: 0, ..usual() }, "storage.uploads"),
            (Settings { at_once: 257, ..usual() }, "storage.at_once"),
        ] {
            assert!(settings.check().unwrap_err().starts_with(name), "{name}");
        }
    }
}
