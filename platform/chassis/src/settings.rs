//! Layered settings that remember where each value was written.
//!
//! Four kinds of layers, each stronger than the one before it:
//!
//! 1. the defaults of the section's type (`#[serde(default, deny_unknown_fields)]`);
//! 2. TOML files, a later file over an earlier one;
//! 3. the environment: `TRADEWIND_<SECTION>__<KEY>[__<KEY>]`, lower-cased to section and keys;
//! 4. the command line: `--set section.key=value`.
//!
//! Tables merge key by key; any other value is replaced whole. Values of the environment and the command
//! line are text and become what the setting wants: a number, `true` or `false`, a string as it stands, a
//! list from `a,b,c` or from an inline TOML array, a table from an inline TOML table. (Types that serde reads
//! by way of a buffer, with `flatten`, `untagged` or a tag, do not say what they want: there a text that
//! looks like a number becomes one.)
//!
//! A variable `…__<KEY>_FILE` gives a path whose trimmed content is the value of `<KEY>`, unless the section
//! has a setting that is itself called `<key>_file`. Errors name the file and line, the variable or the
//! assignment a value came from, and never show the value of a setting whose name speaks of a secret.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use serde::de::DeserializeOwned;

mod assignment;
mod decode;
pub mod duration;
mod environment;
mod error;
mod failure;
mod file;
mod node;
mod number;
mod reference;
mod sensitive;
mod suggestion;
mod table;

#[cfg(test)]
mod error_tests;
#[cfg(test)]
mod layer_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod secret_tests;
#[cfg(test)]
mod support;

pub use error::SettingsError;

use node::{Node, Place, Table, Value};

/// Variables that begin like settings and are none: other parts of the program read them.
#[cfg(not(feature = "fault-points"))]
pub const RESERVED: &[&str] = &["TRADEWIND_DATA", "TRADEWIND_ADMIN_URL"];

/// Variables that begin like settings and are none: other parts of the program read them.
#[cfg(feature = "fault-points")]
pub const RESERVED: &[&str] =
    &["TRADEWIND_DATA", "TRADEWIND_ADMIN_URL", "TRADEWIND_FAULT", "TRADEWIND_DISTURB"];

/// Where settings come from: layers of values, the stronger ones last.
///
/// The strength of a layer follows from its kind, not from the order in which layers are added; among layers
/// of one kind the later one wins.
#[derive(Clone, Default)]
pub struct SettingsSource {
    layers: Vec<Layer>,
}

#[derive(Clone)]
struct Layer {
    rank: Rank,
    /// What the layer is, without any value.
    label: String,
    table: Table,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    File,
    Environment,
    Override,
}

impl SettingsSource {
    /// No layers: every section has its defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a TOML file that must exist.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or has a value outside of a section.
    pub fn file(self, path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|error| SettingsError::unreadable(path, &error))?;
        let table = file::read(path, &text)?;
        Ok(self.with(Rank::File, path.display().to_string(), table))
    }

    /// Adds a TOML file that is ignored when it is absent; one that is there must be right.
    ///
    /// # Errors
    /// As [`SettingsSource::file`], except for a file that does not exist.
    pub fn optional_file(self, path: &Path) -> Result<Self, SettingsError> {
        match std::fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(self),
            _ => self.file(path),
        }
    }

    /// Adds the variables that begin with `TRADEWIND_`; others are passed over.
    ///
    /// Passed over are [`RESERVED`] ones too, and those that Kubernetes puts into a container for every
    /// service of its namespace (`TRADEWIND_LAMPS_SERVICE_HOST`): nobody wrote them as settings.
    ///
    /// # Errors
    /// When a variable names no section and key, or two variables contradict each other.
    pub fn environment(
        self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let environment = environment::read(variables)?;
        let label = format!("environment: {}", environment.names.join(", "));
        Ok(self.with(Rank::Environment, label, environment.table))
    }

    /// Adds the variables of this process, as [`SettingsSource::environment`] does.
    ///
    /// # Errors
    /// As [`SettingsSource::environment`], and when one of the variables is not Unicode.
    pub fn process_environment(self) -> Result<Self, SettingsError> {
        self.environment(environment::of_process()?)
    }

    /// Adds what was given as `--set section.key=value`, without the `--set`.
    ///
    /// # Errors
    /// When an assignment does not have this form.
    pub fn overrides(self, assignments: &[String]) -> Result<Self, SettingsError> {
        let mut table = Table::new();
        let mut names = Vec::new();
        for text in assignments {
            let assignment = assignment::read(text)?;
            names.push(assignment.key);
            node::overlay(&mut table, assignment.table);
        }
        Ok(self.with(Rank::Override, format!("--set: {}", names.join(", ")), table))
    }

    /// The settings of the section `name`; a section that no layer holds is read from an empty table.
    ///
    /// # Errors
    /// When a value does not fit, a key is unknown or missing, or the file of a `_FILE` variable cannot be
    /// read.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, SettingsError> {
        let empty = || Node::new(Value::Table(Table::new()), Place::Nowhere);
        let node = self.merged().remove(name).unwrap_or_else(empty);
        decode::section(name, &node)
    }

    /// Whether any layer says something of `section.key`; a variable that names a file says `key_file`.
    #[must_use]
    pub fn holds(&self, section: &str, key: &str) -> bool {
        let says = |layer: &Layer| match layer.table.get(section).map(|node| &node.value) {
            Some(Value::Table(keys)) => keys.contains_key(key),
            _ => false,
        };
        self.layers.iter().any(says)
    }

    /// Makes sure that every section in any layer is one of `known`.
    ///
    /// # Errors
    /// Names the first section that is not, where it was written, and what it may have been meant to be.
    pub fn refuse_unknown_sections(&self, known: &[&str]) -> Result<(), SettingsError> {
        let merged = self.merged();
        let unknown = merged.iter().find(|(name, _)| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |(name, node)| Err(SettingsError::unknown_section(name, known, &node.place)))
    }

    fn with(mut self, rank: Rank, label: String, table: Table) -> Self {
        self.layers.push(Layer { rank, label, table });
        self.layers.sort_by_key(|layer| layer.rank);
        self
    }

    fn merged(&self) -> Table {
        let mut merged = Table::new();
        for layer in &self.layers {
            node::overlay(&mut merged, layer.table.clone());
        }
        merged
    }
}

impl fmt::Debug for SettingsSource {
    /// Shows which layers there are and no value: any of them may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<&str> = self.layers.iter().map(|layer| layer.label.as_str()).collect();
        f.debug_struct("SettingsSource").field("layers", &labels).finish()
    }
}
