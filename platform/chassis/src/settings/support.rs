//! What the tests of settings share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tradewind_kernel::Secret;

use super::SettingsSource;

/// A section as a service would write it.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Lamps {
    pub(super) brightness: u16,
    pub(super) colour: String,
    pub(super) on: bool,
    pub(super) warmth: f64,
    pub(super) offset: i8,
    pub(super) label: Option<String>,
    pub(super) rooms: Vec<String>,
    pub(super) levels: Vec<u8>,
    #[serde(with = "super::duration")]
    pub(super) fade: std::time::Duration,
    pub(super) shape: Shape,
    pub(super) limits: Limits,
    pub(super) rows: Vec<Limits>,
    pub(super) token: Secret,
    pub(super) routes_file: PathBuf,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    #[default]
    Round,
    Square,
    Star {
        points: u8,
    },
    Custom(String),
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) low: u8,
    pub(super) high: u8,
}

impl Default for Lamps {
    fn default() -> Self {
        Self {
            brightness: 10,
            colour: "white".to_owned(),
            on: false,
            warmth: 0.5,
            offset: 0,
            label: None,
            rooms: vec!["hall".to_owned()],
            levels: Vec::new(),
            fade: std::time::Duration::from_secs(1),
            shape: Shape::Round,
            limits: Limits::default(),
            rows: Vec::new(),
            token: Secret::default(),
            routes_file: PathBuf::new(),
        }
    }
}

/// A folder of its own, removed at the end.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tradewind-settings-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// Without the folder's own name, which differs in every run.
    pub(super) fn shorten(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

pub(super) fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

pub(super) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Only this file.
pub(super) fn from_file(path: &Path) -> SettingsSource {
    SettingsSource::new().file(path).unwrap()
}

/// Only these variables.
pub(super) fn from_environment(pairs: &[(&str, &str)]) -> SettingsSource {
    SettingsSource::new().environment(variables(pairs)).unwrap()
}

/// Only these assignments.
pub(super) fn from_overrides(texts: &[&str]) -> SettingsSource {
    SettingsSource::new().overrides(&strings(texts)).unwrap()
}

pub(super) fn lamps(source: &SettingsSource) -> Lamps {
    source.section("lamps").unwrap()
}

/// The words with which the section `lamps` is refused.
pub(super) fn refusal<T: DeserializeOwned>(source: &SettingsSource) -> String {
    match source.section::<T>("lamps") {
        Ok(_) => panic!("the settings were accepted"),
        Err(error) => error.to_string(),
    }
}

/// Each first text must equal its second.
pub(super) fn assert_all(cases: &[(String, &str)]) {
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}
