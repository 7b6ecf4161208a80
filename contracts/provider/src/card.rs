//! Cards: what only the provider sees, and the token that everybody else holds instead.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tradewind_kernel::{Id, Secret};

/// Gives a card in exchange for a token: `POST /api/provider/v1/cards`.
///
/// A browser sends it to the provider, and nobody else ever has it. It has no `Serialize`, and nothing of it is in
/// its `Debug` or in what is said when it does not fit.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RegisterCard {
    /// The number: 12 to 19 digits, of which the last is a check digit (ISO/IEC 7812-1).
    #[schemars(length(min = 12, max = 19), regex(pattern = "^[0-9]{12,19}$"), example = &"4242424242424242")]
    pub number: CardDetails,
    /// The last month in which the card is valid, such as `12/30`.
    #[schemars(regex(pattern = "^(0[1-9]|1[0-2])/[0-9]{2}$"), example = &"12/99")]
    pub expiry: CardDetails,
    /// The verification code: 3 or 4 digits.
    #[schemars(length(min = 3, max = 4), regex(pattern = "^[0-9]{3,4}$"), example = &"123")]
    pub cvc: CardDetails,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    number: CardDetails,
    expiry: CardDetails,
    cvc: CardDetails,
}

impl<'de> Deserialize<'de> for RegisterCard {
    /// Does not repeat what stands where the card belongs, as the usual message would.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for a map, the reader of JSON would refuse another value in its own words.
        let Fields { number, expiry, cvc } = deserializer.deserialize_any(OnlyFields)?;
        Ok(Self { number, expiry, cvc })
    }
}

struct OnlyFields;

impl<'de> Visitor<'de> for OnlyFields {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fields, A::Error> {
        Fields::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Fields, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Fields, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Fields, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Fields, E> {
        Err(E::custom(NO_OBJECT))
    }
}

const NO_OBJECT: &str = "expected an object";

/// A text of a card, which nothing shows; [`CardDetails::expose`] is the one way to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardDetails(Secret);

impl CardDetails {
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
}

impl<'de> Deserialize<'de> for CardDetails {
    /// Says the same of whatever does not fit: the usual message would repeat a number that stands where a text
    /// belongs.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Text(String),
            Other(IgnoredAny),
        }
        // What fails here is no JSON at all, and that is said without a word of it.
        match Given::deserialize(deserializer)? {
            Given::Text(text) => Ok(Self::new(text)),
            Given::Other(_) => Err(D::Error::custom("expected a text")),
        }
    }
}

impl JsonSchema for CardDetails {
    fn schema_name() -> Cow<'static, str> {
        "CardDetails".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// A card that the provider keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// What to name the card by.
    pub token: CardToken,
    /// The last four digits of its number, for its owner to recognise it.
    pub last4: String,
    /// Whose network it belongs to, such as `visa`; `other` when that is unknown.
    pub brand: String,
}

/// Stands for a card that the provider keeps: `card_` and a random id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardToken(Id);

/// The text is no [`CardToken`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCardToken;

const PREFIX: &str = "card_";

impl CardToken {
    /// The token with this id.
    #[must_use]
    pub const fn new(id: Id) -> Self {
        Self(id)
    }

    /// The id in it.
    #[must_use]
    pub const fn id(self) -> Id {
        self.0
    }
}

impl FromStr for CardToken {
    type Err = InvalidCardToken;

    fn from_str(text: &str) -> Result<Self, InvalidCardToken> {
        let id = text.strip_prefix(PREFIX).ok_or(InvalidCardToken)?;
        id.parse().map(Self).map_err(|_| InvalidCardToken)
    }
}

impl fmt::Display for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for InvalidCardToken {
    /// Does not repeat the text, which may be the number of a card.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the token of a card: expected card_ and a UUID")
    }
}

impl std::error::Error for InvalidCardToken {}

impl Serialize for CardToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CardToken {
    /// Repeats nothing of what does not fit: somebody may have put the number of a card in the place of its token.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CardDetails::deserialize(deserializer)?.expose().parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for CardToken {
    fn schema_name() -> Cow<'static, str> {
        "CardToken".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Stands for a card that the provider keeps.",
            "type": "string",
            "pattern": "^card_[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            "examples": ["card_01980000-0000-7000-8000-000000000001"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "4929000000006";

    #[test]
    fn nothing_repeats_what_a_card_says_of_itself() {
        let body = format!(r#"{{"number":"{CANARY}","expiry":"12/99","cvc":"{CANARY}"}}"#);
        let card: RegisterCard = serde_json::from_str(&body).unwrap();
        assert_eq!(card.number.expose(), CANARY);
        assert!(!format!("{card:?}").contains(CANARY));
        for value in [
            CANARY.to_owned(),
            format!("\"{CANARY}\""),
            format!("{CANARY}.5"),
            format!("-{CANARY}"),
            format!("[{CANARY}]"),
            format!("{{\"a\":\"{CANARY}\"}}"),
        ] {
            let body = format!(r#"{{"number":[{value}],"expiry":"12/99","cvc":"1"}}"#);
            let error = serde_json::from_str::<RegisterCard>(&body).unwrap_err().to_string();
            assert!(!error.contains(CANARY), "{error}");
            let error = serde_json::from_str::<RegisterCard>(&value).unwrap_err().to_string();
            assert!(!error.contains(CANARY), "{error}");
            assert!(!serde_json::from_str::<CardToken>(&value).unwrap_err().to_string().contains(CANARY));
        }
    }

    #[test]
    fn a_token_has_one_spelling() {
        let token = CardToken::new(Id::from_u128(7));
        let text = serde_json::to_string(&token).unwrap();
        assert_eq!(text, r#""card_00000000-0000-0000-0000-000000000007""#);
        assert_eq!(serde_json::from_str::<CardToken>(&text).unwrap(), token);
        for other in ["", "card_", "CARD_00000000-0000-0000-0000-000000000007", "card_7"] {
            assert_eq!(other.parse::<CardToken>(), Err(InvalidCardToken), "{other}");
        }
    }
}
