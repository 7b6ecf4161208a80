//! Durations as the Gateway API writes them (GEP-2257): `1h30m`, `500ms`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

const MAX_PARTS: usize = 4;
const MAX_DIGITS: usize = 5;

/// Reads a duration: one to four numbers of at most five digits, each with its unit `h`, `m`, `s` or `ms`.
///
/// `None` for anything else; units may come in any order and more than once, as in the specification.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at_checked(letters)?;
        parts += 1;
        if digits > MAX_DIGITS || parts > MAX_PARTS {
            return None;
        }
        sum += milliseconds_of(unit)? * number.parse::<u32>().ok()?;
        rest = after;
    }
    (parts > 0).then_some(sum)
}

fn milliseconds_of(unit: &str) -> Option<Duration> {
    let milliseconds = match unit {
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1_000,
        "ms" => 1,
        _ => return None,
    };
    Some(Duration::from_millis(milliseconds))
}

/// For fields of typed documents.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    parse(&text).map(Some).ok_or_else(|| D::Error::custom(format!("{text} is not a duration such as 1m30s")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_the_specification_lists() {
        for (text, milliseconds) in
            [("0s", 0), ("500ms", 500), ("1h30m", 5_400_000), ("10s20s", 30_000), ("99999h", 359_996_400_000)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "5", "s", "1.5s", "-1s", "100000s", "1us", "1s1s1s1s1s", "1 s", "1S"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_pattern_of_the_definition(text in "[0-9hms]{0,14}|[0-9a-z.]{0,8}") {
            let pattern = regex::Regex::new("^([0-9]{1,5}(h|m|s|ms)){1,4}$").unwrap();
            prop_assert_eq!(parse(&text).is_some(), pattern.is_match(&text));
        }
    }
}
