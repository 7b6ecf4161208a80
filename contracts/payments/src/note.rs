//! What somebody writes beside a reason.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// The greatest number of characters in a note.
pub const MAX_NOTE: usize = 500;

/// What somebody writes beside a reason: 1 to 500 characters, with line breaks, tabs and no other control characters. It
/// may tell of a person, so that it is in no event and in no log, and goes when the person does.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Note(Box<str>);

/// The text is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidNote;

impl Note {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Note {
    type Err = InvalidNote;

    /// White space around the text is left out, and line breaks are written in one way.
    fn from_str(text: &str) -> Result<Self, InvalidNote> {
        let text = text.trim().replace("\r\n", "\n");
        let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        if text.is_empty() || text.chars().count() > MAX_NOTE || text.chars().any(is_odd) {
            return Err(InvalidNote);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for InvalidNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not a note: expected 1 to {MAX_NOTE} characters without control characters but line breaks and tabs"
        )
    }
}

impl std::error::Error for InvalidNote {}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Note({} characters)", self.0.chars().count())
    }
}

impl<'de> Deserialize<'de> for Note {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Note {
    fn schema_name() -> Cow<'static, str> {
        "Note".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What somebody writes beside a reason, without control characters but line breaks and tabs.",
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_NOTE,
            "examples": ["It came with a crack."],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_text_of_a_bounded_length() {
        let note: Note = "  It has a\tcrack,\r\nand \u{1f600} \u{202e}abc. ".parse().unwrap();
        assert_eq!(note.as_str(), "It has a\tcrack,\nand \u{1f600} \u{202e}abc.");
        assert!("é".repeat(MAX_NOTE).parse::<Note>().is_ok());
        for odd in ["", " \n ", "a\0b", "a\u{7f}", &"é".repeat(MAX_NOTE + 1)] {
            assert_eq!(odd.parse::<Note>(), Err(InvalidNote), "{odd:?}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_it_and_json_reads_what_it_writes() {
        let note: Note = "canary-4711".parse().unwrap();
        assert!(!format!("{note:?}").contains("canary"));
        let text = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<Note>(&text).unwrap(), note);
        assert!(serde_json::from_str::<Note>("\"\"").is_err());
    }
}
