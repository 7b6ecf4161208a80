//! Prices as the original shop's contract writes them: a JSON number in pounds.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use tradewind_kernel::{Currency, Money};

/// A price in pounds as a JSON number with exactly two decimal places, such as `1.20`.
///
/// The digits are written as they are: no binary fraction lies in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalPrice(pub Money);

impl Serialize for DecimalPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = RawValue::from_string(self.0.decimal()).map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecimalPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Box::<RawValue>::deserialize(deserializer)?;
        let money = Money::from_decimal(number.get(), Currency::GBP);
        money.map(Self).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for DecimalPrice {
    fn schema_name() -> Cow<'static, str> {
        "DecimalPrice".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "Pounds with two decimal places.", "type": "number", "examples": [1.2]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_a_number_with_two_places() {
        let price = DecimalPrice(Money::from_minor(120, Currency::GBP));
        let json = serde_json::to_string(&price).unwrap();
        assert_eq!(json, "1.20");
        assert_eq!(serde_json::from_str::<DecimalPrice>(&json).unwrap(), price);
        assert!(serde_json::from_str::<DecimalPrice>("1.234").is_err());
    }
}
