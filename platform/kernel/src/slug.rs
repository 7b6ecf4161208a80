//! Short names that people choose and machines compare.

use std::fmt;
use std::str::FromStr;

use crate::text::written_as_text;

/// A name of 1 to 64 characters from `A-Z a-z 0-9 - _ .`, compared byte by byte; neither `.` nor `..`, which
/// mean something else in a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Box<str>);

/// The text is no [`Slug`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 64 characters, each a letter, a digit, '-', '_' or '.', and not dots alone")]
pub struct InvalidSlug;

impl Slug {
    /// The greatest number of characters.
    pub const MAX_LENGTH: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let dots = matches!(text, "." | "..");
        if text.is_empty() || dots || text.len() > Self::MAX_LENGTH || !text.bytes().all(allowed) {
            return Err(InvalidSlug);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

written_as_text!(Slug);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_slugs() {
        for good in ["1", "widget-2.0_b", &"x".repeat(64)] {
            assert_eq!(good.parse::<Slug>().unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a b", "a/b", "ä", "a\0", &"x".repeat(65)] {
            assert_eq!(bad.parse::<Slug>(), Err(InvalidSlug), "{bad:?}");
        }
    }
}
