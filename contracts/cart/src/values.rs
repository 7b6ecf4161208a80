//! Values with bounds.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::MAX_QUANTITY;

/// How many: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Quantity(u32);

impl Quantity {
    /// How many, as a number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        let quantity = u32::try_from(number).ok().filter(|quantity| (1..=MAX_QUANTITY).contains(quantity));
        quantity.map(Self).ok_or("a quantity is a whole number from 1 to 10000")
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many.", "type": "integer", "minimum": 1, "maximum": MAX_QUANTITY,
        })
    }
}

/// A part of a whole in hundredths of a percent: 0 to 10,000, which is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct BasisPoints(u32);

impl BasisPoints {
    /// All of it.
    pub const ALL: Self = Self(10_000);

    /// As a number, 0 to 10,000.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for BasisPoints {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        let points = u32::try_from(number).ok().filter(|points| *points <= Self::ALL.0);
        points.map(Self).ok_or("a part is a whole number from 0 to 10000, in hundredths of a percent")
    }
}

impl From<BasisPoints> for u32 {
    fn from(points: BasisPoints) -> Self {
        points.0
    }
}

impl JsonSchema for BasisPoints {
    fn schema_name() -> Cow<'static, str> {
        "BasisPoints".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A part in hundredths of a percent.",
            "type": "integer", "minimum": 0, "maximum": BasisPoints::ALL.0, "examples": [1000],
        })
    }
}

/// A country by its two letters (ISO 3166-1 alpha-2), such as `GB`. Which there are is for the rates of tax to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// The text is not two capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCountry;

impl fmt::Display for InvalidCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected the two capital letters of a country, such as GB")
    }
}

impl std::error::Error for InvalidCountry {}

impl Country {
    /// The United Kingdom, where the shop is.
    pub const GB: Self = Self(*b"GB");

    /// The two letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| InvalidCountry)?;
        if code.iter().all(u8::is_ascii_uppercase) { Ok(Self(code)) } else { Err(InvalidCountry) }
    }
}

impl TryFrom<String> for Country {
    type Error = InvalidCountry;

    fn try_from(text: String) -> Result<Self, InvalidCountry> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl JsonSchema for Country {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A country by its two letters (ISO 3166-1 alpha-2).",
            "type": "string", "pattern": "^[A-Z]{2}$", "examples": ["GB"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_within_their_bounds() {
        assert_eq!(Quantity::try_from(1).unwrap().get(), 1);
        assert_eq!(Quantity::try_from(10_000).unwrap().get(), 10_000);
        for number in [0, -1, 10_001, i64::MAX, i64::MIN] {
            assert!(Quantity::try_from(number).is_err(), "{number}");
        }
        assert_eq!(BasisPoints::try_from(0).unwrap().get(), 0);
        assert_eq!(BasisPoints::try_from(10_000), Ok(BasisPoints::ALL));
        for number in [-1, 10_001, i64::MAX, i64::MIN] {
            assert!(BasisPoints::try_from(number).is_err(), "{number}");
        }
        assert_eq!("GB".parse::<Country>(), Ok(Country::GB));
        for text in ["", "G", "gb", "GBR", "G1", "É"] {
            assert_eq!(text.parse::<Country>(), Err(InvalidCountry), "{text}");
        }
        assert_eq!(serde_json::to_string(&Country::GB).unwrap(), "\"GB\"");
    }
}
