//! What is to be recorded.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tradewind_kernel::Id;

use crate::digest::Digest;
use crate::document::{Document, MAX_DOCUMENT};
use crate::record::{Outcome, Target};

/// The greatest length of one field, in bytes: a long text must not hide the fields beside it.
const MAX_FIELD: usize = 512;

/// Something that was done, in the words of whoever did it; who did it and when is known from the transaction.
#[derive(Debug, Clone)]
pub struct Entry {
    pub(crate) action: &'static str,
    pub(crate) target: Target,
    pub(crate) on_behalf_of: Option<Id>,
    pub(crate) before: Option<Facts>,
    pub(crate) after: Option<Facts>,
    pub(crate) outcome: Outcome,
}

impl Entry {
    /// `action` is a stable name such as `lamps.lamp-lit`; `kind` and `id` say what it was done to.
    #[must_use]
    pub fn new(action: &'static str, kind: &'static str, id: &impl fmt::Display) -> Self {
        let target = Target { kind: kind.to_owned(), id: id.to_string() };
        Self { action, target, on_behalf_of: None, before: None, after: None, outcome: Outcome::Done }
    }

    /// What it was before.
    #[must_use]
    pub fn before(self, facts: Facts) -> Self {
        Self { before: Some(facts), ..self }
    }

    /// What it was before, if it was.
    #[must_use]
    pub fn before_if(self, facts: Option<Facts>) -> Self {
        Self { before: facts, ..self }
    }

    /// What it is now.
    #[must_use]
    pub fn after(self, facts: Facts) -> Self {
        Self { after: Some(facts), ..self }
    }

    /// For whom it was done, where that is somebody else than whoever did it.
    #[must_use]
    pub fn on_behalf_of(self, person: Id) -> Self {
        Self { on_behalf_of: Some(person), ..self }
    }

    /// It was asked for and refused, for the reason with this code.
    #[must_use]
    pub fn refused(self, code: &str) -> Self {
        Self { outcome: Outcome::Refused(code.to_owned()), ..self }
    }
}

/// Fields of something, before or after a change.
///
/// A field that is personal or secret is named without its value, and only where it changed: what is recorded can never
/// be taken back, so it must not hold what somebody may want erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<&'static str, Value>);

impl Facts {
    /// No fields yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A field that anybody may read who may read the records.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: &impl Serialize) -> Self {
        // A value that is no JSON is a defect, and no reason to refuse the change.
        let value = serde_json::to_value(value).unwrap_or_else(|_| withheld("unreadable"));
        self.0.insert(field, bounded(value, MAX_FIELD));
        self
    }

    /// A field that tells of a person.
    #[must_use]
    pub fn personal(mut self, field: &'static str) -> Self {
        self.0.insert(field, withheld("personal"));
        self
    }

    /// A field that opens something.
    #[must_use]
    pub fn secret(mut self, field: &'static str) -> Self {
        self.0.insert(field, withheld("secret"));
        self
    }

    pub(crate) fn document(&self) -> Document {
        let fields: Map<String, Value> =
            self.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Document::of(&bounded(Value::Object(fields), MAX_DOCUMENT))
    }
}

/// What is longer than `most` bytes, by its hash; nothing personal is in it, so that the hash gives nothing away.
fn bounded(value: Value, most: usize) -> Value {
    let text = Document::of(&value);
    let length = text.as_str().len();
    if length <= most {
        return value;
    }
    let hash = Digest::from_bytes(Sha256::digest(text.as_str().as_bytes()).into());
    json!({ "withheld": "too-long", "bytes": length, "sha256": hash.to_string() })
}

fn withheld(why: &str) -> Value {
    json!({ "withheld": why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_or_secret_is_named_and_not_told() {
        let facts = Facts::new().with("size", &3).personal("name").secret("key");
        let text = "{\"key\":{\"withheld\":\"secret\"},\"name\":{\"withheld\":\"personal\"},\"size\":3}";
        assert_eq!(facts.document().as_str(), text);
    }

    #[test]
    fn what_is_too_long_is_told_by_its_hash() {
        let long = |letter: &str| Facts::new().with("size", &3).with("text", &letter.repeat(MAX_FIELD));
        let text = long("x").document().as_str().to_owned();
        assert!(text.len() < 200 && text.contains("too-long") && text.contains("\"size\":3"), "{text}");
        assert_ne!(long("x").document(), long("y").document());
        let names: Vec<String> = (0..20).map(|number| format!("field{number}")).collect();
        let many = names.iter().fold(Facts::new(), |facts, name| {
            facts.with(String::leak(name.clone()), &"x".repeat(MAX_FIELD - 2))
        });
        assert!(many.document().as_str().len() < 200, "{}", many.document());
    }
}
