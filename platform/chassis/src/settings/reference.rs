//! `_FILE` variables: which key each stands for, and what its file says.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use super::environment::FILE_SUFFIX;
use super::failure::{Entries, Failure};
use super::node::{Node, Place, Table, Value};

/// The entries of a table as the setting's type sees them: with the content of files for references to them.
///
/// `known` are the keys of the type, where it has a fixed set. They decide: a type with a key that is called
/// `<key>_file` gets the path itself.
pub(super) fn resolve<'a>(table: &'a Table, known: Option<&[&str]>) -> Result<Entries<'a>, Failure> {
    let mut entries = Entries::new();
    for (key, node) in table {
        if !matches!(node.value, Value::FileReference(_)) {
            entries.insert(key, Cow::Borrowed(node));
        }
    }
    for (key, node) in table {
        if let Value::FileReference(path) = &node.value {
            add(&mut entries, key, path, &node.place, known)?;
        }
    }
    Ok(entries)
}

fn add<'a>(
    entries: &mut Entries<'a>,
    key: &'a str,
    path: &Path,
    place: &Place,
    known: Option<&[&str]>,
) -> Result<(), Failure> {
    let base = key.strip_suffix(FILE_SUFFIX).unwrap_or(key);
    if known.is_some_and(|known| known.contains(&key)) {
        let text = path.to_string_lossy().into_owned();
        entries.insert(key, Cow::Owned(Node::new(Value::Text(text), place.clone())));
        return Ok(());
    }
    match entries.get(base).map(|node| &node.place) {
        // The command line is stronger than the environment.
        Some(Place::Override { .. }) => return Ok(()),
        Some(Place::Variable { name }) => {
            let words = format!("given twice, also by {name}; keep one of them");
            return Err(Failure::plain(words).of_key(base, place));
        }
        _ => {}
    }
    let is_known = known.is_none_or(|known| known.contains(&base));
    let node = if is_known {
        read(path, place).map_err(|failure| failure.of_key(base, place))?
    } else {
        // The type is about to refuse the key: its file does not matter.
        Node::new(Value::Text(String::new()), place.clone())
    };
    entries.insert(base, Cow::Owned(node));
    Ok(())
}

fn read(path: &Path, place: &Place) -> Result<Node, Failure> {
    let refused = |error| Failure::plain(format!("the file {} cannot be read: {error}", path.display()));
    let text = content(path).map_err(refused)?;
    let name = place.words(false).unwrap_or_default();
    let path = path.to_owned();
    Ok(Node::new(Value::Text(text), Place::VariableFile { name, path }))
}

/// What a file says, without the space around it that editors add.
pub(super) fn content(path: &Path) -> io::Result<String> {
    Ok(std::fs::read_to_string(path)?.trim().to_owned())
}
