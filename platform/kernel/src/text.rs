//! Values that are written as text, and text that people write.

/// Whether a text can stand within a line without changing what is around it: it holds no control characters, does not
/// end the line, and does not turn the direction of writing of what follows. Marks of direction (U+200E, U+200F, U+061C)
/// turn nothing: names in Arabic or Hebrew may need them.
#[must_use]
pub fn is_one_line(text: &str) -> bool {
    !text.chars().any(|c| {
        // Ends of lines and paragraphs; embeddings, overrides and isolates (UAX #9).
        c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// Writes a value in JSON and elsewhere as its `Display` text and reads it back with `FromStr`.
macro_rules! written_as_text {
    ($kind:ty) => {
        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use written_as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_text_around_it_is_not_one_line() {
        for text in ["", "Ada", "مرحبا", "שלום\u{200f}", "\u{1f469}\u{200d}\u{1f4bb}", "<b>", "a\u{a0}b"]
        {
            assert!(is_one_line(text), "{text:?}");
        }
        for c in [
            '\0', '\n', '\r', '\t', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}',
            '\u{2066}',
        ] {
            assert!(!is_one_line(&format!("a{c}b")), "{c:?}");
        }
    }
}
