//! Money: whole minor units and a currency; never a binary fraction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::written_as_text;

/// A currency of ISO 4217, by its three letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies that are not divided into hundredths, with their number of decimal places (ISO 4217).
const OTHER_PLACES: &[(&str, u32)] = &[
    ("BHD", 3),
    ("CLP", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("TND", 3),
    ("UGX", 0),
    ("VND", 0),
    ("XAF", 0),
    ("XOF", 0),
];

/// Currencies divided into hundredths.
const HUNDREDTHS: &[&str] = &[
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD",
    "HUF", "IDR", "ILS", "INR", "KES", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP", "PKR", "PLN",
    "QAR", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "ZAR",
];

/// What is wrong with an amount or a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits of minor units.
    #[error("the amount is too large")]
    Overflow,
    /// Two amounts of different currencies cannot be added or compared.
    #[error("the amounts are in different currencies")]
    CurrencyMismatch,
    /// The three letters are no currency known here.
    #[error("unknown currency: expected an ISO 4217 code such as GBP")]
    UnknownCurrency,
    /// The text is no decimal number with at most the currency's decimal places.
    #[error("not an amount: expected a decimal number with at most the currency's decimal places")]
    InvalidAmount,
}

impl Currency {
    /// Pound sterling, the currency of the shop's data.
    pub const GBP: Self = Self(*b"GBP");

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// How many decimal places the currency has.
    #[must_use]
    pub fn decimal_places(self) -> u32 {
        OTHER_PLACES.iter().find(|(code, _)| *code == self.code()).map_or(2, |(_, places)| *places)
    }

    /// The letters of every currency known here, in their sequence.
    pub(crate) fn codes() -> Vec<&'static str> {
        let mut codes: Vec<_> =
            OTHER_PLACES.iter().map(|(code, _)| *code).chain(HUNDREDTHS.iter().copied()).collect();
        codes.sort_unstable();
        codes
    }

    fn scale(self) -> i64 {
        10_i64.pow(self.decimal_places())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let known = HUNDREDTHS.contains(&text) || OTHER_PLACES.iter().any(|(code, _)| *code == text);
        let code = text.as_bytes().try_into().map_err(|_| MoneyError::UnknownCurrency)?;
        if known { Ok(Self(code)) } else { Err(MoneyError::UnknownCurrency) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

written_as_text!(Currency);

/// An amount of money. Written in JSON as `{"amount": "10.60", "currency": "GBP"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units, such as pence.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// An amount from decimal text such as `10.6` or `-3.05`.
    ///
    /// # Errors
    /// [`MoneyError::InvalidAmount`] for anything but digits with at most the currency's decimal
    /// places, [`MoneyError::Overflow`] when it does not fit.
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let places = currency.decimal_places() as usize;
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let dangling = digits.contains('.') && fraction.is_empty();
        if whole.is_empty() || dangling || !plain(whole) || !plain(fraction) || fraction.len() > places {
            return Err(MoneyError::InvalidAmount);
        }
        let joined = format!("{}{whole}{fraction:0<places$}", if negative { "-" } else { "" });
        let minor = joined.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor, currency })
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(&self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The amount as decimal text with all decimal places, such as `10.60`.
    #[must_use]
    pub fn decimal(&self) -> String {
        let places = self.currency.decimal_places() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let scale = self.currency.scale().unsigned_abs();
        let absolute = self.minor.unsigned_abs();
        if places == 0 {
            return format!("{sign}{absolute}");
        }
        format!("{sign}{}.{:0places$}", absolute / scale, absolute % scale)
    }

    /// The sum of two amounts.
    ///
    /// # Errors
    /// When the currencies differ or the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The amount taken `count` times.
    ///
    /// # Errors
    /// When the product does not fit.
    pub fn times(self, count: i64) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(count).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { amount: self.decimal(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        Self::from_decimal(&wire.amount, wire.currency).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEN: Currency = Currency(*b"JPY");

    #[test]
    fn decimals_follow_the_currency() {
        assert_eq!(Money::from_minor(1060, Currency::GBP).decimal(), "10.60");
        assert_eq!(Money::from_minor(-5, Currency::GBP).decimal(), "-0.05");
        assert_eq!(Money::from_minor(500, YEN).decimal(), "500");
        assert_eq!(Money::from_decimal("4.1", Currency::GBP), Ok(Money::from_minor(410, Currency::GBP)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-", ".", "1.", ".5", "1.234", "1e3", "+1", "1,0", " 1", "--1", "٣"] {
            assert_eq!(Money::from_decimal(text, Currency::GBP), Err(MoneyError::InvalidAmount), "{text:?}");
        }
        assert_eq!(Money::from_decimal("1.0", YEN), Err(MoneyError::InvalidAmount));
        assert_eq!("GPB".parse::<Currency>(), Err(MoneyError::UnknownCurrency));
    }

    #[test]
    fn sums_never_wrap_and_never_mix() {
        let most = Money::from_minor(i64::MAX, Currency::GBP);
        assert_eq!(most.plus(Money::from_minor(1, Currency::GBP)), Err(MoneyError::Overflow));
        assert_eq!(most.times(2), Err(MoneyError::Overflow));
        assert_eq!(most.plus(Money::from_minor(1, YEN)), Err(MoneyError::CurrencyMismatch));
    }

    proptest! {
        #[test]
        fn text_and_json_round_trip(minor in any::<i64>(), yen in any::<bool>()) {
            let currency = if yen { YEN } else { Currency::GBP };
            let money = Money::from_minor(minor, currency);
            prop_assert_eq!(Money::from_decimal(&money.decimal(), currency), Ok(money));
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }
    }
}
