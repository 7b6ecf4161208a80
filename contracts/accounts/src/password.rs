//! Texts that nobody is to see.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tradewind_kernel::Secret;

/// A password, or something as secret, on its way: nothing shows it, and [`Password::expose`] is the one way to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password(Secret);

impl Password {
    /// Keeps `text` out of sight.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Secret::new(text))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The same as a secret of the platform.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl Serialize for Password {
    /// Writes the text: it is for sending, and never for keeping.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Password {
    /// Says the same of whatever does not fit: the usual message would repeat it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Text(String),
            Other(IgnoredAny),
        }
        match Given::deserialize(deserializer)? {
            Given::Text(text) => Ok(Self::new(text)),
            Given::Other(_) => Err(D::Error::custom("expected a text")),
        }
    }
}

impl JsonSchema for Password {
    fn schema_name() -> Cow<'static, str> {
        "Password".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "password"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_it_not_even_the_refusal_of_what_does_not_fit() {
        let password = Password::new("canary-4711");
        assert!(!format!("{password:?}").contains("canary"));
        assert_eq!(serde_json::from_str::<Password>("\"canary-4711\"").unwrap(), password);
        for wrong in ["4711", "[\"canary-4711\"]", "{\"canary-4711\":1}", "true", "null"] {
            let told = serde_json::from_str::<Password>(wrong).unwrap_err().to_string();
            assert!(!told.contains("4711"), "{told}");
        }
    }
}
