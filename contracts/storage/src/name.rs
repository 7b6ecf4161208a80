//! Names of objects.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use tradewind_kernel::Slug;

/// The name of an object in its bucket: 1 to 8 parts with `/` between them, each a [`Slug`], 255 characters in all.
///
/// There is one way to write each name: no part is empty, `.` or `..`, and no character is written in two ways, which is
/// why there are so few of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(Box<str>);

/// The text is no [`ObjectName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidObjectName;

impl fmt::Display for InvalidObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected up to 255 characters: 1 to 8 parts with '/' between them, each of 1 to 64 letters, digits, '-', \
             '_' and '.', and not dots alone",
        )
    }
}

impl std::error::Error for InvalidObjectName {}

impl ObjectName {
    /// The greatest number of characters.
    pub const MAX_LENGTH: usize = 255;

    /// The greatest number of parts.
    pub const MAX_PARTS: usize = 8;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last dot of its last part, in lower case; `None` where there is no dot.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        let last = self.0.rsplit('/').next()?;
        last.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
    }

    /// Its last part.
    #[must_use]
    pub fn last_part(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl FromStr for ObjectName {
    type Err = InvalidObjectName;

    fn from_str(text: &str) -> Result<Self, InvalidObjectName> {
        let mut parts = 0;
        for part in text.split('/') {
            part.parse::<Slug>().map_err(|_| InvalidObjectName)?;
            parts += 1;
        }
        if text.len() > Self::MAX_LENGTH || parts > Self::MAX_PARTS {
            return Err(InvalidObjectName);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for ObjectName {
    type Error = InvalidObjectName;

    fn try_from(text: String) -> Result<Self, InvalidObjectName> {
        text.parse()
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0.into()
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl JsonSchema for ObjectName {
    fn schema_name() -> Cow<'static, str> {
        "ObjectName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The name of an object in its bucket: parts with slashes between them.",
            "type": "string", "minLength": 1, "maxLength": ObjectName::MAX_LENGTH,
            "pattern": "^[A-Za-z0-9._-]{1,64}(/[A-Za-z0-9._-]{1,64}){0,7}$", "examples": ["1.svg"],
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_parts_make_a_name() {
        for good in ["1", "1.svg", "a/b/c.png", ".hidden", &["x"; 8].join("/"), &"x".repeat(64)] {
            assert_eq!(good.parse::<ObjectName>().unwrap().as_str(), good);
        }
        let (long, deep) = ("x".repeat(65), ["x"; 9].join("/"));
        let wide = ["x".repeat(64), "x".repeat(64), "x".repeat(64), "x".repeat(64)].join("/");
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/..", "a\\b", "C:\\a", "C:", "a\0",
            "a b", "é", "a%2Fb", "%2e%2e", "．．/a", "․․", "a／b", "∕", "~", "a\nb", "#1", &long, &deep,
            &wide,
        ] {
            assert_eq!(bad.parse::<ObjectName>(), Err(InvalidObjectName), "{bad:?}");
        }
    }

    #[test]
    fn an_extension_is_what_stands_behind_the_last_dot() {
        let extension = |name: &str| name.parse::<ObjectName>().unwrap().extension();
        assert_eq!(extension("a.b/c.tar.PNG").as_deref(), Some("png"));
        assert_eq!(extension("a.b/c"), None);
        assert_eq!("a/b.txt".parse::<ObjectName>().unwrap().last_part(), "b.txt");
    }

    proptest! {
        /// Whatever a name is, as a path it leads below where it begins.
        #[test]
        fn a_name_never_leads_out_of_its_folder(text in "([.]{1,2}|/|[.][.]/|[a-c%~ :\\\\\u{0}\u{ff0e}\u{2024}\u{2215}-]){0,8}") {
            if let Ok(name) = text.parse::<ObjectName>() {
                let inside = Path::new(name.as_str()).components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(inside, "{name}");
                prop_assert_eq!(name.as_str(), &text);
            }
        }
    }
}
