//! What is wrong with the settings, in words for whoever wrote them.

use std::io;
use std::path::Path;

use super::environment::{PREFIX, SEPARATOR};
use super::node::Place;
use super::suggestion::nearest;

/// Settings that cannot be used. The text names the key, what is wrong and where it was written; it never
/// shows the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("settings: {text}")]
pub struct SettingsError {
    text: String,
}

impl SettingsError {
    /// `subject: what (from place)`
    pub(super) fn new(subject: &str, what: &str, place: Option<&str>) -> Self {
        let origin = place.map(|place| format!(" (from {place})")).unwrap_or_default();
        Self { text: format!("{subject}: {what}{origin}") }
    }

    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let what = format!("the file cannot be read: {error}");
        Self::new(&path.display().to_string(), &what, None)
    }

    pub(super) fn syntax(path: &Path, line: usize, column: usize, message: &str) -> Self {
        let subject = format!("{}:{line}:{column}", path.display());
        Self::new(&subject, &format!("not valid TOML: {message}"), None)
    }

    /// A top-level key of a file that is no table.
    pub(super) fn no_section(name: &str, place: &Place) -> Self {
        let what = format!("not a section; settings stand below a header such as [{name}]");
        Self::new(name, &what, place.words(false).as_deref())
    }

    pub(super) fn variable(name: &str, what: &str) -> Self {
        let form = format!("{what}; the form is {PREFIX}<SECTION>{SEPARATOR}<KEY>");
        Self::new(name, &form, None)
    }

    pub(super) fn unknown_variable(name: &str) -> Self {
        let hint = did_you_mean(name, super::RESERVED);
        Self::variable(name, &format!("unknown variable{hint}"))
    }

    pub(super) fn contradiction(name: &str, other: &Place) -> Self {
        let other = other.words(false).unwrap_or_default();
        Self::new(name, &format!("contradicts {other}; keep one of them"), None)
    }

    pub(super) fn assignment(shown: &str) -> Self {
        let subject = format!("--set {shown}");
        let what = "not an assignment; the form is --set section.key=value";
        Self::new(subject.trim_end(), what, None)
    }

    pub(super) fn unknown_section(name: &str, known: &[&str], place: &Place) -> Self {
        let what = unknown("section", name, known);
        Self::new(name, &what, place.words(false).as_deref())
    }
}

/// `unknown key; did you mean "brightness"? known keys: brightness, colour`
pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let known_names = if known.is_empty() {
        format!("no {what}s are known here")
    } else {
        format!("known {what}s: {}", known.join(", "))
    };
    let hint = did_you_mean(name, known);
    let stop = if hint.is_empty() { ";" } else { "" };
    format!("unknown {what}{hint}{stop} {known_names}")
}

fn did_you_mean(name: &str, known: &[&str]) -> String {
    let hint = |near| format!("; did you mean \"{near}\"?");
    nearest(name, known).map(hint).unwrap_or_default()
}

/// How to give a setting that must be given.
pub(super) fn ways_to_set(keys: &[&str]) -> String {
    let variable = keys.join(SEPARATOR).to_ascii_uppercase();
    let assignment = keys.join(".");
    format!("set it in a file, as {PREFIX}{variable} or with --set {assignment}=…")
}
