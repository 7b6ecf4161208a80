//! Durations as people write them: `250ms`, `5s`, `2m`, `1h`.
//!
//! For use as `#[serde(with = "tradewind_chassis::settings::duration")]`.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Error as _, Serializer};

/// The units and their length in milliseconds, the longest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a whole number and a unit; zero is allowed.
///
/// # Errors
/// When the value is no text of this form, or longer than a duration can be.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(DurationVisitor)
}

/// Writes a duration in the longest unit that fits it exactly.
///
/// # Errors
/// When the duration is not a whole number of milliseconds, which has no written form.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let text = write(*duration)
        .ok_or_else(|| S::Error::custom("a duration that is no whole number of milliseconds"))?;
    serializer.serialize_str(&text)
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"250ms\", \"5s\", \"2m\" or \"1h\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        read(text.trim()).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

fn read(text: &str) -> Option<Duration> {
    let unit_start = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(unit_start);
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let count: u64 = digits.parse().ok()?;
    count.checked_mul(*length).map(Duration::from_millis)
}

fn write(duration: Duration) -> Option<String> {
    let milliseconds = u64::try_from(duration.as_millis()).ok()?;
    if Duration::from_millis(milliseconds) != duration {
        return None;
    }
    if milliseconds == 0 {
        return Some("0s".to_owned());
    }
    let (unit, length) = UNITS.iter().find(|(_, length)| milliseconds.is_multiple_of(*length))?;
    Some(format!("{}{unit}", milliseconds / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Fade(#[serde(with = "super")] Duration);

    #[test]
    fn reads_and_writes_every_unit() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("250ms", 250),
            ("5s", 5000),
            ("1500ms", 1500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("90m", 5_400_000),
        ] {
            let fade = Fade(Duration::from_millis(milliseconds));
            let json = format!("\"{text}\"");
            assert_eq!(serde_json::from_str::<Fade>(&json).unwrap(), fade);
            assert_eq!(serde_json::to_string(&fade).unwrap(), json);
        }
    }

    #[test]
    fn whatever_is_written_is_read_again() {
        for step in 0..20_000_u64 {
            let duration = Duration::from_millis(step * step * 37);
            assert_eq!(read(&write(duration).unwrap()), Some(duration));
        }
    }

    #[test]
    fn refuses_other_forms_with_an_explanation() {
        for text in ["5", "s", "", "-5s", "1.5s", "5 parsecs", "1m30s", "5S", "٣s", "5124095576030432h"] {
            let error = serde_json::from_str::<Fade>(&format!("\"{text}\"")).unwrap_err();
            assert!(error.to_string().contains("such as \"250ms\", \"5s\""), "{text}");
        }
        assert!(serde_json::from_str::<Fade>("5").is_err());
    }

    #[test]
    fn what_has_no_written_form_is_refused() {
        assert!(serde_json::to_string(&Fade(Duration::from_micros(1))).is_err());
        assert!(serde_json::to_string(&Fade(Duration::MAX)).is_err());
    }
}
