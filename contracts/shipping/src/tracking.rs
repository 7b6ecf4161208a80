//! Tracking numbers.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a carrier calls a shipment: `TW`, sixteen random digits and a check digit (ISO/IEC 7812-1, annex B), so that
/// a mistyped number is nobody's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackingNumber(Box<str>);

/// The text is no [`TrackingNumber`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTrackingNumber;

const PREFIX: &str = "TW";
const DIGITS: usize = 16;

impl TrackingNumber {
    /// How many numbers there are.
    pub const COUNT: u64 = 10_u64.pow(16);

    /// The number made of `random`, which must be drawn from all [`COUNT`](Self::COUNT) alike: only then it cannot be
    /// guessed. What lies above is taken from the beginning again.
    #[must_use]
    pub fn new(random: u64) -> Self {
        let digits = format!("{:0width$}", random % Self::COUNT, width = DIGITS);
        Self(format!("{PREFIX}{digits}{}", check_digit(&digits)).into())
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What makes the sum of Luhn's formula a multiple of ten.
fn check_digit(digits: &str) -> u32 {
    let sum: u32 =
        digits.chars().rev().filter_map(|digit| digit.to_digit(10)).enumerate().map(weighted).sum();
    (10 - sum % 10) % 10
}

fn weighted((place, digit): (usize, u32)) -> u32 {
    match (place % 2 == 0, digit) {
        (true, 5..) => digit * 2 - 9,
        (true, _) => digit * 2,
        (false, _) => digit,
    }
}

impl FromStr for TrackingNumber {
    type Err = InvalidTrackingNumber;

    fn from_str(text: &str) -> Result<Self, InvalidTrackingNumber> {
        let digits = text.strip_prefix(PREFIX).ok_or(InvalidTrackingNumber)?;
        if digits.len() != DIGITS + 1 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidTrackingNumber);
        }
        let (number, check) = digits.split_at(DIGITS);
        if check_digit(number).to_string() == check {
            Ok(Self(text.into()))
        } else {
            Err(InvalidTrackingNumber)
        }
    }
}

impl fmt::Display for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for InvalidTrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a tracking number: expected TW, sixteen digits and their check digit")
    }
}

impl std::error::Error for InvalidTrackingNumber {}

impl Serialize for TrackingNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TrackingNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for TrackingNumber {
    fn schema_name() -> Cow<'static, str> {
        "TrackingNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What a carrier calls a shipment: TW, sixteen digits and their check digit.",
            "type": "string",
            "pattern": "^TW[0-9]{17}$",
            "examples": ["TW00000000000000000"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_digit_and_two_swapped_ones_are_noticed() {
        let number = TrackingNumber::new(7_992_739_871_000_123);
        let text = number.to_string();
        assert_eq!(text.parse(), Ok(number));
        for place in PREFIX.len()..text.len() {
            for digit in '0'..='9' {
                let mut other = text.clone();
                other.replace_range(place..=place, &digit.to_string());
                assert_eq!(other.parse::<TrackingNumber>().is_ok(), other == text, "{other}");
            }
        }
        assert!("TW79927398710001321".parse::<TrackingNumber>().is_err());
    }

    #[test]
    fn the_check_digit_is_that_of_luhns_formula() {
        // The example that everybody gives: 7992739871 has the check digit 3.
        assert_eq!(check_digit("7992739871"), 3);
        for text in ["", "TW", "7992739871", "TW123", "tw00000000000000000"] {
            assert!(text.parse::<TrackingNumber>().is_err(), "{text}");
        }
    }
}
