//! Languages, and what is said in several of them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A language by its two letters (ISO 639-1), such as `en`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 2]);

/// The text does not begin with the two small letters of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidLanguage;

impl fmt::Display for InvalidLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected the two small letters of a language, such as en or de, with a region at most: de-AT",
        )
    }
}

impl std::error::Error for InvalidLanguage {}

impl Language {
    /// English, in which the name and the description of a product are.
    pub const EN: Self = Self(*b"en");

    /// German.
    pub const DE: Self = Self(*b"de");

    /// The two letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl FromStr for Language {
    type Err = InvalidLanguage;

    /// A region behind the language, as browsers send it (`de-AT`), is left out.
    fn from_str(text: &str) -> Result<Self, InvalidLanguage> {
        let (language, region) = text.split_once(['-', '_']).unwrap_or((text, ""));
        let code: [u8; 2] = language.as_bytes().try_into().map_err(|_| InvalidLanguage)?;
        let is_region = region.len() <= 8 && region.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_region && code.iter().all(u8::is_ascii_lowercase) {
            Ok(Self(code))
        } else {
            Err(InvalidLanguage)
        }
    }
}

impl TryFrom<String> for Language {
    type Error = InvalidLanguage;

    fn try_from(text: String) -> Result<Self, InvalidLanguage> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl JsonSchema for Language {
    fn schema_name() -> Cow<'static, str> {
        "Language".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A language by its two letters (ISO 639-1); a region behind it is left out.",
            "type": "string",
            "pattern": "^[a-z]{2}([-_][A-Za-z0-9]{0,8})?$",
            "examples": ["de"],
        })
    }
}

/// A word or two in a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Label {
    /// The language.
    pub language: Language,
    /// The words, 1 to 100 characters.
    #[schemars(length(min = 1, max = 100), example = &"Garten")]
    pub text: String,
}

/// What is said of a product in a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProductText {
    /// The language.
    pub language: Language,
    /// The name of the product, 1 to 200 characters.
    #[schemars(length(min = 1, max = 200), example = &"Amboss")]
    pub name: String,
    /// What it is, up to 2,000 characters.
    #[serde(default)]
    #[schemars(length(max = 2_000))]
    pub description: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_left_out_and_anything_else_refused() {
        for (text, code) in [("en", "en"), ("de-AT", "de"), ("de_CH", "de")] {
            assert_eq!(text.parse::<Language>().unwrap().code(), code);
        }
        for bad in ["", "e", "EN", "eng", "d\u{e9}", "de-'x", "de-abcdefghi"] {
            assert_eq!(bad.parse::<Language>(), Err(InvalidLanguage), "{bad:?}");
        }
    }
}
