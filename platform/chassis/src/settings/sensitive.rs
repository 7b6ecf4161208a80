//! Which values no message may show.

use super::file::inline;
use super::node::{Node, Place, Value};
use super::reference;

/// Parts of names that speak of a secret.
const PARTS: [&str; 6] = ["secret", "token", "password", "passphrase", "passwd", "credential"];

/// Endings of names that speak of a secret.
const ENDINGS: [&str; 2] = ["key", "keys"];

/// Whether the name of a key says that its value is a secret. Rather one too many.
pub(super) fn is_sensitive(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    PARTS.iter().any(|part| key.contains(part)) || ENDINGS.iter().any(|ending| key.ends_with(ending))
}

/// The texts of all secrets in a value: by their keys, or because they were written into a file that a
/// variable names, which is made for secrets.
pub(super) fn secrets(node: &Node) -> Vec<String> {
    let mut found = Vec::new();
    collect(node, false, &mut found);
    found
}

/// `hidden` says that the key of this value, or one above it, speaks of a secret.
fn collect(node: &Node, hidden: bool, found: &mut Vec<String>) {
    let hidden = hidden || matches!(node.place, Place::VariableFile { .. });
    match &node.value {
        Value::Table(table) => {
            table.iter().for_each(|(key, inner)| collect(inner, hidden || is_sensitive(key), found));
        }
        Value::List(nodes) => nodes.iter().for_each(|inner| collect(inner, hidden, found)),
        Value::Text(text) | Value::String(text) if hidden => found.push(text.clone()),
        // An inline table may have keys that speak of secrets.
        Value::Text(text) => {
            if let Ok(value @ (Value::Table(_) | Value::List(_))) = inline(text, &node.place) {
                collect(&Node::new(value, node.place.clone()), false, found);
            }
        }
        // The type was given the content, and its words may repeat it.
        Value::FileReference(path) => found.extend(reference::content(path)),
        Value::Integer(number) if hidden => found.push(number.to_string()),
        Value::Float(number) if hidden => found.push(number.to_string()),
        Value::Boolean(flag) if hidden => found.push(flag.to_string()),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in ["token", "signing_key", "Password", "client_secret", "api_keys", "key"] {
            assert!(is_sensitive(name), "{name}");
        }
        for name in ["brightness", "keyboard", "colour", ""] {
            assert!(!is_sensitive(name), "{name}");
        }
    }
}
