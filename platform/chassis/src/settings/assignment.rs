//! `--set section.key=value` into values.

use super::error::SettingsError;
use super::node::{self, Node, Place, Table, Value};

/// One assignment of the command line.
pub(super) struct Assignment {
    /// Section and keys, as written.
    pub(super) key: String,
    pub(super) table: Table,
}

pub(super) fn read(text: &str) -> Result<Assignment, SettingsError> {
    let malformed = || SettingsError::assignment(harmless_part(text));
    let (path, value) = text.split_once('=').ok_or_else(malformed)?;
    let keys: Vec<&str> = path.split('.').collect();
    let is_good = |key: &&str| !key.is_empty() && key.chars().all(is_key_character);
    if keys.len() < 2 || !keys.iter().all(is_good) {
        return Err(malformed());
    }
    let place = Place::Override { key: path.to_owned(), value: value.to_owned() };
    let node = Node::new(Value::Text(value.to_owned()), place);
    Ok(Assignment { key: path.to_owned(), table: node::nested(&keys, node) })
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// What can be shown of a text that is no assignment: not what may be its value.
fn harmless_part(text: &str) -> &str {
    let end = text.find(|c| !is_key_character(c) && c != '.');
    &text[..end.unwrap_or(text.len())]
}
