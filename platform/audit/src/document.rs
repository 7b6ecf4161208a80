//! A JSON object as one text: sorted keys, no white space, bounded.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// The greatest length of a document, in bytes. What is longer is withheld, and says so.
pub const MAX_DOCUMENT: usize = 4 * 1024;

/// A JSON object in its one canonical text, which its hash is made of.
///
/// It travels as JSON: whoever reformats it on the way changes nothing, because it is made canonical again when it is
/// read.
#[derive(Clone, PartialEq, Eq)]
pub struct Document(String);

/// The text is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no JSON object")]
pub struct InvalidDocument;

impl Document {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, InvalidDocument> {
        match serde_json::from_str(text) {
            Ok(value @ Value::Object(_)) => Ok(Self::of(&value)),
            _ => Err(InvalidDocument),
        }
    }

    pub(crate) fn of(value: &Value) -> Self {
        let mut text = String::new();
        write(value, &mut text);
        Self(text)
    }

    /// What a database holds, as it is: whether it is canonical is for the hash to say.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Writes sorted keys whatever the map keeps: another crate may switch its order of insertion on.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(value, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(raw) => raw.serialize(serializer),
            // Somebody damaged it; it is shown as it is, and its hash gives it away.
            Err(_) => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(damaged) => Ok(Self(damaged)),
            value => Ok(Self::of(&value)),
        }
    }
}

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What is recorded of something: a JSON object. A field that is personal or secret is \
                            {\"withheld\": …}.",
            "type": ["object", "string"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_meaning_has_one_text() {
        let one = Document::parse(r#" { "b" : [1, {"d":null,"c":"é\n"}], "a" : true } "#).unwrap();
        assert_eq!(one.as_str(), "{\"a\":true,\"b\":[1,{\"c\":\"é\\n\",\"d\":null}]}");
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), one);
        for wrong in ["", "1", "[]", "{", "\"x\""] {
            assert_eq!(Document::parse(wrong), Err(InvalidDocument), "{wrong}");
        }
    }
}
