//! Compression of answers.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de::Error};

/// Compression of answers. Where no policy has this, none is compressed: it costs the edge its CPU, and an answer that
/// holds a secret beside what a client sent gives it away by its length.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compression {
    /// In the order of preference. gzip alone by default: every client knows it. When empty, nothing is compressed,
    /// whatever a less specific policy says.
    pub algorithms: Vec<CompressionAlgorithm>,
    /// Smaller answers stay as they are. 1,024 by default: they fit into one packet anyway.
    pub min_bytes: u64,
    /// Which media types. Text and its like by default; images and archives are compressed already.
    pub content_types: BTreeSet<MediaRange>,
}

/// How answers are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum CompressionAlgorithm {
    /// gzip (RFC 1952).
    Gzip,
    /// Brotli (RFC 7932).
    Brotli,
}

impl CompressionAlgorithm {
    /// The word in `Content-Encoding`.
    #[must_use]
    pub fn coding(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// A media type, or all of a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MediaRange {
    kind: String,
    /// All when absent.
    subtype: Option<String>,
}

impl MediaRange {
    /// Whether a `Content-Type` is one of these, in any case and with any parameters.
    #[must_use]
    pub fn contains(&self, content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let Some((kind, subtype)) = essence.split_once('/') else { return false };
        let is_subtype = |expected: &String| subtype.eq_ignore_ascii_case(expected) && !subtype.is_empty();
        kind.eq_ignore_ascii_case(&self.kind) && self.subtype.as_ref().is_none_or(is_subtype)
    }
}

impl<'de> Deserialize<'de> for MediaRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let Some((kind, subtype)) = text.split_once('/') else {
            return Err(D::Error::custom(format!("{text} is no media type")));
        };
        let subtype = (subtype != "*").then(|| subtype.to_owned());
        Ok(Self { kind: kind.to_owned(), subtype })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_compared_without_case_and_parameters() {
        let range = |text: &str| serde_json::from_str::<MediaRange>(&format!("\"{text}\"")).unwrap();
        for (text, content_type, expected) in [
            ("text/html", "text/html", true),
            ("text/html", "Text/HTML; charset=utf-8", true),
            ("text/*", "text/css", true),
            ("text/html", "text/htm", false),
            ("text/*", "texture/css", false),
            ("text/html", "text", false),
            ("text/html", "", false),
        ] {
            assert_eq!(range(text).contains(content_type), expected, "{text} {content_type}");
        }
    }
}
